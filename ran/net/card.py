"""The card of a checkpoint: what it is, was trained on and reaches; read strictly from JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ran.errors import BadCheckpoint
from ran.net.attention import ATTENTIONS
from ran.net.model import BACKBONES


@dataclass(frozen=True)
class Card:
    """What a checkpoint is, was trained on and reaches. Scores are accuracies in [0, 1]."""

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
    scores: dict[str, dict[str, float]] | None
    note: str
    layout: str = "fixed"
    temperature: float = 1.0
    sha256: str = ""


def read_card(path: Path) -> Card:
    """Read card.json: every field that has no default, none that is unknown, each as it must be.

    Raises:
        BadCheckpoint: if the file is missing, is not JSON, or says what no card can say.
    """
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint="A checkpoint needs a card.json.")
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadCheckpoint(
            f"{path} cannot be read as JSON: {error}.",
            hint="Choose another checkpoint or download it again.",
        ) from error
    if not isinstance(values, dict):
        raise BadCheckpoint(f"{path} holds {type(values).__name__}.", hint="Expected an object.")
    missing = sorted(set(_FIELDS) - {"layout", "temperature"} - set(values))
    unknown = sorted(set(values) - set(_FIELDS))
    if missing or unknown:
        raise BadCheckpoint(
            f"{path} is no card: missing {', '.join(missing) or 'nothing'}, "
            f"unknown {', '.join(unknown) or 'nothing'}.",
            hint="Compare it with a card written by `python -m ran convert`.",
        )
    for name, value in values.items():
        is_fitting, expected = _FIELDS[name]
        if not is_fitting(value):
            raise BadCheckpoint(
                f"{path} says {name} {str(value)[:60]!r}.", hint=f"Expected {expected}."
            )
    return Card(**{**values, "classes": tuple(values["classes"])})


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any, low: float, high: float) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and low <= value <= high  # nothing is true of NaN


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and _is_number(value, low, high)


def _are_classes(value: Any) -> bool:
    if not (isinstance(value, list) and value and all(map(_is_text, value))):
        return False
    return len(set(value)) == len(value)


def _are_scores(value: Any) -> bool:
    return value is None or (
        isinstance(value, dict)
        and all(
            isinstance(row, dict)
            and set(row) == {"n", "accuracy"}
            and _is_number(row["n"], 1, 10**9)
            and _is_number(row["accuracy"], 0, 1)
            for row in value.values()
        )
    )


_Claim = tuple[Callable[[Any], bool], str]


def _one_of(*allowed: str) -> _Claim:
    return (lambda value: value in allowed, f"one of {', '.join(allowed)}")


_TEXT: _Claim = (_is_text, "text")
_FIELDS: dict[str, _Claim] = {
    "name": _TEXT,
    "kind": _one_of("ran", "plain"),
    "backbone": _one_of(*BACKBONES),
    "classes": (_are_classes, "a list of different names"),
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
    "scores": (_are_scores, "null, or n and an accuracy from 0 to 1 for each list"),
    "note": _TEXT,
    "layout": _one_of("fixed"),
    "temperature": (lambda value: _is_number(value, 0.01, 100), "a number from 0.01 to 100"),
    "sha256": _TEXT,
}
"""What each field of a card may hold: a claim about its value, and the claim in words."""
