"""A watcher of a camera: the newest frame, the same numbers as a photo's, nothing kept."""

import threading
import time

import numpy as np
import pytest
from PIL import Image

from ran.engine import Engine
from ran.errors import BadFraming
from ran.face.covers.occlusion import Fill
from ran.face.covers.stickers import place
from ran.face.photo import Photo, open_photo
from ran.places import examples_folder
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.live import watcher as live
from ran.study.live.watcher import Watched, Watcher

LANDMARK = LayoutChoice("landmark", radius=0.25)
EMPTY = np.full((240, 320, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def frame():
    return open_photo(examples_folder() / "astronaut.png").pixels


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture
def watching(engine):
    """Make watchers that all end with the test."""
    made = []

    def make(draw=lambda seen: seen.pixels, **how):
        made.append(Watcher(Watched(engine, **how), draw))
        return made[-1]

    yield make
    for one in made:
        one.end()


def wait_for(what):
    end = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def test_a_frame_is_answered_as_a_photo_is(watching, engine, frame):
    watcher = watching(layout=LANDMARK, stickers=("mask",))
    watcher.offer(lambda: frame)
    seen = wait_for(lambda: watcher.latest)
    face = engine.find_faces(Photo(frame, "x"))[0]
    scene = Scene(face, (place("mask", face),), Fill("look"), LANDMARK.regions(face))
    assert seen.scene.key == scene.key
    assert np.array_equal(seen.answer.logits, engine.predict(scene).logits)
    assert seen.photo.digest == Photo(frame, "x").digest, "a recipe can name the frame"
    assert [one.answer for one in watcher.moments()] == [seen.answer]


def test_of_frames_that_come_meanwhile_the_newest_alone_is_answered(watching, frame):
    is_begun, may_go_on = threading.Event(), threading.Event()

    def first():
        is_begun.set()
        assert may_go_on.wait(60)
        return EMPTY

    watcher = watching()
    watcher.offer(first)
    assert is_begun.wait(60)
    asked = []
    for number in range(3):
        watcher.offer(lambda number=number: asked.append(number) or frame, skipped=2)
    may_go_on.set()
    wait_for(lambda: watcher.latest is not None and watcher.latest.answer is not None)
    assert asked == [2]
    rates = watcher.rates()
    assert rates.answered * live.RATE_S == 2
    assert rates.dropped * live.RATE_S == 3 * 2 + 2, "what was skipped, and two that waited"


def test_a_frame_without_a_face_has_its_time_and_no_answer(watching, frame):
    watcher = watching()
    watcher.offer(lambda: EMPTY)
    seen = wait_for(lambda: watcher.latest)
    assert seen.scene is None and seen.answer is None
    watcher.offer(lambda: frame)
    wait_for(lambda: len(watcher.moments()) == 2)
    assert [one.answer is None for one in watcher.moments()] == [True, False]


def test_of_two_faces_the_larger_is_asked_about(watching, frame):
    photo = Image.fromarray(frame)
    both = Image.new("RGB", (800, 512), (128, 128, 128))
    both.paste(photo.resize((256, 256)), (540, 200))
    both.paste(photo, (0, 0))
    watcher = watching()
    watcher.offer(lambda: np.asarray(both))
    seen = wait_for(lambda: watcher.latest)
    assert seen.scene.face.box[2] < 512, "that on the left"


def test_a_picture_is_given_once_and_stickers_change_with_the_next_frame(watching, frame):
    watcher = watching()
    assert watcher.take_picture() is None
    for stickers in ((), ("mask",)):
        watcher.wear(stickers)
        watcher.offer(lambda: frame)
        assert wait_for(lambda: watcher.take_picture() is not None)
        assert watcher.take_picture() is None
        assert len(watcher.latest.scene.shapes) == len(stickers)


def test_a_large_frame_is_reduced_first(watching, frame):
    large = np.asarray(Image.fromarray(frame).resize((2048, 1536)))
    watcher = watching()
    watcher.offer(lambda: large)
    seen = wait_for(lambda: watcher.latest)
    assert seen.pixels.shape == (720, 960, 3)
    assert seen.answer is not None


def test_numbers_are_forgotten_after_their_time(engine, frame):
    now = [100.0]
    watcher = Watcher(Watched(engine), lambda seen: seen.pixels, clock=lambda: now[0])
    watcher.offer(lambda: frame)
    wait_for(watcher.moments)
    now[0] += live.REMEMBERED_S - 1
    assert len(watcher.moments()) == 1 and watcher.rates().answered == 0
    now[0] += 2
    assert watcher.moments() == ()
    watcher.end()


def test_what_the_network_refuses_is_said_and_the_next_frame_is_answered(watching, engine, frame):
    def refuse(_scene):
        raise BadFraming("The face is framed otherwise.", hint="Use another network.")

    watcher, answers = watching(), engine.predict
    engine.predict = refuse
    watcher.offer(lambda: frame)
    assert "framed otherwise" in str(wait_for(lambda: watcher.failure))
    assert watcher.latest is None
    engine.predict = answers
    watcher.offer(lambda: frame)
    wait_for(lambda: watcher.latest)
    assert watcher.failure is None


def test_after_the_end_nothing_is_held_and_nothing_is_taken(watching, frame):
    watcher = watching()
    watcher.offer(lambda: frame)
    wait_for(lambda: watcher.latest)
    watcher.end()
    watcher.offer(lambda: pytest.fail("nobody watches"))
    assert (watcher.latest, watcher.take_picture(), watcher.moments()) == (None, None, ())
    assert not [one for one in threading.enumerate() if one.name == "ran-live"]


def test_without_frames_its_thread_ends_and_the_next_frame_begins_another(
    watching, frame, monkeypatch
):
    monkeypatch.setattr(live, "IDLE_S", 0.1)
    watcher = watching()
    for count in (1, 2):
        watcher.offer(lambda: frame)
        wait_for(lambda count=count: len(watcher.moments()) == count)
        wait_for(lambda: not [one for one in threading.enumerate() if one.name == "ran-live"])
