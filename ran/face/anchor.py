"""Carry what hides one face to where it belongs on another: shapes follow the landmarks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ran.face.covers.shape_fields import Point
from ran.face.detect import Face
from ran.face.shapes import (
    LARGEST_STICKER,
    REACH,
    Ellipse,
    Polygon,
    Rectangle,
    Shape,
    Sticker,
    Stroke,
)

ROUND = 48
"""Corners of the polygon that an ellipse becomes on a turned face."""
_FLATTEST = 0.15
"""A face may appear so much narrower than it is tall, or wider, before only its size is followed:
landmarks that fall on one line would squeeze a shape to nothing."""
_SMALLEST = 0.005


@dataclass(frozen=True, eq=False)
class _Carrier:
    """points @ matrix.T + shift; scale and angle, degrees, are those of its nearest similarity."""

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]
    scale: float
    angle: float

    def point(self, x: float, y: float) -> Point:
        a, b = (self.matrix @ (x, y) + self.shift).clip(-REACH, REACH).tolist()
        return a, b


def carried(shapes: Sequence[Shape], source: Face, target: Face) -> tuple[Shape, ...]:
    """Return the shapes of `source` as they belong on `target`, by the landmarks of both.

    Points follow the affine map that takes eyes and corners of the mouth to theirs by least
    squares; the nose stands out of their plane and has no say. Strokes keep their form and change
    their width with the face's size; stickers follow the nearest similarity. Shapes on a face
    without landmarks are taken to lie on its framing's medians. On the same landmarks they stay as
    they are.
    """
    was, now = _points(source), _points(target)
    if np.array_equal(was, now):
        return tuple(shapes)
    carrier = _carrier(was, now)
    return tuple(_CARRY[type(shape)](shape, carrier) for shape in shapes)


def _points(face: Face) -> NDArray[np.float64]:
    return face.points.astype(np.float64)[[0, 1, 3, 4]]


def _carrier(was: NDArray[np.float64], now: NDArray[np.float64]) -> _Carrier:
    a, b = was - was.mean(0), now - now.mean(0)
    along = float((a * b).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    size = max(float((a**2).sum()), 1e-9)
    cos, sin = along / size, across / size
    similar = np.array([[cos, -sin], [sin, cos]])
    scale = max(math.hypot(cos, sin), 1e-3)
    matrix = np.linalg.lstsq(a, b, rcond=None)[0].T
    widths = np.linalg.svd(matrix, compute_uv=False)
    if not (np.linalg.det(matrix) > 0 and widths[1] >= _FLATTEST * widths[0]):
        matrix = similar
    return _Carrier(
        matrix, now.mean(0) - matrix @ was.mean(0), scale, math.degrees(math.atan2(sin, cos))
    )


def _corners(shape: Rectangle | Ellipse) -> list[Point]:
    """Return corners of a rectangle, or points of an ellipse, turned as they are."""
    middle = (shape.x0 + shape.x1) / 2, (shape.y0 + shape.y1) / 2
    half = (shape.x1 - shape.x0) / 2, (shape.y1 - shape.y0) / 2
    if isinstance(shape, Rectangle):
        unit = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
    else:
        turns = (2 * math.pi * place / ROUND for place in range(ROUND))
        unit = [(math.cos(turn), math.sin(turn)) for turn in turns]
    cos, sin = math.cos(math.radians(shape.angle)), math.sin(math.radians(shape.angle))
    return [
        (
            middle[0] + cos * half[0] * x - sin * half[1] * y,
            middle[1] + sin * half[0] * x + cos * half[1] * y,
        )
        for x, y in unit
    ]


def _as_polygon(shape: Rectangle | Ellipse, carrier: _Carrier) -> Polygon:
    return Polygon(tuple(carrier.point(x, y) for x, y in _corners(shape)))


def _polygon(shape: Polygon, carrier: _Carrier) -> Polygon:
    return Polygon(tuple(carrier.point(x, y) for x, y in shape.points))


def _stroke(shape: Stroke, carrier: _Carrier) -> Stroke:
    points = tuple(carrier.point(x, y) for x, y in shape.points)
    return replace(shape, points=points, width=min(1.0, shape.width * carrier.scale))


def _sticker(shape: Sticker, carrier: _Carrier) -> Sticker:
    x, y = carrier.point(shape.x, shape.y)
    size = min(LARGEST_STICKER, max(_SMALLEST, shape.size * carrier.scale))
    return replace(shape, x=x, y=y, size=size, angle=shape.angle + carrier.angle)


_CARRY: dict[type[Shape], Callable[[Any, _Carrier], Shape]] = {
    Rectangle: _as_polygon,
    Ellipse: _as_polygon,
    Polygon: _polygon,
    Stroke: _stroke,
    Sticker: _sticker,
}
"""How each kind of shape is carried: a new kind needs a line here, and a test asks for it."""
