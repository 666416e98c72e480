"""Hiding: the mask against plain geometry, and what hiding may and may not change."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_shapes import bounded, drawing_shapes, drawings, erasers

from ran.errors import BadRequest
from ran.face.covers.occlusion import FILLS, Fill, covering, hide
from ran.face.mask import SAMPLES, rasterise
from ran.face.shapes import Ellipse, Rectangle, Stroke

SIDE = 32
PIXELS = np.random.default_rng(11).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def fill_of(kind, **options):
    return Fill(kind, colour=(10, 200, 90), **options)


def covered_plainly(shape, side, *, samples=16, grown=0.0):
    """A second way: ask `samples` squared points of every pixel whether they lie inside.

    The shape's edges are moved outwards by `grown` first.
    """
    points = (np.arange(side * samples) + 0.5) / (side * samples)
    x, y = np.meshgrid(points, points)
    x, y = x - (shape.x0 + shape.x1) / 2, y - (shape.y0 + shape.y1) / 2
    # The shape is turned clockwise as seen (y points down): turn the points back.
    turn = math.radians(shape.angle)
    along = x * math.cos(turn) + y * math.sin(turn)
    across = -x * math.sin(turn) + y * math.cos(turn)
    along = along / ((shape.x1 - shape.x0) / 2 + grown)
    across = across / ((shape.y1 - shape.y0) / 2 + grown)
    if isinstance(shape, Ellipse):
        inside = along**2 + across**2 <= 1
    else:
        inside = (np.abs(along) <= 1) & (np.abs(across) <= 1)
    return inside.reshape(side, samples, side, samples).mean((1, 3))


def test_a_rectangle_on_pixel_edges_covers_exactly_its_pixels():
    mask = rasterise([Rectangle(0.25, 0.5, 0.75, 1.0)], 8)
    expected = np.zeros((8, 8), np.float32)
    expected[4:8, 2:6] = 1.0
    np.testing.assert_array_equal(mask, expected)
    assert mask.dtype == np.float32


def test_a_turned_rectangle_stands_where_a_quarter_turn_puts_it():
    upright = np.zeros((8, 8), np.float32)
    upright[1:7, 3:5] = 1.0
    turned = rasterise([Rectangle(0.125, 0.375, 0.875, 0.625, 90.0)], 8)
    np.testing.assert_array_equal(turned, upright)


def test_half_a_pixel_counts_half():
    mask = rasterise([Rectangle(0.0, 0.0, 0.5625, 1.0)], 8)
    np.testing.assert_array_equal(mask, np.tile([1, 1, 1, 1, 0.5, 0, 0, 0], (8, 1)))


def test_a_shape_that_covers_the_face_covers_every_pixel():
    assert (rasterise([Rectangle(0, 0, 1, 1)], SIDE) == 1.0).all()
    assert (rasterise([Ellipse(-0.5, -0.5, 1.5, 1.5)], SIDE) == 1.0).all()
    assert (rasterise([], SIDE) == 0.0).all()


@pytest.mark.parametrize(
    "shape",
    [
        Ellipse(0.1, 0.2, 0.9, 0.7),
        Ellipse(0.3, 0.3, 0.7, 0.9, 30.0),
        Rectangle(0.13, 0.21, 0.77, 0.64),
        Rectangle(0.2, 0.4, 0.9, 0.6, -25.0),
        Rectangle(-0.3, 0.6, 0.4, 1.4, 10.0),
    ],
)
def test_the_mask_agrees_with_plain_geometry(shape):
    mask, plain = rasterise([shape], 128), covered_plainly(shape, 128)
    assert abs(mask.mean() - plain.mean()) < 0.004
    intersection = ((mask >= 0.5) & (plain >= 0.5)).sum()
    assert intersection / ((mask >= 0.5) | (plain >= 0.5)).sum() > 0.98
    assert np.abs(mask - plain).max() <= 0.75  # never a whole pixel off


@settings(deadline=None)
@given(bounded(), st.sampled_from([1, 7, SIDE]))
def test_every_pixel_counts_its_own_points(shape, side):
    mask = rasterise([shape], side)
    # Points on the very edge may fall to either side of it.
    inner, outer = (
        covered_plainly(shape, side, samples=SAMPLES, grown=grown) for grown in (-1e-5, 1e-5)
    )
    assert (inner <= mask).all()
    assert (mask <= outer).all()


@settings(deadline=None)
@given(drawings, drawing_shapes)
def test_a_mask_grows_with_every_shape_by_no_more_than_that_shape(drawn, another):
    before, after = rasterise(drawn, SIDE), rasterise((*drawn, another), SIDE)
    assert (after >= before).all()
    assert (after <= before + rasterise([another], SIDE) + 1e-6).all()
    assert after.max() <= 1.0


@settings(deadline=None)
@given(drawings, erasers)
def test_a_mask_shrinks_with_every_eraser_and_only_where_it_goes(drawn, eraser):
    before, after = rasterise(drawn, SIDE), rasterise((*drawn, eraser), SIDE)
    assert (after <= before).all()
    assert (after >= before - rasterise([replace(eraser, erase=False)], SIDE) - 1e-6).all()
    assert after.min() >= 0.0


@settings(deadline=None)
@given(drawings, st.sampled_from(list(FILLS)), st.floats(0, 1))
def test_erasing_everything_brings_back_every_bit_of_the_face(drawn, kind, opacity):
    corners = ((0, 0), (1, 0), (1, 0.5), (0, 0.5), (0, 1), (1, 1))
    everything = Stroke(corners, width=1.0, erase=True)
    erased = hide(PIXELS, (*drawn, everything), fill_of(kind, opacity=opacity))
    np.testing.assert_array_equal(erased, PIXELS)


@settings(deadline=None)
@given(drawings, st.sampled_from(list(FILLS)))
def test_opacity_zero_and_no_shapes_change_no_bit(drawn, kind):
    np.testing.assert_array_equal(hide(PIXELS, (), fill_of(kind)), PIXELS)
    transparent = hide(PIXELS, drawn, fill_of(kind, opacity=0.0))
    np.testing.assert_array_equal(transparent, PIXELS)
    assert not np.shares_memory(transparent, PIXELS)


@settings(deadline=None)
@given(drawings, st.sampled_from(list(FILLS)), st.floats(0, 1))
def test_pixels_outside_the_mask_keep_every_bit(drawn, kind, opacity):
    original = PIXELS.copy()
    hidden = hide(PIXELS, drawn, fill_of(kind, opacity=opacity))
    outside = rasterise(drawn, SIDE) == 0.0
    np.testing.assert_array_equal(hidden[outside], PIXELS[outside])
    np.testing.assert_array_equal(PIXELS, original)  # the argument stays as it was
    assert hidden.dtype == np.uint8


@pytest.mark.parametrize(
    ("fill", "level"),
    [
        (Fill("black"), (0, 0, 0)),
        (Fill("grey"), (128, 128, 128)),
        (Fill("colour", colour=(10, 200, 90)), (10, 200, 90)),
        (Fill("mean"), tuple(np.rint(PIXELS.reshape(-1, 3).mean(0)).astype(int))),
    ],
)
def test_a_flat_fill_has_its_own_colour_where_all_is_hidden(fill, level):
    assert (hide(PIXELS, [Rectangle(0, 0, 1, 1)], fill) == level).all()


def test_half_opacity_is_the_mean_of_face_and_fill():
    hidden = hide(PIXELS, [Rectangle(0, 0, 1, 1)], Fill("black", opacity=0.5))
    assert np.abs(hidden - PIXELS / 2.0).max() <= 0.5


def test_overlapping_shapes_do_not_add_up_their_opacity():
    shape, fill = Rectangle(0.2, 0.2, 0.8, 0.8), Fill("grey", opacity=0.4)
    np.testing.assert_array_equal(
        hide(PIXELS, [shape, shape, shape], fill), hide(PIXELS, [shape], fill)
    )


def test_noise_repeats_with_its_seed_and_only_then():
    whole = [Rectangle(0, 0, 1, 1)]
    first, again, other = (hide(PIXELS, whole, Fill("noise", seed=s)) for s in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.9


def test_blur_keeps_the_mean_colour_and_loses_the_detail():
    hidden = hide(PIXELS, [Rectangle(0, 0, 1, 1)], Fill("blur"))
    assert np.abs(hidden.mean((0, 1)) - PIXELS.mean((0, 1))).max() < 8
    assert hidden.std() < PIXELS.std() / 4


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "lace"},
        {"kind": "colour"},
        {"kind": "colour", "colour": (0, 0, 256)},
        {"kind": "black", "opacity": 1.5},
        {"kind": "black", "opacity": float("nan")},
        {"kind": "noise", "seed": -1},
    ],
)
def test_an_impossible_fill_is_refused_with_a_next_step(options):
    with pytest.raises(BadRequest) as refusal:
        Fill(**options)
    assert refusal.value.hint


@pytest.mark.parametrize("kind", list(FILLS))
def test_the_covering_is_what_a_cover_over_the_whole_face_shows(kind):
    everywhere = (Rectangle(-1.0, -1.0, 2.0, 2.0),)
    seen = covering(PIXELS, fill_of(kind, opacity=0.3))
    assert (seen == hide(PIXELS, everywhere, fill_of(kind))).all()
