"""Shapes that hide parts of a face, in [0, 1] face units, and named parts of a face.

Shapes come from browsers and files: `shape_from_json` trusts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest, BadShape
from ran.face.detect import FERPLUS, Face

REACH = 2.0
"""How far, in face sides, a shape may lie outside the face: it may be dragged over the edge."""


@dataclass(frozen=True)
class _Bounds:
    x0: float
    y0: float
    x1: float
    y1: float
    angle: float = 0.0

    def __post_init__(self) -> None:
        for name in ("x0", "y0", "x1", "y1", "angle"):
            # Plain floats, no -0.0: equal shapes then also read equal, in JSON and in keys.
            object.__setattr__(self, name, float(getattr(self, name)) + 0.0)
        values = (self.x0, self.y0, self.x1, self.y1, self.angle)
        if not all(math.isfinite(value) for value in values):
            raise BadShape(f"A shape has edges {values}.", hint="Use finite numbers.")
        if not (self.x0 < self.x1 and self.y0 < self.y1):
            raise BadShape(
                f"A shape has edges {values[:4]}.",
                hint="The left edge must be left of the right one and the top above the bottom.",
            )
        if max(abs(value) for value in values[:4]) > REACH:
            raise BadShape(f"A shape has edges {values[:4]}.", hint="The face reaches from 0 to 1.")


@dataclass(frozen=True)
class Rectangle(_Bounds):
    """Edges x0 < x1, y0 < y1 in face units, turned clockwise by `angle` degrees."""


@dataclass(frozen=True)
class Ellipse(_Bounds):
    """The ellipse that fills the rectangle of the same numbers."""


Shape = Rectangle | Ellipse
_KINDS: dict[str, type[Rectangle] | type[Ellipse]] = {"rectangle": Rectangle, "ellipse": Ellipse}


def shape_to_json(shape: Shape) -> dict[str, object]:
    """Return a shape as plain values: its kind and its numbers."""
    kind = next(name for name, made in _KINDS.items() if isinstance(shape, made))
    return {"kind": kind, **asdict(shape)}


def shape_from_json(value: object) -> Shape:
    """Return the shape that `value` describes.

    Raises:
        BadShape: if the kind is unknown, a number is missing, extra, not finite or out of range.
    """
    if not isinstance(value, Mapping):
        raise BadShape(f"A shape is {type(value).__name__}.", hint="Expected an object.")
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise BadShape(f"There is no shape {kind!r}.", hint=f"Use one of {', '.join(_KINDS)}.")
    numbers = {key: number for key, number in value.items() if key != "kind"}
    expected = {"x0", "y0", "x1", "y1"}
    if not expected <= set(numbers) <= expected | {"angle"}:
        raise BadShape(
            f"A {kind} has the fields {', '.join(sorted(map(str, numbers)))}.",
            hint="Expected x0, y0, x1, y1 and perhaps angle.",
        )
    for key, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise BadShape(f"{key} of a {kind} is {number!r}.", hint="Expected a number.")
    try:
        plain = {key: float(number) for key, number in numbers.items()}
    except OverflowError as error:
        # JSON's whole numbers know no limit; they are not repeated in the words either.
        raise BadShape(
            f"A {kind} has a number that is far too large.", hint="The face reaches from 0 to 1."
        ) from error
    return _KINDS[kind](**plain)


def preset(name: str, face: Face) -> tuple[Shape, ...]:
    """Return the shapes that cover a named part (a key of PRESETS) of this face.

    Parts follow the face's landmarks; where it has none, its framing's median landmarks.
    """
    if name not in _PARTS:
        raise BadRequest(f"There is no part {name!r}.", hint=f"Use one of {', '.join(_PARTS)}.")
    points = face.landmarks
    if points is None:
        points = np.asarray(FERPLUS.landmarks, np.float32)
    return _PARTS[name](points)


_Landmarks = NDArray[np.float32]


def _box(x0: float, y0: float, x1: float, y1: float) -> tuple[Shape, ...]:
    return (Rectangle(x0, y0, x1, y1),)


def _eye_level(points: _Landmarks) -> float:
    return float(np.clip(points[:2, 1].mean(), 0.1, 0.9))


def _halfway_down(points: _Landmarks) -> float:
    return float(np.clip((points[:2, 1].mean() + points[2, 1]) / 2, 0.1, 0.9))


def _middle(points: _Landmarks) -> float:
    return float(np.clip(points[:3, 0].mean(), 0.1, 0.9))


def _eyes(points: _Landmarks) -> tuple[Shape, ...]:
    distance = min(1.0, max(0.1, float(np.linalg.norm(points[1] - points[0]))))
    slope = math.degrees(math.atan2(*(points[1] - points[0]).tolist()[::-1]))
    x, y = points[:2].mean(0).clip(0.0, 1.0).tolist()
    return (
        Rectangle(x - 0.95 * distance, y - 0.3 * distance, x + 0.95 * distance,
                  y + 0.3 * distance, slope),
    )  # fmt: skip


def _nose(points: _Landmarks) -> tuple[Shape, ...]:
    x, y = points[2].clip(0.0, 1.0).tolist()
    return (Ellipse(x - 0.12, y - 0.17, x + 0.12, y + 0.08),)


def _mouth(points: _Landmarks) -> tuple[Shape, ...]:
    x, y = points[3:].mean(0).clip(0.0, 1.0).tolist()
    half = min(1.0, max(0.12, 0.75 * float(np.linalg.norm(points[4] - points[3]))))
    # On a small face 0.13 would reach the nose.
    up = min(0.13, max(0.05, 0.8 * (y - float(points[2, 1]))))
    return (Rectangle(x - half, y - up, x + half, y + 0.13),)


_PARTS: dict[str, Callable[[_Landmarks], tuple[Shape, ...]]] = {
    "eyes": _eyes,
    "nose": _nose,
    "mouth": _mouth,
    "forehead": lambda points: _box(0.0, 0.0, 1.0, max(0.05, _eye_level(points) - 0.12)),
    "upper half": lambda points: _box(0.0, 0.0, 1.0, _halfway_down(points)),
    "lower half": lambda points: _box(0.0, _halfway_down(points), 1.0, 1.0),
    "left half": lambda points: _box(0.0, 0.0, _middle(points), 1.0),
    "right half": lambda points: _box(_middle(points), 0.0, 1.0, 1.0),
}

PRESETS: dict[str, tuple[Shape, ...]] = {
    name: part(np.asarray(FERPLUS.landmarks, np.float32)) for name, part in _PARTS.items()
}
"""Named parts of the median face; left and right as the viewer sees them. `preset` fits them."""
