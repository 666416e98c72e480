"""Shapes of every kind for the tests, as hypothesis strategies, and how to mirror and scale one."""

from dataclasses import replace

from hypothesis import strategies as st

from ran.face.covers.sticker_art import ART
from ran.face.shapes import Ellipse, Polygon, Rectangle, Sticker, Stroke

# Thousandths and a little more: no edge then runs exactly through a sample, upright, level or
# diagonally, where it would be left open to which side the sample belongs.
_thousandths = st.integers(-300, 1300).map(lambda number: number / 1000)
points = st.tuples(_thousandths.map(lambda x: x + 0.00037), _thousandths.map(lambda y: y + 0.00071))


@st.composite
def bounded(draw):
    x0, y0 = draw(st.floats(-0.5, 1.0)), draw(st.floats(-0.5, 1.0))
    width, height = draw(st.floats(0.02, 0.9)), draw(st.floats(0.02, 0.9))
    kind = draw(st.sampled_from([Rectangle, Ellipse]))
    return kind(x0, y0, x0 + width, y0 + height, draw(st.floats(-180, 180)))


polygons = st.builds(Polygon, st.lists(points, min_size=3, max_size=9).map(tuple))
strokes = st.builds(
    Stroke,
    st.lists(points, min_size=1, max_size=9).map(tuple),
    width=st.floats(0.01, 1.0),
    softness=st.just(0.0) | st.floats(0.0, 1.0),
)
stickers = st.builds(
    Sticker,
    st.sampled_from(list(ART)),
    x=st.floats(-0.2, 1.2),
    y=st.floats(-0.2, 1.2),
    size=st.floats(0.1, 1.5),
    angle=st.floats(-180, 180),
    mirrored=st.booleans(),
)
erasers = strokes.map(lambda stroke: replace(stroke, erase=True))
drawing_shapes = bounded() | polygons | strokes | stickers
drawings = st.lists(drawing_shapes | erasers, max_size=4).map(tuple)


def mirrored(shape):
    """The shape as it stands on the face seen in a mirror."""
    if isinstance(shape, Rectangle | Ellipse):
        return replace(shape, x0=1 - shape.x1, x1=1 - shape.x0, angle=-shape.angle)
    if isinstance(shape, Sticker):
        return replace(shape, x=1 - shape.x, angle=-shape.angle, mirrored=not shape.mirrored)
    return replace(shape, points=tuple((1 - x, y) for x, y in shape.points))


def halved(shape):
    """The shape as it stands on a face half as large, in the top left of the picture."""
    if isinstance(shape, Rectangle | Ellipse):
        edges = {name: getattr(shape, name) / 2 for name in ("x0", "y0", "x1", "y1")}
        return replace(shape, **edges)
    if isinstance(shape, Sticker):
        return replace(shape, x=shape.x / 2, y=shape.y / 2, size=shape.size / 2)
    scaled = replace(shape, points=tuple((x / 2, y / 2) for x, y in shape.points))
    return replace(scaled, width=shape.width / 2) if isinstance(shape, Stroke) else scaled
