"""What each field of a recipe may hold: a claim about its value, and the claim in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ran.errors import BadRecipe
from ran.face.occlusion import FILLS

MAX_TEXT = 200
MAX_CROPS = 100
MAX_SEED = 2**53 - 1
"""The largest whole number that every reader of JSON keeps as it is."""

Claim = tuple[Callable[[Any], bool], str]


def check(place: str, values: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    """Raise BadRecipe where a value does not fit; `place` says in what part of the recipe."""
    for name, (is_fitting, expected) in claims.items():
        if not is_fitting(values[name]):
            raise BadRecipe(
                f"The recipe says {place}{name} {shown(values[name])}.",
                hint=f"Expected {expected}.",
            )


def _is_number(value: Any, low: float, high: float) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and low <= value <= high  # nothing is true of NaN


def is_whole(value: Any, low: int, high: int) -> bool:
    """Claim a whole number from low to high, and no true or false."""
    return isinstance(value, int) and _is_number(value, low, high)


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
SETTINGS: dict[str, Claim] = {
    "alpha": (lambda v: v is None or _is_number(v, 0, 1), "null or a number from 0 to 1"),
    "region": _whole(MAX_CROPS),
}
