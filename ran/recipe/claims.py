"""What each field of a recipe may hold: a claim about its value, and the claim in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ran.errors import BadRecipe
from ran.face.covers.occlusion import FILLS
from ran.words import _, later

MAX_TEXT = 200
MAX_CROPS = 100
MAX_PHOTOS = 200
AGAIN = later("Save the recipe again, on the page that it came from.")
MAX_SEED = 2**53 - 1
"""The largest whole number that every reader of JSON keeps as it is."""

Claim = tuple[Callable[[Any], bool], str]


def check(place: str, values: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    """Raise BadRecipe where a value does not fit; `place` says in what part of the recipe."""
    for name, (is_fitting, expected) in claims.items():
        if not is_fitting(values[name]):
            raise BadRecipe(
                _("The recipe says {place}{name} {values}.").format(
                    place=place, name=name, values=shown(values[name])
                ),
                hint=_("Expected {expected}.").format(expected=expected),
            )


def fields(place: str, value: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return an object that has these fields and no others."""
    where = f"The recipe's {place}" if place else "The recipe"
    if not isinstance(value, dict):
        raise BadRecipe(f"{where} is {shown(value)}.", hint=_("Expected an object."))
    missing = [name for name in names if name not in value]
    unknown = sorted(set(value) - set(names))
    if missing:
        raise BadRecipe(
            _("{where} has no {missing}.").format(where=where, missing=missing[0]), hint=_(AGAIN)
        )
    if unknown:
        raise BadRecipe(
            _("{where} has an unknown field {unknown}.").format(
                where=where, unknown=shown(unknown[0])
            ),
            hint=_("Expected {value} and no more.").format(value=", ".join(names)),
        )
    return value


def _is_number(value: Any, low: float, high: float) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and low <= value <= high  # nothing is true of NaN


def is_whole(value: Any, low: int, high: int) -> bool:
    """Claim a whole number from low to high, and no true or false."""
    return isinstance(value, int) and _is_number(value, low, high)


def _is_angle(value: Any, most: int) -> bool:
    return is_whole(value, -most, most)


def is_point(value: Any) -> bool:
    """Claim a pair of numbers from -10 to 10."""
    return (
        isinstance(value, tuple) and len(value) == 2 and all(_is_number(v, -10, 10) for v in value)
    )


def is_digest(value: Any) -> bool:
    """Claim a SHA-256 in hexadecimal digits."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value == one_line(value)


def _is_colour(value: Any) -> bool:
    return value is None or (
        isinstance(value, tuple) and len(value) == 3 and all(is_whole(c, 0, 255) for c in value)
    )


def _one_of(allowed: Iterable[str]) -> Claim:
    return (lambda v: isinstance(v, str) and v in allowed, f"one of {', '.join(allowed)}")


def _whole(high: int) -> Claim:
    return (lambda value: is_whole(value, 0, high), f"a whole number from 0 to {high}")


def shown(value: Any) -> str:
    """Quote a value from outside: short, on one line, and never what a page cannot encode."""
    if value is None or isinstance(value, str | int | float):
        return json.dumps(value)[:60]
    return "an object" if isinstance(value, dict) else f"a {type(value).__name__}"


def one_line(text: str) -> str:
    """Return a text from outside on one line, at most MAX_TEXT long, fit to be shown."""
    text = _UNSHOWABLE.sub(" ", text)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line breaks, and halves of characters, which no UTF-8 can write."""

_NAME: Claim = (_is_name, f"one line of text, at most {MAX_TEXT} characters")
NOTHING: Claim = (lambda value: value is None, "no such number for this kind of layout")
PHOTO: dict[str, Claim] = {
    "digest": (is_digest, "a SHA-256, 64 digits from 0 to f"),
    "name": _NAME,
    "face": _whole(9999),
}
CHECKPOINT: dict[str, Claim] = {
    "name": _NAME,
    "sha256": (lambda v: v == "" or is_digest(v), "a SHA-256, 64 digits from 0 to f, or empty"),
}
FILL: dict[str, Claim] = {
    "kind": _one_of(FILLS),
    "colour": (_is_colour, "null or three whole numbers from 0 to 255"),
    "seed": _whole(MAX_SEED),
    "opacity": (lambda v: _is_number(v, 0, 1), "a number from 0 to 1"),
}
LAYOUTS: dict[str, dict[str, Claim]] = {
    "own": {},
    "fixed": {},
    "random": {
        "count": (lambda v: is_whole(v, 1, MAX_CROPS), f"a whole number from 1 to {MAX_CROPS}"),
        "seed": _whole(MAX_SEED),
    },
    "landmark": {"radius": (lambda v: _is_number(v, 0, 1) and v > 0, "above 0 and at most 1")},
}
LAYOUT: Claim = _one_of(LAYOUTS)
MAX_YAW, MAX_PITCH, MAX_STEP = 60, 30, 60
"""Degrees that the Poses page turns a face by."""
TURN: dict[str, Claim] = {
    "yaw": (
        lambda v: isinstance(v, tuple) and len(v) == 2 and all(_is_angle(a, MAX_YAW) for a in v)
        and v[0] <= v[1],
        f"two whole numbers from {-MAX_YAW} to {MAX_YAW}, the smaller one first",
    ),
    "step": (lambda v: is_whole(v, 1, MAX_STEP), f"a whole number from 1 to {MAX_STEP}"),
    "pitch": (
        lambda v: _is_angle(v, MAX_PITCH), f"a whole number from {-MAX_PITCH} to {MAX_PITCH}"
    ),
}  # fmt: skip
PHOTOS: dict[str, Claim] = {
    "landmarks": (
        lambda v: v is None or (isinstance(v, tuple) and len(v) == 5 and all(map(is_point, v))),
        "null or five points of two numbers from -10 to 10",
    ),
    "photos": (
        lambda v: isinstance(v, tuple) and 1 <= len(v) <= MAX_PHOTOS,
        f"a list of 1 to {MAX_PHOTOS} photos",
    ),
}
SETTINGS: dict[str, Claim] = {
    "alpha": (lambda v: v is None or _is_number(v, 0, 1), "null or a number from 0 to 1"),
    "region": _whole(MAX_CROPS),
    "cut": (lambda v: v in ("straightened", "upright"), "straightened or upright"),
}
