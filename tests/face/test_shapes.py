"""Shapes: JSON both ways, distrust on the way in, and the limits of a drawing."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_shapes import bounded, drawings, erasers, polygons, stickers, strokes

from ran.errors import BadShape
from ran.face.covers.sticker_art import ART
from ran.face.shapes import (
    MAX_POINTS,
    MAX_SHAPES,
    REACH,
    Ellipse,
    Polygon,
    Rectangle,
    Sticker,
    Stroke,
    count_points,
    drawing_from_json,
    shape_from_json,
    shape_to_json,
    work_of,
)


@given(bounded() | polygons | strokes | erasers | stickers)
def test_a_shape_survives_json_to_the_bit(shape):
    assert shape_from_json(json.loads(json.dumps(shape_to_json(shape)))) == shape


def test_json_is_plain_and_says_what_it_is():
    assert shape_to_json(Ellipse(0, 0.25, 1, 0.75)) == {
        "kind": "ellipse", "x0": 0.0, "y0": 0.25, "x1": 1.0, "y1": 0.75, "angle": 0.0,
    }  # fmt: skip
    assert shape_to_json(Stroke(((0, 0.25),), 0.5, erase=True)) == {
        "kind": "stroke", "points": [[0.0, 0.25]], "width": 0.5, "softness": 0.0, "erase": True,
    }  # fmt: skip
    assert shape_to_json(Polygon(((0, 0), (1, 0), (0, 1)))) == {
        "kind": "polygon", "points": [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
    }  # fmt: skip
    assert shape_to_json(Sticker("cap", 0.5, 0, 1)) == {
        "kind": "sticker", "name": "cap", "x": 0.5, "y": 0.0, "size": 1.0, "angle": 0.0,
        "mirrored": False,
    }  # fmt: skip


def test_what_has_a_usual_value_may_be_left_out():
    edges = {"x0": 0, "y0": 0, "x1": 1, "y1": 1}
    assert shape_from_json({"kind": "rectangle", **edges}) == Rectangle(0.0, 0.0, 1.0, 1.0)
    read = shape_from_json({"kind": "stroke", "points": [[0, 1]], "width": 1})
    assert read == Stroke(((0.0, 1.0),), 1.0, softness=0.0, erase=False)


RECTANGLE = {"kind": "rectangle", "x0": 0.1, "y0": 0.1, "x1": 0.5, "y1": 0.5}
STROKE = {
    "kind": "stroke", "points": [[0.1, 0.1], [0.5, 0.5]], "width": 0.1, "softness": 0.5,
    "erase": False,
}  # fmt: skip
STICKER = {"kind": "sticker", "name": "mask", "x": 0.5, "y": 0.7, "size": 0.9}
POLYGON = {"kind": "polygon", "points": [[0, 0], [1, 0], [0, 1]]}


@pytest.mark.parametrize("value", [RECTANGLE, STROKE, POLYGON, STICKER])
def test_the_shapes_that_are_spoilt_below_are_good(value):
    shape_from_json(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [RECTANGLE],
        "rectangle",
        {},
        {**RECTANGLE, "kind": "spiral"},
        {**RECTANGLE, "kind": ["rectangle"]},
        {**RECTANGLE, "kind": "stroke"},
        {**RECTANGLE, "x0": "0.1"},
        {**RECTANGLE, "x0": None},
        {**RECTANGLE, "x1": True},
        {**RECTANGLE, "x0": False},
        {**RECTANGLE, "x0": math.nan},
        {**RECTANGLE, "x0": -math.inf},
        {**RECTANGLE, "x0": 1e300},
        {**RECTANGLE, "x0": 10**400},
        {**RECTANGLE, "x0": 0.5},
        {**RECTANGLE, "y0": 0.6},
        {**RECTANGLE, "x1": 2.5},
        {**RECTANGLE, "angle": math.inf},
        {**RECTANGLE, "radius": 1.0},
        {key: value for key, value in RECTANGLE.items() if key != "y1"},
        {**RECTANGLE, 7: 1.0},
        {**STROKE, "points": []},
        {**STROKE, "points": None},
        {**STROKE, "points": "ab"},
        {**STROKE, "points": {"0": [0, 0]}},
        {**STROKE, "points": [0.1, 0.1]},
        {**STROKE, "points": ["ab"]},
        {**STROKE, "points": [[0.1]]},
        {**STROKE, "points": [[0.1, 0.1, 0.1]]},
        {**STROKE, "points": [[0.1, "0.1"]]},
        {**STROKE, "points": [[0.1, True]]},
        {**STROKE, "points": [[0.1, math.nan]]},
        {**STROKE, "points": [[math.inf, 0.1]]},
        {**STROKE, "points": [[0.1, 10**400]]},
        {**STROKE, "points": [[0.1, 0.1], [0.1, -2.1]]},
        {**STROKE, "width": 0},
        {**STROKE, "width": -0.1},
        {**STROKE, "width": 1.1},
        {**STROKE, "width": math.nan},
        {**STROKE, "width": "0.1"},
        {**STROKE, "width": 10**400},
        {**STROKE, "softness": -0.1},
        {**STROKE, "softness": 1.1},
        {**STROKE, "softness": math.nan},
        {**STROKE, "softness": True},
        {**STROKE, "erase": 1},
        {**STROKE, "erase": "false"},
        {**STROKE, "angle": 0},
        {key: value for key, value in STROKE.items() if key != "width"},
        {key: value for key, value in STROKE.items() if key != "points"},
        {**POLYGON, "points": [[0, 0], [1, 0]]},
        {**POLYGON, "width": 0.1},
        {**POLYGON, "points": [[0, 0], [1, 0], [3, 1]]},
        {**STICKER, "name": "moustache"},
        {**STICKER, "name": ["mask"]},
        {**STICKER, "name": None},
        {**STICKER, "size": 0},
        {**STICKER, "size": -0.5},
        {**STICKER, "size": 4.1},
        {**STICKER, "size": math.nan},
        {**STICKER, "x": 2.1},
        {**STICKER, "y": -math.inf},
        {**STICKER, "x": "0.5"},
        {**STICKER, "angle": math.nan},
        {**STICKER, "mirrored": 1},
        {**STICKER, "points": [[0, 0]]},
        {key: value for key, value in STICKER.items() if key != "size"},
    ],
)
def test_a_shape_from_outside_is_refused_in_a_sentence_with_a_next_step(value):
    with pytest.raises(BadShape) as refusal:
        shape_from_json(value)
    assert refusal.value.hint
    assert refusal.value.message.endswith(".")
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "value",
    [
        {**RECTANGLE, "kind": "x" * 10**6},
        {**RECTANGLE, "x0": "x" * 10**6},
        {**RECTANGLE, "x" * 10**6: 0},
        {**RECTANGLE, "x0": [10**5000]},
        {**STROKE, "points": [["x" * 10**6, 0]]},
    ],
)
def test_a_refusal_stays_short_whatever_it_refuses(value):
    with pytest.raises(BadShape) as refusal:
        shape_from_json(value)
    assert len(str(refusal.value)) < 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = ("x0", "y0", "x1", "y1", "angle", "width", "softness", "erase")
near_points = st.lists(st.lists(st.floats(-3, 3) | json_values, max_size=3), max_size=4)
near_misses = st.fixed_dictionaries(
    {"kind": st.sampled_from(["rectangle", "ellipse", "polygon", "stroke", "x"]) | json_values},
    optional={"points": near_points | json_values} | dict.fromkeys(FIELDS, json_values),
) | st.builds(
    lambda shape, name, value: {**shape, name: value},
    st.sampled_from([RECTANGLE, STROKE, POLYGON]),
    st.sampled_from((*FIELDS, "points")),
    json_values | near_points,
)


@given(json_values | near_misses)
def test_any_json_is_a_shape_or_refused_and_nothing_else(value):
    try:
        shape = shape_from_json(value)
    except BadShape:
        return
    if isinstance(shape, Rectangle | Ellipse):
        assert -REACH <= shape.x0 < shape.x1 <= REACH
        assert -REACH <= shape.y0 < shape.y1 <= REACH
        return
    assert len(shape.points) >= (1 if isinstance(shape, Stroke) else 3)
    assert all(-REACH <= number <= REACH for point in shape.points for number in point)
    if isinstance(shape, Stroke):
        assert 0 < shape.width <= 1
        assert 0 <= shape.softness <= 1
        assert shape.erase is True or shape.erase is False


def test_equal_shapes_read_equal_whatever_numbers_they_came_from():
    shapes = [Rectangle(0, 0, 1, 1), Rectangle(-0.0, 0.0, np.float64(1), np.float32(1), 0)]
    strokes = [
        Stroke(((0, 1), (1, 0)), 1),
        Stroke([[-0.0, np.float32(1)], [1.0, 0]], np.float64(1), -0.0, np.bool_(False)),
        Stroke(np.array([[0, 1], [1, 0]]), 1.0),
    ]
    polygons = [Polygon(((0, 0), (1, 0), (0, 1))), Polygon(np.array([[0, -0.0], [1, 0], [0, 1]]))]
    for alike in (shapes, strokes, polygons):
        assert len(set(alike)) == 1
        assert len({repr(shape) for shape in alike}) == 1


@pytest.mark.parametrize("kind", ["stroke", "polygon"])
def test_a_shape_may_have_all_points_of_a_drawing_and_no_more(kind):
    made = {"stroke": lambda points: Stroke(points, 0.1), "polygon": Polygon}[kind]
    points = ((0.1, 0.1),) * MAX_POINTS
    assert len(made(points).points) == MAX_POINTS
    with pytest.raises(BadShape, match=r"20,001 points\. Use at most 20,000"):
        made((*points, (0.1, 0.1)))


@given(drawings)
def test_a_drawing_survives_json_as_a_list_and_as_the_browser_sends_it(drawn):
    listed = json.loads(json.dumps([shape_to_json(shape) for shape in drawn]))
    assert drawing_from_json(listed) == drawn
    assert drawing_from_json({"shapes": listed}) == drawn


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "shapes", RECTANGLE, {}, {"shapes": None}, {"shapes": {"0": RECTANGLE}},
        {"shapes": [], "version": 2}, {"drawing": []},
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_with_a_next_step(value):
    with pytest.raises(BadShape, match="A drawing is") as refusal:
        drawing_from_json(value)
    assert refusal.value.hint


def test_a_refused_drawing_says_which_shape_is_bad_and_why():
    with pytest.raises(BadShape, match=r"Shape 3 of 4: A stroke has the width 0\.0\.") as refusal:
        drawing_from_json([STROKE, POLYGON, {**STROKE, "width": 0}, None])
    assert "over 0" in refusal.value.hint


def test_a_drawing_has_at_most_so_many_shapes():
    assert len(drawing_from_json([RECTANGLE] * MAX_SHAPES)) == MAX_SHAPES == 500
    with pytest.raises(BadShape, match="501 shapes"):
        drawing_from_json([RECTANGLE] * (MAX_SHAPES + 1))


def test_the_points_of_all_shapes_together_are_limited():
    half = {**STROKE, "points": [[0.1, 0.1]] * (MAX_POINTS // 2)}
    corners = {**POLYGON, "points": [[0.1, 0.1]] * (MAX_POINTS // 2)}
    assert len(drawing_from_json([half, corners, RECTANGLE])) == 3
    with pytest.raises(BadShape, match=r"20,003 points"):
        drawing_from_json([half, corners, POLYGON])


def test_a_sticker_counts_as_the_points_of_its_outlines():
    each = ART["mask"].count
    assert each == sum(len(part.points) for part in ART["mask"].parts)
    most = MAX_POINTS // each
    assert len(drawing_from_json([STICKER] * most)) == most
    assert count_points(drawing_from_json([STICKER, STROKE])) == each + 2
    with pytest.raises(BadShape, match="points"):
        drawing_from_json([STICKER] * (most + 1))


def test_ten_megabytes_of_points_are_refused_before_they_are_read():
    class Untouched(list):
        def __iter__(self):
            raise AssertionError("the points were read")

    many = {**STROKE, "points": Untouched([[0.1, 0.1]] * 10**6)}
    for refuse in (shape_from_json, lambda value: drawing_from_json([value])):
        with pytest.raises(BadShape, match="1,000,000 points"):
            refuse(many)


def test_a_shape_keeps_its_own_numbers_when_its_source_changes():
    source = [[0.1, 0.2], [0.3, 0.4]]
    stroke = Stroke(source, 0.1)
    source[0][0] = 0.9
    assert stroke == Stroke(((0.1, 0.2), (0.3, 0.4)), 0.1)
    assert hash(replace(stroke, softness=0.0)) == hash(stroke)


def test_a_drawing_that_takes_too_long_is_refused_and_what_a_hand_draws_is_not():
    random = np.random.default_rng(1)
    strokes = [
        {**STROKE, "points": random.random((40, 2)).tolist(), "width": 0.1} for _ in range(500)
    ]
    with pytest.raises(BadShape, match=r"covers the face \d,\d{3} times over"):
        drawing_from_json(strokes)
    steps = np.cumsum(random.normal(0, 0.01, (4_000, 2)), axis=0) % 1.0
    hand = [{**STROKE, "points": part.tolist(), "width": 0.1} for part in np.split(steps, 100)]
    assert len(drawing_from_json(hand)) == 100


@pytest.mark.parametrize(
    ("shape", "work"),
    [
        (Stroke(((0.5, 0.5),), 0.2), 0.2 * 0.2),
        (Stroke(((0.2, 0.5), (0.6, 0.5), (0.6, 0.8)), 0.1), 0.5 * 0.1 + 0.1 * 0.4),
        (Stroke(((0.0, 0.0), (1.0, 1.0)), 1.0), 1.0),
        (Rectangle(0.25, 0.5, 0.75, 0.6), 8 * 0.5 * 0.1),
        (Ellipse(-1.0, -1.0, 2.0, 2.0), 8.0),
        (Polygon(((0.1, 0.1), (0.4, 0.1), (0.4, 0.6))), 8 * 0.3 * 0.5),
    ],
)
def test_the_work_of_a_shape_is_the_area_of_its_boxes(shape, work):
    assert work_of([shape]) == pytest.approx(work)
    assert work_of([shape] * 3) == pytest.approx(3 * work)


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-7])
@pytest.mark.parametrize("kind", [Rectangle, Ellipse])
def test_a_shape_of_nothing_is_refused(kind, size):
    with pytest.raises(BadShape, match="too small to hide anything"):
        kind(0.0, 0.0, size, 0.5)
