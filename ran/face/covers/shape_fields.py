"""The fields of a shape as they come from outside: each of the type that it must have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ran.errors import BadShape
from ran.words import _

MAX_POINTS = 20_000
"""Of all strokes, polygons and outlines of stickers of a drawing together; the browser keeps to the
same number."""
Point = tuple[float, float]


def check_count(kind: str, count: int) -> None:
    """Refuse more points than a drawing may have."""
    if count > MAX_POINTS:
        raise BadShape(
            _("A {kind} has {count:,} points.").format(kind=kind, count=count),
            hint=_("Use at most {max_points:,}.").format(max_points=MAX_POINTS),
        )


def as_number(kind: str, name: str, value: object) -> float:
    """Return the number that a field holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadShape(
            _("The {name} of a drawn {kind} is {value}.").format(
                name=name, kind=kind, value=shown(value)
            ),
            hint=_("Expected a number."),
        )
    return float(value)


def _flag(kind: str, name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadShape(
            _("The {name} of a drawn {kind} is {value}.").format(
                name=name, kind=kind, value=shown(value)
            ),
            hint=_("Expected true or false."),
        )
    return value


def _text(kind: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadShape(
            _("The {name} of a drawn {kind} is {value}.").format(
                name=name, kind=kind, value=shown(value)
            ),
            hint=_("Expected a text."),
        )
    return value


def _points(kind: str, name: str, value: object) -> tuple[Point, ...]:
    if not isinstance(value, list | tuple):
        raise BadShape(
            _("The {name} of a drawn {kind} are {value}.").format(
                name=name, kind=kind, value=shown(value)
            ),
            hint=_("Expected a list."),
        )
    check_count(kind, len(value))
    for point in value:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise BadShape(
                _("A point of a drawn {kind} is {point}.").format(kind=kind, point=shown(point)),
                hint=_("Expected [x, y]."),
            )
    return tuple((as_number(kind, "points", x), as_number(kind, "points", y)) for x, y in value)


READERS: dict[str, Callable[[str, str, object], Any]] = {
    "points": _points,
    "erase": _flag,
    "name": _text,
    "mirrored": _flag,
}


def shown(value: object) -> str:
    """Name a value from outside in few words, however long it is."""
    return repr(value[:40]) if isinstance(value, str) else type(value).__name__
