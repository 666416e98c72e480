"""Maps over faces: the colours and opacities of the look, worked out again pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ran.figures import heat_overlay

UNSIGNED = ((0xFF, 0xF3, 0xC4), (0xFD, 0xB7, 0x33), (0xE8, 0x59, 0x0C), (0x7A, 0x13, 0x00))
SIGNED = ((0x21, 0x66, 0xAC), (0x92, 0xC5, 0xDE), (0xFF, 0xFF, 0xFF), (0xF4, 0xA5, 0x82),
          (0xB2, 0x18, 0x2B))  # fmt: skip
SIDE = 6
FACE = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
GREY = np.asarray(Image.fromarray(FACE).convert("L")).astype(float)
BOTH = pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])


def between(stops, place):
    """The colour at a place in [0, 1] of evenly spaced stops."""
    at = place * (len(stops) - 1)
    low = min(int(at), len(stops) - 2)
    return [a + (at - low) * (b - a) for a, b in zip(stops[low], stops[low + 1], strict=True)]


def painted(grey, value, signed):
    """The pixel for a share of the scale, over a grey level."""
    if signed:
        value = max(-1.0, min(1.0, value))
        colour, opacity = between(SIGNED, (value + 1) / 2), min(abs(value) * 1.6, 0.88)
    else:
        value = max(0.0, min(1.0, value))
        colour, opacity = between(UNSIGNED, value), max(0.0, min((value - 0.04) * 1.5, 0.85))
    return [opacity * level + (1 - opacity) * grey for level in colour]


def overlay(values, scale=1.0, signed=False, face=FACE):
    return np.asarray(heat_overlay(face, np.float32(values), scale=scale, signed=signed))


@BOTH
@given(value=st.floats(-3, 3, width=32), scale=st.floats(0.01, 100))
def test_a_pixel_has_the_colour_and_opacity_of_its_share_of_the_scale(signed, value, scale):
    shown = overlay(np.full((SIDE, SIDE), value * scale), scale, signed)
    assert (shown.shape, shown.dtype) == ((SIDE, SIDE, 3), np.uint8)
    for y, x in ((0, 0), (3, 2), (5, 5)):
        np.testing.assert_allclose(shown[y, x], painted(GREY[y, x], value, signed), atol=0.51)


@pytest.mark.parametrize(
    ("value", "signed", "expected"),
    [
        # Over black a pixel is opacity times colour.
        (1 / 3, False, [0.44 * level for level in UNSIGNED[1]]),
        (2 / 3, False, [0.85 * level for level in UNSIGNED[2]]),
        (1.0, False, [0.85 * level for level in UNSIGNED[3]]),
        (-1.0, True, [0.88 * level for level in SIGNED[0]]),
        (-0.5, True, [0.80 * level for level in SIGNED[1]]),
        (0.5, True, [0.80 * level for level in SIGNED[3]]),
        (1.0, True, [0.88 * level for level in SIGNED[4]]),
    ],
)
def test_the_stops_of_the_colours_are_those_written_down(value, signed, expected):
    black = np.zeros((SIDE, SIDE, 3), np.uint8)
    shown = overlay(np.full((2, 2), value), 1.0, signed, black)
    np.testing.assert_allclose(shown, np.broadcast_to(expected, shown.shape), atol=0.51)


@BOTH
@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_where_a_map_is_zero_the_face_is_seen_in_grey(signed, scale):
    shown = overlay(np.zeros((3, 3)), scale, signed)
    np.testing.assert_array_equal(shown, np.broadcast_to(GREY[..., None], shown.shape))


def test_below_zero_an_unsigned_map_is_clear_and_a_signed_one_is_blue():
    values = np.full((SIDE, SIDE), -0.7)
    np.testing.assert_array_equal(overlay(values)[..., 0], GREY)
    blue = overlay(values, signed=True).astype(int)
    assert (blue[..., 2] > blue[..., 0] + 50).all()


def test_a_small_map_is_enlarged_over_the_whole_face_and_stays_where_it_is():
    white = np.full((40, 40, 3), 255, np.uint8)
    values = np.zeros((4, 4))
    values[0, 3] = 1.0  # upper right
    dark = 255 - overlay(values, face=white).astype(int)[..., 2]
    assert dark.shape == (40, 40)
    assert dark[:6, 34:].min() > 0.8 * 255
    assert dark[10, 34] > dark[12, 34] > 0
    assert not dark[15:].any()
    assert not dark[:, :25].any()
    assert len(np.unique(dark[2])) > 5, "between cells the map changes gradually"


def test_faces_on_one_scale_can_be_compared_and_ten_times_all_is_the_same_picture():
    faint, strong = np.full((2, 2), 0.2), np.full((2, 2), 0.9)
    assert not np.array_equal(overlay(faint), overlay(strong))
    np.testing.assert_array_equal(overlay(faint), overlay(10 * faint, 10.0))


@BOTH
def test_neither_face_nor_map_is_changed(signed):
    face, values = FACE.copy(), np.random.default_rng(1).random((3, 3)).astype(np.float32)
    before = values.copy()
    face.setflags(write=False)
    values.setflags(write=False)
    heat_overlay(face, values, scale=0.5, signed=signed)
    np.testing.assert_array_equal(face, FACE)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_says_nothing_is_refused(scale):
    with pytest.raises(ValueError, match="scale must be above zero"):
        overlay(np.ones((2, 2)), scale)
