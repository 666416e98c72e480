"""The Live page through AppTest: what it says, Freeze, and what it lets go."""

import csv
import io

import numpy as np
import pytest
from app_pages import opened, session, words

from ran.engine import Engine
from ran.face.photo import open_photo
from ran.places import examples_folder
from ran.study.live.watcher import Moment, Watched, Watcher
from ran.ui import navigation
from ran.ui.live import exports

pytestmark = pytest.mark.usefixtures("tiny_network")
FRAME = open_photo(examples_folder() / "grace_hopper.jpg").pixels


@pytest.fixture
def app():
    return opened("live")


def saw(app, pixels=FRAME, stickers=()):
    """Let the page's watcher answer a frame here and now."""
    watcher = session(app).watcher
    watcher.wear(tuple(stickers))
    seen = watcher._answer(pixels, watcher.watched)
    watcher._latest = seen
    return seen


def test_before_it_begins_it_says_what_to_press_and_what_becomes_of_frames(app):
    text = words(app)
    assert "Press Start: the browser asks" in text
    assert "Nothing is recorded" in text and "localhost and to HTTPS alone" in text
    assert app.button(key="live-freeze").disabled
    assert app.multiselect(key="live-stickers").value == []


def test_freeze_takes_the_frame_with_its_stickers_to_occlude(app):
    seen = saw(app, stickers=["mask"])
    app.run()
    app.multiselect(key="live-stickers").set_value(["mask"]).run()
    assert session(app).watcher.watched.stickers == ("mask",)
    assert f"{seen.answer.probabilities.max():.2f}" in words(app)
    app.button(key="live-freeze").click().run()
    assert not app.exception
    visitor = session(app)
    assert [one.value for one in app.title] == ["Occlude"]
    assert visitor.photo.reference.digest == seen.photo.digest
    scene = visitor.scene(visitor.face)
    assert (scene.face, scene.shapes) == (seen.scene.face, seen.scene.shapes)
    assert scene.layout == seen.scene.layout
    assert np.array_equal(scene.hidden_pixels(), seen.scene.hidden_pixels())
    assert visitor.fill.kind == "look"
    assert visitor.watcher is None, "the camera is left"


def test_a_frame_without_a_face_is_not_frozen_and_says_so(app):
    saw(app, pixels=np.full((200, 200, 3), 90, np.uint8))
    app.run()
    assert "No face in this frame." in words(app)
    app.button(key="live-freeze").click().run()
    (warning,) = app.warning
    assert "No face was found in the last frame" in warning.value
    assert [one.value for one in app.title] == ["Live"]


def test_another_layout_or_network_is_asked_from_the_next_frame_on(app):
    watcher = session(app).watcher
    app.segmented_control(key="layout").set_value("Landmark").run()
    assert session(app).watcher is watcher
    assert watcher.watched.layout.kind == "landmark"


def test_what_is_saved_is_the_frame_and_the_answers(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    watcher = Watcher(Watched(engine), lambda seen: seen.pixels)
    assert exports.frame_png(watcher) == b""
    seen = watcher._answer(FRAME, watcher.watched)
    watcher._latest = seen
    watcher._moments.extend([Moment(seen.at - 1.0, None), Moment(seen.at, seen.answer)])
    assert np.array_equal(open_photo(exports.frame_png(watcher)).pixels, FRAME)
    first, second = csv.DictReader(io.StringIO(exports.moments_csv(watcher)))
    assert (first["expression"], first["seconds"]) == ("", "-1.0")
    assert second["expression"] == seen.answer.expression
    for box, weight in zip(seen.answer.boxes, seen.answer.weights, strict=True):
        assert float(second[f"w_{box.name}"]) == pytest.approx(float(weight), abs=1e-7)
    for name, logit in zip(seen.answer.classes, seen.answer.logits, strict=True):
        assert float(second[f"logit_{name}"]) == pytest.approx(float(logit), abs=1e-6)


def test_without_the_extra_there_is_no_such_page(monkeypatch):
    assert "live" in navigation.PAGES
    monkeypatch.setattr(navigation, "find_spec", lambda name: None)
    assert "live" not in navigation.installed() and "model" in navigation.installed()
