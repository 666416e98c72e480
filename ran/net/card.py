"""The card of a checkpoint: what it is, was trained on and reaches; read strictly from JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unicodedata import category

from ran.errors import BadCheckpoint
from ran.net.attention import ATTENTIONS
from ran.net.backbones import BACKBONES
from ran.net.measures import MEASURES, Evidence, is_evidence
from ran.words import _

Numbers = dict[str, float]
Table = dict[str, Numbers]
Layout = dict[str, Any]
"""How one of a checkpoint's layouts is cut and what was measured on it, by LAYOUT_FIELDS."""
LAYOUT_FIELDS = ("radius", "temperature", "scores", "controls")
COVERED_CONTROLS = {1: "covered_controls", 2: "covered_controls_2"}
"""What a layout of a card may hold beside these: the controls on covered lists, by number."""
COVERED_LISTS = "covered_lists"
"""And of which faces the covered lists were: the SHA-256 of their names and pixels, by number."""
LAYOUT_KINDS = ("fixed", "landmark", "random")


@dataclass(frozen=True)
class Card:
    """What a checkpoint is, was trained on and reaches. Scores are accuracies in [0, 1].

    All from `flipped` on but the hash is for the reader alone, and older cards have none of it:

    flipped: the scores with each face's mirror image asked too, probabilities averaged.
    per_class: n and accuracy on the test list of the faces of each class.
    calibration: expected calibration error `ece` on the test list, over `bins` bins, `ece_before`
        without the temperature, which was fitted on `fitted_on` faces of FER2013Valid (0: it was
        not fitted).
    photographs: of `n` test pictures laid on a canvas, `found` faces; the share whose answer
        agrees with the picture's own, and the accuracies of both.
    against_plain: on each list, by how much the RAN's accuracy exceeds the plain network's, how
        many faces each alone answers rightly, and the p of an exact McNemar test.
    seeds: on each list, mean and spread (standard deviation) of the accuracies of `n` runs that
        differ in their seed alone.
    layouts: the layouts that it was trained with, the first its own: the landmark layout's radius,
        the temperature fitted on it, scores on the lists, controls, and covered_controls and
        covered_controls_2, the same on covered lists 1 and 2, whose digests are covered_lists; None
        where one was not measured. Empty: trained with `layout` alone, and
        all else here is of it.
    evidence: what the pages' own measures do on many faces, by ran.net.measures.MEASURES.
    """

    name: str
    kind: Literal["ran", "plain"]
    backbone: str
    classes: tuple[str, ...]
    input_size: int
    grey: bool
    framing: str
    attention: str
    alpha: float
    trained_on: str
    licence: str
    recipe: dict[str, Any]
    seed: int | None
    scores: Table | None
    note: str
    layout: str = "fixed"
    temperature: float = 1.0
    intended_use: str = ""
    limits: str = ""
    flipped: Table | None = None
    per_class: Table | None = None
    calibration: Numbers | None = None
    photographs: Numbers | None = None
    against_plain: Table | None = None
    seeds: Table | None = None
    layouts: dict[str, Layout] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=dict)
    sha256: str = ""

    @property
    def trained_layouts(self) -> tuple[str, ...]:
        """Return the layouts that the network was trained with, its own first."""
        return tuple(self.layouts) or (self.layout,)

    def temperature_of(self, layout: str) -> float:
        """Return the temperature of a layout, or the card's where none was fitted on it."""
        fitted = self.layouts.get(layout, {}).get("temperature")
        return self.temperature if fitted is None else float(fitted)


_MAY_BE_MISSING = frozenset(
    ("layout", "temperature", "intended_use", "limits", "flipped", "per_class", "calibration",
     "photographs", "against_plain", "seeds", "layouts", "evidence")
)  # fmt: skip
"""Fields that cards from before them have not."""


MOST_BYTES = 2**20
"""Of a file of JSON beside a network; a card has below 20 kB."""
LONGEST_NAME, LONGEST_TEXT = 120, 4000
"""Letters of a card's name, which stands in one line, and of each of its texts."""


