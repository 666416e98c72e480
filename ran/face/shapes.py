"""Shapes that hide parts of a face, in [0, 1] face units, and drawings made of them.

Shapes come from browsers and files: `shape_from_json` and `drawing_from_json` trust nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadShape
from ran.face.covers.shape_fields import MAX_POINTS, READERS, Point, as_number, check_count, shown
from ran.face.covers.sticker_art import ART
from ran.words import _, counted

REACH = 2.0
"""How far, in face sides, a shape may lie outside the face: it may be dragged over the edge."""
MAX_SHAPES = 500
MAX_WORK = 800.0
"""What drawing it may cost, as `work_of` counts; at 256 pixels a unit took a core 1 to 2 ms."""
SMALLEST = 1e-6
"""The least width or height of a shape, in face sides: far below what any face's pixels show."""
LARGEST_STICKER = 4.0
"""A sticker's width, in face sides."""


@dataclass(frozen=True)
class _Bounds:
    x0: float
    y0: float
    x1: float
    y1: float
    angle: float = 0.0

    def __post_init__(self) -> None:
        for name in ("x0", "y0", "x1", "y1", "angle"):
            object.__setattr__(self, name, _plain(getattr(self, name)))
        values = (self.x0, self.y0, self.x1, self.y1, self.angle)
        if not all(math.isfinite(value) for value in values):
            raise BadShape(
                _("A shape has edges {values}.").format(values=values),
                hint=_("Use finite numbers."),
            )
        if not (self.x0 < self.x1 and self.y0 < self.y1):
            raise BadShape(
                _("A shape has edges {values}.").format(values=values[:4]),
                hint=_("The left edge must be left of the right one and the top above the bottom."),
            )
        if min(self.x1 - self.x0, self.y1 - self.y0) < SMALLEST:
            raise BadShape(
                _("A shape has edges {values}: it is too small to hide anything.").format(
                    values=values[:4]
                ),
                hint=_("Draw it larger."),
            )
        if max(abs(value) for value in values[:4]) > REACH:
            raise BadShape(
                _("A shape has edges {values}.").format(values=values[:4]),
                hint=_("The face reaches from 0 to 1."),
            )


@dataclass(frozen=True)
class Rectangle(_Bounds):
    """Edges x0 < x1, y0 < y1 in face units, turned clockwise by `angle` degrees."""


@dataclass(frozen=True)
class Ellipse(_Bounds):
    """The ellipse that fills the rectangle of the same numbers."""


@dataclass(frozen=True)
class Polygon:
    """Corners in order, at least three; the last is joined to the first.

    Inside is where a ray meets the outline an odd number of times: SVG's fill-rule "evenodd", so
    that an outline which crosses itself leaves holes, here and in the browser.
    """

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _plain_points("polygon", self.points, at_least=3))


@dataclass(frozen=True)
class Stroke:
    """A line of a brush, with round ends and joins; a single point is a dot.

    `width` is in face sides, over 0 and at most 1. The edge fades in a straight slope over the
    outer `softness` of the half width: 0 is a hard edge, at 1 only the middle hides all. With
    `erase` the stroke takes away what the shapes before it hide.
    """

    points: tuple[Point, ...]
    width: float
    softness: float = 0.0
    erase: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _plain_points("stroke", self.points, at_least=1))
        object.__setattr__(self, "width", _plain(self.width))
        object.__setattr__(self, "softness", _plain(self.softness))
        object.__setattr__(self, "erase", bool(self.erase))
        if not 0.0 < self.width <= 1.0:
            raise BadShape(
                _("A stroke has the width {width}.").format(width=self.width),
                hint=_("Use a number over 0 and at most 1, the side of the face."),
            )
        if not 0.0 <= self.softness <= 1.0:
            raise BadShape(
                _("A stroke has the softness {softness}.").format(softness=self.softness),
                hint=_("Use a number from 0 to 1."),
            )


