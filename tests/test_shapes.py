"""Shapes: JSON both ways, distrust on the way in, and presets that cover what they name."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ran.errors import BadRequest, BadShape
from ran.face.detect import FERPLUS, Face
from ran.face.occlusion import rasterise
from ran.face.shapes import PRESETS, Ellipse, Rectangle, preset, shape_from_json, shape_to_json

SIDE = 64


def face_with(landmarks):
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    return Face(pixels, landmarks=np.asarray(landmarks, np.float32))


edges = st.floats(-1.0, 1.0)
sizes = st.floats(0.001, 0.9)


@given(st.sampled_from([Rectangle, Ellipse]), edges, edges, sizes, sizes, st.floats(-360, 360))
def test_a_shape_survives_json_to_the_bit(kind, x0, y0, width, height, angle):
    shape = kind(x0, y0, x0 + width, y0 + height, angle)
    assert shape_from_json(json.loads(json.dumps(shape_to_json(shape)))) == shape


def test_json_is_plain_and_says_what_it_is():
    assert shape_to_json(Ellipse(0, 0.25, 1, 0.75)) == {
        "kind": "ellipse", "x0": 0.0, "y0": 0.25, "x1": 1.0, "y1": 0.75, "angle": 0.0,
    }  # fmt: skip


def test_the_angle_may_be_left_out():
    read = shape_from_json({"kind": "rectangle", "x0": 0, "y0": 0, "x1": 1, "y1": 1})
    assert read == Rectangle(0.0, 0.0, 1.0, 1.0)


GOOD = {"kind": "rectangle", "x0": 0.1, "y0": 0.1, "x1": 0.5, "y1": 0.5}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [GOOD],
        "rectangle",
        {},
        {**GOOD, "kind": "spiral"},
        {**GOOD, "kind": ["rectangle"]},
        {**GOOD, "x0": "0.1"},
        {**GOOD, "x0": None},
        {**GOOD, "x1": True},
        {**GOOD, "x0": False},
        {**GOOD, "x0": math.nan},
        {**GOOD, "x0": -math.inf},
        {**GOOD, "x0": 1e300},
        {**GOOD, "x0": 10**400},
        {**GOOD, "x0": 0.5},
        {**GOOD, "y0": 0.6},
        {**GOOD, "x1": 2.5},
        {**GOOD, "angle": math.inf},
        {**GOOD, "radius": 1.0},
        {key: value for key, value in GOOD.items() if key != "y1"},
        {**GOOD, 7: 1.0},
    ],
)
def test_a_shape_from_outside_is_refused_with_a_next_step(value):
    with pytest.raises(BadShape) as refusal:
        shape_from_json(value)
    assert refusal.value.hint


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
near_misses = st.fixed_dictionaries(
    {"kind": st.sampled_from(["rectangle", "ellipse", "x"]) | json_values},
    optional=dict.fromkeys(("x0", "y0", "x1", "y1", "angle"), json_values),
)


@given(json_values | near_misses)
def test_any_json_is_a_shape_or_refused_and_nothing_else(value):
    try:
        shape = shape_from_json(value)
    except BadShape:
        return
    assert shape.x0 < shape.x1
    assert shape.y0 < shape.y1


def test_equal_shapes_read_equal_whatever_numbers_they_came_from():
    shapes = [Rectangle(0, 0, 1, 1), Rectangle(-0.0, 0.0, np.float64(1), np.float32(1), 0)]
    assert len(set(shapes)) == 1
    assert len({repr(shape) for shape in shapes}) == 1


def test_presets_are_the_parts_that_the_page_offers():
    assert set(PRESETS) == {
        "eyes", "nose", "mouth", "forehead",
        "upper half", "lower half", "left half", "right half",
    }  # fmt: skip


# Which of left eye, right eye, nose, left and right mouth corner a part hides.
HIDES = {
    "eyes": (1, 1, 0, 0, 0),
    "nose": (0, 0, 1, 0, 0),
    "mouth": (0, 0, 0, 1, 1),
    "forehead": (0, 0, 0, 0, 0),
    "upper half": (1, 1, 0, 0, 0),
    "lower half": (0, 0, 1, 1, 1),
    "left half": (1, 0, None, 1, 0),
    "right half": (0, 1, None, 0, 1),
}
TURNED = np.array([[0.28, 0.45], [0.66, 0.31], [0.50, 0.58], [0.44, 0.80], [0.74, 0.70]])
SMALL = np.asarray(FERPLUS.landmarks) * 0.7 + (0.25, 0.1)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("landmarks", [np.asarray(FERPLUS.landmarks), TURNED, SMALL])
def test_a_preset_hides_the_landmarks_it_names_and_no_others(name, landmarks):
    mask = rasterise(preset(name, face_with(landmarks)), SIDE)
    for (x, y), hides in zip(landmarks, HIDES[name], strict=True):
        if hides is not None:
            assert mask[int(y * SIDE), int(x * SIDE)] == hides


@pytest.mark.parametrize("name", PRESETS)
def test_a_face_without_landmarks_gets_the_median_faces_preset(name):
    bare = Face.from_pixels(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert preset(name, bare) == PRESETS[name] == preset(name, face_with(FERPLUS.landmarks))


@pytest.mark.parametrize("pair", [("upper half", "lower half"), ("left half", "right half")])
def test_two_halves_hide_the_whole_face_once(pair):
    masks = [rasterise(preset(name, face_with(TURNED)), SIDE) for name in pair]
    assert (sum(masks) >= 1.0).all()
    assert (np.minimum(*masks) > 0).sum() <= SIDE  # they may share one line of pixels


@settings(deadline=None)
@given(st.sampled_from(sorted(PRESETS)), st.lists(st.floats(-1, 2), min_size=10, max_size=10))
def test_every_preset_fits_any_landmarks_however_wrong(name, numbers):
    shapes = preset(name, face_with(np.reshape(numbers, (5, 2))))
    assert rasterise(shapes, SIDE).max() > 0


def test_an_unknown_part_is_refused_with_the_parts_there_are():
    with pytest.raises(BadRequest, match="eyes, nose, mouth"):
        preset("ears", face_with(TURNED))