def read_card(path: Path) -> Card:
    """Read card.json: every field that has no default, none that is unknown, each as it must be.

    Raises:
        BadCheckpoint: if the file is missing, is not JSON, or says what no card can say.
    """
    if not path.is_file():
        raise BadCheckpoint(
            _("{path} does not exist.").format(path=path), hint=_("A checkpoint needs a card.json.")
        )
    try:
        values = read_json(path)
    except (OSError, ValueError) as error:
        raise BadCheckpoint(
            _("{path} cannot be read as JSON: {error}.").format(path=path, error=error),
            hint=_("Choose another checkpoint or download it again."),
        ) from error
    if not isinstance(values, dict):
        raise BadCheckpoint(f"{path} holds {type(values).__name__}.", hint=_("Expected an object."))
    missing = sorted(set(_FIELDS) - _MAY_BE_MISSING - set(values))
    unknown = sorted(set(values) - set(_FIELDS))
    if missing or unknown:
        raise BadCheckpoint(
            _("{path} is no card: missing {missing}, unknown {unknown}.").format(
                path=path,
                missing=", ".join(missing) or "nothing",
                unknown=", ".join(unknown) or "nothing",
            ),
            hint=_("Compare it with a card written by `python -m ran convert`."),
        )
    for name, value in values.items():
        is_fitting, expected = _FIELDS[name]
        if not is_fitting(value):
            raise BadCheckpoint(
                f"{path} says {name} {str(value)[:60]!r}.",
                hint=_("Expected {expected}.").format(expected=expected),
            )
    least = BACKBONES[values["backbone"]].smallest
    if values["input_size"] < least:
        raise BadCheckpoint(
            _("{path} says input_size {values}.").format(path=path, values=values["input_size"]),
            hint=_("{values} needs at least {least} pixels.").format(
                values=values["backbone"], least=least
            ),
        )
    return Card(**{**values, "classes": tuple(values["classes"])})


def read_json(path: Path) -> Any:
    """Return what a file of JSON holds: UTF-8 whatever the system's is, nothing twice.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is not JSON, or an object has a name twice.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 2**20} MB")
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=_once)
        json.dumps(content, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a character") from error
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs; a name that stands twice would be read by chance."""
    counts = Counter(name for name, _ in pairs)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise ValueError(f"{twice[0][:60]!r} stands twice in it")
    return dict(pairs)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_title(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and 1 <= len(value) <= LONGEST_NAME


def _is_number(value: Any, low: float, high: float) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and low <= value <= high  # nothing is true of NaN


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and _is_number(value, low, high)


LONGEST_CLASS = 40
"""Letters of a class's name: it stands in a row of a chart."""


def _are_classes(value: Any) -> bool:
    if not (isinstance(value, list) and value and all(map(_is_class, value))):
        return False
    return len(set(value)) == len(value)


def _is_class(value: Any) -> bool:
    """Say whether a value is a name of one line that no label reads as anything but words.

    A page's labels read Markdown: brackets, colons and dollars would be links, pictures, signs.
    """
    is_name = isinstance(value, str) and value.strip() == value
    return is_name and 1 <= len(value) <= LONGEST_CLASS and all(map(_is_plain, value))


def _is_plain(letter: str) -> bool:
    # Marks belong to letters: many scripts write vowels with them.
    return letter.isalnum() or letter in " -_'/,&+()" or category(letter).startswith("M")


_SHARE, _COUNT = (0.0, 1.0), (0, 10**9)
_SCORE = {"n": (1, 10**9), "accuracy": _SHARE}
_CONTROL = {**_SCORE, "difference": (-1.0, 1.0), "p": _SHARE}


def _are_numbers(value: Any, columns: dict[str, tuple[float, float]]) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(columns)
        and all(_is_number(value[name], *limits) for name, limits in columns.items())
    )


_Claim = tuple[Callable[[Any], bool], str]


def _one_of(*allowed: str) -> _Claim:
    return (lambda value: value in allowed, f"one of {', '.join(allowed)}")


