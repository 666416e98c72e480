"""Curves against a cover: where it lies, what is read, and what both lines are."""

from dataclasses import replace

import numpy as np
import pytest

from ran.engine import Engine
from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.data.testset import AREAS
from ran.study.robustness.readings import KEPT, PROBABILITY
from ran.study.robustness.sweeps import (
    OPACITY,
    POSITION,
    SEVERITY,
    SIZE,
    VALUES,
    Swept,
    covered,
    guided,
    half_interval,
    most_under,
    sweep,
)

FACE = Face.from_pixels(np.random.default_rng(3).integers(0, 256, (48, 48, 3), np.uint8))
LAYOUT = LayoutChoice()


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def rectangle(scene):
    (shape,) = scene.shapes
    return shape


def test_a_cover_that_grows_keeps_its_way_and_stays_inside():
    swept = Swept(SIZE, places=3)
    for place in range(3):
        ways = []
        for value in VALUES[SIZE][1:]:
            box = rectangle(covered(FACE, swept, LAYOUT, value, place))
            assert box.x1 - box.x0 == pytest.approx(value)
            assert 0 <= box.x0 < box.x1 <= 1 + 1e-9 and 0 <= box.y0 < box.y1 <= 1 + 1e-9
            ways.append((box.x0 / (1 - value), box.y0 / (1 - value)))
        assert np.ptp(ways, axis=0) == pytest.approx(0, abs=1e-9)
    assert covered(FACE, swept, LAYOUT, 0.0, 0).shapes == ()


def test_places_differ_and_a_seed_gives_them_again():
    swept = Swept(SIZE, seed=1)
    first = [rectangle(covered(FACE, swept, LAYOUT, 0.3, place)) for place in range(10)]
    assert len(set(first)) == 10
    assert first == [rectangle(covered(FACE, swept, LAYOUT, 0.3, place)) for place in range(10)]
    assert rectangle(covered(FACE, replace(swept, seed=2), LAYOUT, 0.3, 0)) != first[0]


def test_opacity_alone_changes_along_its_curve():
    swept = Swept(OPACITY, 0.3, Fill("noise", seed=5))
    scenes = [covered(FACE, swept, LAYOUT, value, 2) for value in VALUES[OPACITY]]
    assert scenes[0].shapes == ()
    assert len({scene.shapes for scene in scenes[1:]}) == 1
    assert [scene.fill.opacity for scene in scenes[1:]] == list(VALUES[OPACITY][1:])
    assert scenes[1].fill.seed == 5


def test_a_position_goes_from_the_left_edge_to_the_right_one_on_one_row():
    boxes = [
        rectangle(covered(FACE, Swept(POSITION, 0.4), LAYOUT, value, 1))
        for value in VALUES[POSITION]
    ]
    assert len({box.y0 for box in boxes}) == 1
    assert (boxes[0].x0, boxes[-1].x1) == pytest.approx((0, 1))
    assert boxes[4].x0 == pytest.approx(0.3)


@pytest.mark.parametrize("kind", ["rectangles", "parts", "stickers", "turned"])
def test_severities_are_those_of_a_test_set(kind):
    swept = Swept(SEVERITY, kind=kind)
    scenes = [covered(FACE, swept, LAYOUT, value, 0) for value in VALUES[SEVERITY]]
    assert len({scene.key for scene in scenes}) == 5
    assert swept.is_guided == (kind == "rectangles")
    if kind == "rectangles":
        shares = [float(scene.mask().mean()) for scene in scenes]
        np.testing.assert_allclose(shares, AREAS, rtol=0.15)


def test_the_guided_square_lies_where_the_map_has_most():
    values = np.zeros((20, 20), np.float32)
    values[12:16, 4:8] = 1
    assert most_under(values, 0.2) == pytest.approx((0.2, 0.6))
    x, y = most_under(values, 0.5)
    assert x <= 0.2 and x + 0.5 >= 0.4 and y <= 0.6 and y + 0.5 >= 0.8
    values[19, 19] = 100
    assert most_under(values, 0.2) == pytest.approx((0.8, 0.8))