@dataclass(frozen=True)
class Sticker:
    """A thing of `ran.face.covers.sticker_art.ART`, by its `name`.

    `ran.face.covers.stickers.place` makes one.

    x and y are the middle of its bounds and `size` is their width, in face sides; it is turned
    clockwise by `angle` degrees, after `mirrored` has swapped its left and right.
    """

    name: str
    x: float
    y: float
    size: float
    angle: float = 0.0
    mirrored: bool = False

    def __post_init__(self) -> None:
        for name in ("x", "y", "size", "angle"):
            object.__setattr__(self, name, _plain(getattr(self, name)))
        object.__setattr__(self, "mirrored", bool(self.mirrored))
        if self.name not in ART:
            raise BadShape(
                _("There is no sticker {name}.").format(name=shown(self.name)),
                hint=_("Use one of {names}.").format(names=", ".join(ART)),
            )
        if not (abs(self.x) <= REACH and abs(self.y) <= REACH):  # neither is true of NaN
            raise BadShape(
                _("A sticker lies at {value}.").format(value=(self.x, self.y)),
                hint=_("The face reaches from 0 to 1."),
            )
        if not 0.0 < self.size <= LARGEST_STICKER:
            raise BadShape(
                _("A sticker has the size {size}.").format(size=self.size),
                hint=_(
                    "Use a number over 0 and at most {largest_sticker:g}, in sides of the face."
                ).format(largest_sticker=LARGEST_STICKER),
            )
        if not math.isfinite(self.angle):
            raise BadShape(
                _("A sticker has the angle {angle}.").format(angle=self.angle),
                hint=_("Use finite numbers."),
            )

    def outlines(self) -> list[NDArray[np.float64]]:
        """Return the outline of each part of its art, f64[N, 2] in face units, from the bottom."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        flip = -1.0 if self.mirrored else 1.0
        turn = self.size * np.array([[cos * flip, sin * flip], [-sin, cos]])
        return [np.asarray(part.points) @ turn + (self.x, self.y) for part in ART[self.name].parts]


def _plain(number: float) -> float:
    """Return a plain float and no -0.0: equal shapes then also read equal, in JSON and in keys."""
    return float(number) + 0.0


def _plain_points(kind: str, points: Sequence[Point], *, at_least: int) -> tuple[Point, ...]:
    check_count(kind, len(points))
    if len(points) < at_least:
        raise BadShape(
            counted(
                "A {kind} has {count} point.", "A {kind} has {count} points.", len(points)
            ).format(kind=kind, count=len(points)),
            hint=_("It needs at least {at_least}.").format(at_least=at_least),
        )
    plain = tuple((_plain(x), _plain(y)) for x, y in points)
    for x, y in plain:
        if not (abs(x) <= REACH and abs(y) <= REACH):  # neither is true of NaN
            raise BadShape(
                _("A {kind} has a point at {value}.").format(kind=kind, value=(x, y)),
                hint=_("The face reaches from 0 to 1."),
            )
    return plain


Shape = Rectangle | Ellipse | Polygon | Stroke | Sticker
_KINDS: dict[str, type[Shape]] = {
    "rectangle": Rectangle,
    "ellipse": Ellipse,
    "polygon": Polygon,
    "stroke": Stroke,
    "sticker": Sticker,
}


def shape_to_json(shape: Shape) -> dict[str, object]:
    """Return a shape as plain values: its kind, its numbers and its points."""
    kind = next(name for name, made in _KINDS.items() if isinstance(shape, made))
    values = {"kind": kind, **vars(shape)}
    if "points" in values:
        values["points"] = [list(point) for point in values["points"]]
    return values


def shape_from_json(value: object) -> Shape:
    """Return the shape that `value` describes.

    Raises:
        BadShape: if the kind is unknown, or a field is missing, extra, of a wrong type, not finite
            or out of range.
    """
    if not isinstance(value, Mapping):
        raise BadShape(
            _("A shape is {__name__}.").format(__name__=type(value).__name__),
            hint=_("Expected an object."),
        )
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise BadShape(
            _("There is no shape {kind}.").format(kind=shown(kind)),
            hint=_("Use one of {names}.").format(names=", ".join(_KINDS)),
        )
    given = {name: part for name, part in value.items() if name != "kind"}
    known = {field.name: field.default is MISSING for field in fields(_KINDS[kind])}
    missing = [name for name, is_needed in known.items() if is_needed and name not in given]
    extra = [name for name in given if name not in known]
    if missing or extra:
        fault = f"no {missing[0]}" if missing else f"an unknown field {shown(extra[0])}"
        raise BadShape(
            _("A drawn {kind} has {fault}.").format(kind=kind, fault=fault),
            hint=_("Expected {names}.").format(names=", ".join(known)),
        )
    try:
        return _KINDS[kind](
            **{name: READERS.get(name, as_number)(kind, name, part) for name, part in given.items()}
        )
    except OverflowError as error:
        # JSON's whole numbers know no limit; they are not repeated in the words either.
        raise BadShape(
            _("A drawn {kind} has a number that is far too large.").format(kind=kind),
            hint=_("The face reaches from 0 to 1."),
        ) from error


def drawing_from_json(value: object) -> tuple[Shape, ...]:
    """Return the shapes of a drawing, in order.

    Args:
        value: a list of shapes, or an object whose only field, `shapes`, is that list.

    Raises:
        BadShape: if that is not what it is, if there are more than MAX_SHAPES or MAX_POINTS, or a
            shape is bad; the message then says which, counted from 1.
    """
    listed = value.get("shapes") if isinstance(value, Mapping) and len(value) == 1 else value
    if not isinstance(listed, list | tuple):
        raise BadShape(
            _("A drawing is {value}.").format(value=shown(value)),
            hint=_("Expected a list of shapes, or it as `shapes`."),
        )
    if len(listed) > MAX_SHAPES:
        raise BadShape(
            _("A drawing has {count:,} shapes.").format(count=len(listed)),
            hint=_("Use at most {max_shapes}: clear some.").format(max_shapes=MAX_SHAPES),
        )
    points = sum(_count_listed(shape) for shape in listed)
    if points > MAX_POINTS:
        raise BadShape(
            _("A drawing has {points:,} points.").format(points=points),
            hint=_("Use at most {max_points:,}: clear some.").format(max_points=MAX_POINTS),
        )
    shapes: list[Shape] = []
    for number, shape in enumerate(listed, 1):
        try:
            shapes.append(shape_from_json(shape))
        except BadShape as error:
            message = f"Shape {number} of {len(listed)}: {error.message}"
            raise BadShape(message, hint=error.hint) from error
    check_work(shapes)
    return tuple(shapes)


def check_work(shapes: Sequence[Shape]) -> None:
    """Refuse shapes that take too long to draw.

    Raises:
        BadShape: if `work_of` counts more than MAX_WORK.
    """
    work = work_of(shapes)
    if work > MAX_WORK:
        raise BadShape(
            _("The drawing covers the face {work:,.0f} times over, stroke upon stroke.").format(
                work=work
            ),
            hint=_(
                "It takes too long to draw: {max_work:.0f} times at most. Clear some, or use a "
                "smaller brush."
            ).format(max_work=MAX_WORK),
        )


def work_of(shapes: Sequence[Shape]) -> float:
    """Return what it costs to draw shapes: the areas of their boxes, in faces.

    Each segment of a stroke has a box of its own. That of any other shape is filled at once, for
    about as much as eight segments cost there.
    """
    work = 0.0
    for shape in shapes:
        if isinstance(shape, Stroke):
            points = np.array(shape.points)
            sides = abs(np.diff(points, axis=0)) if len(points) > 1 else np.zeros((1, 2))
            work += float((sides + shape.width).clip(0.0, 1.0).prod(1).sum())
            continue
        if isinstance(shape, Sticker):
            corners = np.concatenate(shape.outlines())
        elif isinstance(shape, Polygon):
            corners = np.array(shape.points)
        else:
            corners = np.array([(shape.x0, shape.y0), (shape.x1, shape.y1)])
        work += 8.0 * float(np.ptp(corners, axis=0).clip(0.0, 1.0).prod())
    return work


def count_points(shapes: Sequence[Shape]) -> int:
    """Return how many points the shapes have together, as MAX_POINTS counts them."""
    return sum(_count_listed(vars(shape)) for shape in shapes)


def _count_listed(shape: object) -> int:
    values = shape if isinstance(shape, Mapping) else {}
    points, name = values.get("points"), values.get("name")
    if isinstance(name, str) and name in ART:
        return ART[name].count
    return len(points) if isinstance(points, list | tuple) else 0
