"""A window that slides: each place is the engine's own answer, and the map their mean."""

import numpy as np
import pytest

from ran.engine import Engine
from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.scene import Scene
from ran.study.robustness.readings import KEPT, MARGIN, PROBABILITY, Reading
from ran.study.robustness.windows import Slid, SlidOver, Window, slide, slide_over

PIXELS = np.random.default_rng(3).integers(0, 256, (48, 48, 3), np.uint8)
SCENE = Scene(Face.from_pixels(PIXELS))
WINDOW = Window(0.5, Fill("black"), 3)


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def test_each_place_is_what_the_engine_answers_under_that_rectangle(engine):
    *_, last = slide(engine, SCENE, WINDOW)
    assert (last.done, last.of) == (9, 9)
    clean = engine.predict(SCENE)
    assert last.clean.expression == clean.expression
    for number, reading in enumerate(last.readings):
        x, y = 0.25 * (number % 3), 0.25 * (number // 3)
        shape = Rectangle(x, y, x + 0.5, y + 0.5)
        answer = engine.predict(Scene(SCENE.face, (shape,), Fill("black")))
        np.testing.assert_allclose(reading.answer.logits, answer.logits, atol=1e-4)
        place = clean.classes.index(clean.expression)
        assert reading.of(PROBABILITY) == pytest.approx(float(answer.probabilities[place]))
        assert reading.of(KEPT) == float(answer.expression == clean.expression)
        assert reading.of(MARGIN) == pytest.approx(answer.rb_margin, abs=1e-5)
        name = answer.boxes[2].name
        assert reading.of(name) == pytest.approx(float(answer.relative_weights[2]), abs=1e-5)
    fell = np.array([one.of(PROBABILITY) for one in last.readings]) - last.clean.of(PROBABILITY)
    np.testing.assert_allclose(last.changes(PROBABILITY).ravel(), fell, atol=1e-6)
    box, reading = last.worst(PROBABILITY)
    assert reading is last.readings[int(fell.argmin())]
    assert (box.x0, box.y0) == (0.25 * (int(fell.argmin()) % 3), 0.25 * (int(fell.argmin()) // 3))


def test_what_hides_the_face_already_stays(engine):
    mouth = Rectangle(0.2, 0.6, 0.8, 0.9)
    covered = Scene(SCENE.face, (mouth,), Fill("noise", seed=4))
    *_, last = slide(engine, covered, WINDOW)
    pixels = covered.hidden_pixels().copy()
    pixels[:24, :24] = 0
    answer = engine.predict(Scene(Face.from_pixels(pixels)))
    np.testing.assert_allclose(last.readings[0].answer.logits, answer.logits, atol=1e-4)


def made_up(engine, values, window=WINDOW):
    """A window that has slid, with these probabilities of the answer at its places."""
    from dataclasses import replace

    answer = engine.predict(SCENE)

    def reading(probability):
        probabilities = np.full(len(answer.classes), (1 - probability) / 7, np.float32)
        probabilities[0] = probability
        return Reading(replace(answer, probabilities=probabilities), answer.classes[0])

    return Slid(window, reading(0.9), tuple(map(reading, values)), window.rows**2)


def test_a_pixel_has_the_mean_of_the_windows_over_it(engine):
    slid = made_up(engine, [0.9] * 4 + [0.1] + [0.9] * 4)
    found = slid.on_face(PROBABILITY, 8)
    # The corners lie under one window each, the middle half under four, the changed one of them.
    np.testing.assert_allclose(found[2:6, 2:6], -0.8 / 4, atol=1e-6)
    found[2:6, 2:6] = 0
    assert not found.any()


def test_places_that_are_not_done_count_for_nothing(engine):
    slid = made_up(engine, [0.1, 0.9])
    assert slid.done == 2
    found = slid.on_face(PROBABILITY, 8)
    assert not found[4:].any()
    np.testing.assert_allclose(found[:4, :2], -0.8, atol=1e-6)
    np.testing.assert_allclose(found[:4, 2:4], -0.4, atol=1e-6)


def test_of_several_faces_it_is_the_mean_of_those_that_are_done(engine):
    first, second = made_up(engine, [0.1] * 9), made_up(engine, [0.5] * 9)
    half = made_up(engine, [0.0])
    np.testing.assert_allclose(
        SlidOver((first, second, half), 19, 27).on_face(PROBABILITY, 4), -0.6, atol=1e-6
    )
    np.testing.assert_array_equal(
        SlidOver((half,), 1, 9).on_face(PROBABILITY, 4), half.on_face(PROBABILITY, 4)
    )


def test_sliding_over_several_faces_counts_all_their_places(engine):
    other = Scene(Face.from_pixels(PIXELS[::-1].copy()))
    steps = list(slide_over(engine, [SCENE, other], WINDOW))
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert (steps[-1].done, steps[-1].of) == (18, 18)
    *_, alone = slide(engine, other, WINDOW)
    np.testing.assert_allclose(
        steps[-1].faces[1].changes(PROBABILITY), alone.changes(PROBABILITY), atol=1e-5
    )


@pytest.mark.parametrize("asked", [{"side": 0.05}, {"side": 0.7}, {"rows": 40}, {"rows": 3}])
def test_windows_that_leave_gaps_or_are_too_many_are_refused(asked):
    with pytest.raises(BadRequest, match="A window"):
        Window(**{"side": 0.25, "rows": 9} | asked)


def test_a_number_that_the_network_has_not_is_none(engine):
    reading = Reading(engine.predict(SCENE), "fear")
    assert reading.of("no such region") is None
