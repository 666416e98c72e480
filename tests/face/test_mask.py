"""The mask of strokes and polygons against plain geometry, in what order, and how it moves."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_shapes import (
    drawing_shapes,
    drawings,
    erasers,
    halved,
    mirrored,
    points,
    polygons,
    strokes,
)

from ran.face import mask as masks
from ran.face.mask import SAMPLES, rasterise
from ran.face.shapes import MAX_POINTS, Polygon, Rectangle, Stroke

SIDE = 32
ZIGZAG = tuple((0.05 + 0.9 * (n % 2), 0.1 + 0.08 * n) for n in range(10))


def places(side, samples):
    """x and y of samples x samples points spread evenly over every pixel."""
    spread = (np.arange(side * samples) + 0.5) / (side * samples)
    return np.meshgrid(spread, spread)


def averaged(values, samples):
    side = len(values) // samples
    return values.reshape(side, samples, side, samples).mean((1, 3))


def plain_stroke(stroke, x, y, *, grown=0.0):
    """A second way: the distance of every point to every segment, one after the other."""
    distance = np.full(x.shape, np.inf)
    for (ax, ay), (bx, by) in zip(stroke.points, stroke.points[1:] or stroke.points, strict=False):
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        t = 0.0 if length < 1e-9 else ((x - ax) * dx + (y - ay) * dy) / length**2
        t = np.clip(t, 0, 1)
        distance = np.minimum(distance, np.hypot(x - ax - t * dx, y - ay - t * dy))
    radius = stroke.width / 2
    if stroke.softness < 1e-9:
        return (distance <= radius + grown).astype(float)
    return np.clip((radius + grown - distance) / (stroke.softness * radius), 0, 1)


def plain_polygon(polygon, x, y):
    """A second way: a ray upwards from every point, and how often it meets the outline."""
    meetings = np.zeros(x.shape, int)
    ends = polygon.points[1:] + polygon.points[:1]
    for (ax, ay), (bx, by) in zip(polygon.points, ends, strict=True):
        if ax != bx:
            is_between = (min(ax, bx) <= x) & (x < max(ax, bx))
            meetings += is_between & (ay + (x - ax) / (bx - ax) * (by - ay) < y)
    return (meetings % 2).astype(float)


def agreement(mask, plain):
    a, b = mask >= 0.5, plain >= 0.5
    return (a & b).sum() / (a | b).sum()


STROKES = [
    Stroke(((0.5, 0.5),), 0.3),
    Stroke(((0.5, 0.5), (0.5, 0.5)), 0.3, 0.7),
    Stroke(((0.1, 0.2), (0.7, 0.4), (0.6, 0.9)), 0.12),
    Stroke(((0.1, 0.2), (0.7, 0.4), (0.6, 0.9)), 0.4, 1.0),
    Stroke(ZIGZAG, 0.06, 0.4),
    Stroke(((-0.5, -0.2), (1.7, 1.1)), 0.2),
    Stroke(((-0.2, 0.4), (-0.3, 0.9)), 1.0, 0.3),
]
PENTAGRAM = Polygon(
    tuple(
        (0.5 + 0.45 * math.sin(n * 0.8 * math.pi), 0.5 - 0.45 * math.cos(n * 0.8 * math.pi))
        for n in range(5)
    )
)


@pytest.mark.parametrize("stroke", STROKES)
def test_the_mask_of_a_stroke_agrees_with_sixteen_times_as_many_samples(stroke):
    mask = rasterise([stroke], 128)
    plain = averaged(plain_stroke(stroke, *places(128, 8)), 8)
    assert abs(mask.mean() - plain.mean()) < 0.001
    assert agreement(mask, plain) > 0.98
    assert np.abs(mask - plain).max() <= 0.5


@settings(deadline=None)
@given(strokes, st.sampled_from([1, 7, SIDE, 48]))
def test_every_pixel_hides_what_its_distances_to_the_line_say(stroke, side):
    mask = rasterise([stroke], side)
    # Samples on the very edge may fall to either side of it.
    inner, outer = (
        averaged(plain_stroke(stroke, *places(side, SAMPLES), grown=grown), SAMPLES)
        for grown in (-1e-5, 1e-5)
    )
    assert (inner - 1e-5 <= mask).all()
    assert (mask <= outer + 1e-5).all()


@settings(deadline=None)
@given(polygons, st.sampled_from([1, 7, SIDE, 48]))
def test_every_pixel_counts_its_samples_inside_the_polygon(polygon, side):
    plain = averaged(plain_polygon(polygon, *places(side, SAMPLES)), SAMPLES)
    mask = rasterise([polygon], side)
    assert np.abs(mask - plain).sum() <= 0.5  # two samples on the very edge


def test_a_polygon_on_pixel_edges_covers_exactly_its_pixels():
    corners = ((0.25, 0.5), (0.75, 0.5), (0.75, 1.0), (0.5, 1.0), (0.5, 0.75), (0.25, 0.75))
    expected = np.zeros((8, 8), np.float32)
    expected[4:6, 2:6] = expected[6:8, 4:6] = 1.0
    for turned in (corners, corners[::-1], corners[3:] + corners[:3]):
        np.testing.assert_array_equal(rasterise([Polygon(turned)], 8), expected)


def test_a_polygon_that_crosses_itself_leaves_a_hole_as_evenodd_does():
    mask = rasterise([PENTAGRAM], 64)
    assert mask[32, 32] == 0.0
    assert mask[10, 32] == 1.0  # in the upper point of the star


def test_polygons_side_by_side_hide_every_sample_between_them_once():
    middle = (0.413, 0.617)
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    parts = [Polygon((middle, corners[n], corners[(n + 1) % 4])) for n in range(4)]
    masks = [rasterise([part], SIDE) for part in parts]
    np.testing.assert_array_equal(sum(masks), np.ones((SIDE, SIDE)))


@pytest.mark.parametrize("width", [0.1, 0.37, 0.8])
@pytest.mark.parametrize("softness", [0.0, 0.5, 1.0])
def test_a_single_point_is_a_disc_or_a_blunt_cone(width, softness):
    mask = rasterise([Stroke(((0.48, 0.53),), width, softness)], 256)
    outer, inner = width / 2, width / 2 * (1 - softness)
    volume = math.pi * (outer**2 + outer * inner + inner**2) / 3  # without softness pi w**2 / 4
    assert mask.mean() == pytest.approx(volume, rel=0.005)


def test_a_straight_stroke_is_a_bar_with_round_ends():
    mask = rasterise([Stroke(((0.3, 0.3), (0.6, 0.7)), 0.2)], 256)
    assert mask.mean() == pytest.approx(0.2 * 0.5 + math.pi * 0.01, rel=0.003)


@settings(deadline=None)
@given(strokes)
def test_a_stroke_that_goes_back_over_itself_hides_no_more(stroke):
    there_and_back = replace(stroke, points=stroke.points + stroke.points[::-1])
    assert_alike(rasterise([there_and_back], SIDE), rasterise([stroke], SIDE))


@settings(deadline=None)
@given(strokes, points, st.floats(0.01, 1.0))
def test_a_stroke_hides_more_when_it_goes_on_or_gets_wider(stroke, point, width):
    mask = rasterise([stroke], SIDE)
    longer = replace(stroke, points=(*stroke.points, point))
    wider = replace(stroke, width=max(width, stroke.width))
    for grown in (longer, wider if stroke.softness == 0 else longer):
        assert (rasterise([grown], SIDE) >= mask - 1e-4).all()


@settings(deadline=None)
@given(st.lists(strokes | erasers, max_size=5))
def test_drawing_takes_the_maximum_and_erasing_the_share_left_in_order(drawn):
    hidden = np.zeros((SIDE * SAMPLES, SIDE * SAMPLES))
    for stroke in drawn:
        share = plain_stroke(stroke, *places(SIDE, SAMPLES))
        hidden = hidden * (1 - share) if stroke.erase else np.maximum(hidden, share)
    assert_alike(rasterise(drawn, SIDE), averaged(hidden, SAMPLES))


@settings(deadline=None)
@given(strokes)
def test_what_is_drawn_and_erased_with_the_same_hard_stroke_is_gone(stroke):
    stroke = replace(stroke, softness=0.0)
    assert not rasterise([stroke, replace(stroke, erase=True)], SIDE).any()


def test_an_eraser_takes_away_only_what_was_drawn_before_it():
    drawn, eraser = Rectangle(0, 0, 1, 1), Stroke(((0.5, 0.5),), 0.5, erase=True)
    disc = rasterise([replace(eraser, erase=False)], SIDE)
    np.testing.assert_array_equal(rasterise([drawn, eraser], SIDE), 1 - disc)
    assert (rasterise([eraser, drawn], SIDE) == 1.0).all()
    assert not rasterise([eraser], SIDE).any()


def assert_alike(mask, expected):
    """The same but for a few samples on the very edge, which may fall to either side of it."""
    difference = np.abs(mask - expected)
    assert difference.max() <= 0.5
    assert (difference > 1e-3).sum() <= 4


@settings(deadline=None)
@given(drawing_shapes | drawings)
def test_the_mirrored_shapes_give_the_mirrored_mask(drawn):
    drawn = drawn if isinstance(drawn, tuple) else (drawn,)
    mask = rasterise([mirrored(shape) for shape in drawn], SIDE)
    assert_alike(mask, rasterise(drawn, SIDE)[:, ::-1])


@settings(deadline=None)
@given(drawings)
def test_a_face_half_as_large_gets_the_same_mask(drawn):
    mask = rasterise([halved(shape) for shape in drawn], 2 * SIDE)[:SIDE, :SIDE]
    assert_alike(mask, rasterise(drawn, SIDE))


SCRIBBLE = tuple(map(tuple, np.random.default_rng(3).random((60, 2))))


@pytest.mark.parametrize(
    "shape",
    [Stroke(SCRIBBLE, 0.1, 0.5), Stroke(SCRIBBLE, 0.01), Polygon(SCRIBBLE)],
)
def test_the_mask_does_not_depend_on_how_much_is_compared_at_once(shape, monkeypatch):
    mask = rasterise([shape], SIDE)
    monkeypatch.setattr(masks, "AT_ONCE", 40)
    np.testing.assert_array_equal(rasterise([shape], SIDE), mask)


@pytest.mark.parametrize("width", [5e-324, 1e-50, 1e-30, 1e-6])
@pytest.mark.parametrize("softness", [0.0, 1e-300, 1e-9, 1.0])
@pytest.mark.parametrize("step", [5e-324, 1e-160, 1e-18, 1e-12, 1e-7])
@pytest.mark.parametrize("at", [0.0, 0.5 / SIDE / SAMPLES])  # the second is a sample
def test_the_smallest_numbers_cause_no_warning_and_hide_next_to_nothing(width, softness, step, at):
    corners = ((at, at), (at + step, at + step), (at, at + step))
    assert rasterise([Stroke(corners, width, softness), Polygon(corners)], SIDE).sum() <= 0.5


def test_as_many_points_as_a_drawing_may_hold_hide_what_each_segment_says():
    steps = np.random.default_rng(5).normal(0, 0.01, (MAX_POINTS, 2))
    walk = tuple(map(tuple, np.abs((0.5 + steps.cumsum(0)) % 2 - 1).tolist()))
    x, y = places(8, SAMPLES)
    stroke = Stroke(walk, 0.02, 1.0)
    np.testing.assert_allclose(
        rasterise([stroke], 8), averaged(plain_stroke(stroke, x, y), SAMPLES), atol=1e-4
    )
    polygon = Polygon(walk)
    plain = averaged(plain_polygon(polygon, x, y), SAMPLES)
    assert np.abs(rasterise([polygon], 8) - plain).sum() <= 0.5  # as above