def _numbers(**columns: tuple[float, float]) -> _Claim:
    return (
        lambda value: value is None or _are_numbers(value, columns),
        f"null, or numbers in their ranges: {', '.join(columns)}",
    )


def _table(**columns: tuple[float, float]) -> _Claim:
    return (
        lambda value: (
            value is None
            or (
                isinstance(value, dict)
                and all(_are_numbers(row, columns) for row in value.values())
            )
        ),
        f"null, or rows of numbers in their ranges: {', '.join(columns)}",
    )


def _is_layout(kind: Any, value: Any) -> bool:
    """Say whether a layout of a card has its fields, each as it must be."""
    if kind not in LAYOUT_KINDS or not isinstance(value, dict):
        return False
    if set(value) - {*COVERED_CONTROLS.values(), COVERED_LISTS} != set(LAYOUT_FIELDS):
        return False
    radius, temperature = value["radius"], value["temperature"]
    return (
        (radius is None if kind != "landmark" else _is_number(radius, 0.01, 1.0))
        and (temperature is None or _is_number(temperature, 0.01, 100))
        and _table(**_SCORE)[0](value["scores"])
        and all(
            _table(**_CONTROL)[0](value.get(name))
            for name in ("controls", *COVERED_CONTROLS.values())
        )
        and _are_digests(value.get(COVERED_LISTS, {}))
    )


def _are_digests(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name in map(str, COVERED_CONTROLS)
        and isinstance(digest, str)
        and re.fullmatch("[0-9a-f]{64}", digest)
        for name, digest in value.items()
    )


_TEXT: _Claim = (_is_text, f"text of at most {LONGEST_TEXT:,} letters")
_FIELDS: dict[str, _Claim] = {
    "name": (_is_title, f"one line of 1 to {LONGEST_NAME} letters"),
    "kind": _one_of("ran", "plain"),
    "backbone": _one_of(*BACKBONES),
    "classes": (
        _are_classes,
        f"a list of different names of 1 to {LONGEST_CLASS} letters, digits, spaces and -_'/,&+()",
    ),
    "input_size": (lambda value: _is_whole(value, 32, 512), "32 to 512 pixels"),
    "grey": (lambda value: isinstance(value, bool), "true or false"),
    "framing": _one_of("ferplus"),
    "attention": _one_of(*ATTENTIONS),
    "alpha": (lambda value: _is_number(value, 0, 1), "a number from 0 to 1"),
    "trained_on": _TEXT,
    "licence": _TEXT,
    "recipe": (lambda value: isinstance(value, dict), "an object"),
    "seed": (
        lambda value: value is None or _is_whole(value, 0, 2**64 - 1),
        "null or a whole number from 0",
    ),
    "scores": _table(**_SCORE),
    "note": _TEXT,
    "layout": _one_of("fixed"),
    "temperature": (lambda value: _is_number(value, 0.01, 100), "a number from 0.01 to 100"),
    "intended_use": _TEXT,
    "limits": _TEXT,
    "flipped": _table(**_SCORE),
    "per_class": _table(n=_COUNT, accuracy=_SHARE),
    "calibration": _numbers(bins=(1, 1000), ece=_SHARE, ece_before=_SHARE, fitted_on=_COUNT),
    "photographs": _numbers(
        n=_COUNT, found=_COUNT, agreement=_SHARE, accuracy=_SHARE, direct=_SHARE
    ),
    "against_plain": _table(
        n=_COUNT, difference=(-1.0, 1.0), ran_only=_COUNT, plain_only=_COUNT, p=_SHARE
    ),
    "seeds": _table(n=(2, 10**6), mean=_SHARE, spread=_SHARE),
    "layouts": (
        lambda value: isinstance(value, dict) and all(_is_layout(*item) for item in value.items()),
        f"layouts of {', '.join(LAYOUT_KINDS)}, each with {', '.join(LAYOUT_FIELDS)}",
    ),
    "evidence": (is_evidence, f"tables of {', '.join(MEASURES)}, each number in its range"),
    "sha256": _TEXT,
}
"""What each field of a card may hold: a claim about its value, and the claim in words."""