def test_guided_covers_follow_the_faces_own_grad_cam(engine):
    bare = Scene(FACE, layout=LAYOUT.regions(FACE))
    values = engine.explain(bare, "grad-cam", engine.predict(bare).expression).values
    for swept, value, side in (
        (Swept(SIZE), 0.4, 0.4), (Swept(OPACITY, 0.3), 0.6, 0.3),
        (Swept(SEVERITY), 4.0, AREAS[3] ** 0.5),
    ):  # fmt: skip
        box = rectangle(guided(engine, FACE, swept, LAYOUT, value))
        assert (box.x0, box.y0) == pytest.approx(most_under(values, side))
        assert box.x1 - box.x0 == pytest.approx(side)
    row = rectangle(guided(engine, FACE, Swept(POSITION, 0.3), LAYOUT, 0.0))
    assert (row.x0, row.y0) == pytest.approx((0.0, most_under(values, 0.3)[1]))
    assert guided(engine, FACE, Swept(SIZE), LAYOUT, 0.0).shapes == ()


def test_a_curve_reads_the_engines_answers_and_its_lines_are_their_means(engine):
    other = Face.from_pixels(FACE.pixels[::-1].copy())
    swept = Swept(SIZE, places=4)
    steps = list(sweep(engine, [FACE, other], swept))
    assert [step.done for step in steps] == list(range(1, 17))
    assert len(steps[6].faces) == 0 and len(steps[7].faces) == 1, "whole faces alone"
    last = steps[-1]
    answered = engine.predict(Scene(FACE, layout=LAYOUT.regions(FACE)))
    at = answered.classes.index(answered.expression)
    by_hand = [
        float(engine.predict(covered(FACE, swept, LAYOUT, 0.5, place)).probabilities[at])
        for place in range(4)
    ]
    means = last.means(PROBABILITY)
    assert means.shape == (2, 8)
    assert means[0, 5] == pytest.approx(np.mean(by_hand), abs=1e-5)
    assert means[0, 0] == pytest.approx(float(answered.probabilities[at]), abs=1e-5)
    own = engine.predict(guided(engine, FACE, swept, LAYOUT, 0.5)).probabilities[at]
    assert last.guided(PROBABILITY)[0, 5] == pytest.approx(float(own), abs=1e-5)
    assert set(np.unique(last.guided(KEPT))) <= {0.0, 1.0}
    low, high = steps[7].band(PROBABILITY)
    assert (low[5], high[5]) == pytest.approx(tuple(np.quantile(by_hand, [0.1, 0.9])), abs=1e-5)
    low, high = last.band(PROBABILITY)
    np.testing.assert_allclose((low + high) / 2, means.mean(0))
    assert (high >= low).all() and high[5] - low[5] > 0


def test_without_a_guide_there_is_no_guided_line(engine):
    *_, last = sweep(engine, [FACE], Swept(SEVERITY, kind="parts", places=2))
    assert np.isnan(last.guided(PROBABILITY)).all()
    assert np.isfinite(last.means(PROBABILITY)).all()


@pytest.mark.parametrize(("free", "t"), [(3, 3.182), (7, 2.365), (30, 2.042), (1000, 1.962)])
def test_the_interval_is_students(free, t):
    values = np.random.default_rng(free).normal(size=(free + 1, 1))
    expected = t * values.std(0, ddof=1) / (free + 1) ** 0.5
    np.testing.assert_allclose(half_interval(values), expected, rtol=0.01)


@pytest.mark.parametrize(
    "asked", [{"by": "colour"}, {"kind": "hats"}, {"places": 0}, {"places": 51}, {"side": 1.0}]
)
def test_what_cannot_be_swept_is_refused(asked):
    with pytest.raises(BadRequest):
        Swept(**asked)
