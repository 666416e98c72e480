"""The Poses page through AppTest: what a visitor reads, and what a click changes."""

import json

import numpy as np
import pytest

from ran.engine import Engine
from ran.face.head import turn
from ran.scene import Scene
from ran.study.poses import turned
from ran.ui.pose_exports import numbers_json, poses_csv, sheet
from tests.test_pages import _tiny_network, button, opened, png, session, words  # noqa: F401


@pytest.fixture
def page(monkeypatch):
    monkeypatch.delenv("RAN_DATA", raising=False)
    return opened("poses")


def work(app):
    return app.session_state["ran_poses"]


def test_the_page_opens_on_nine_synthetic_poses_of_the_face(page):
    text = words(page)
    assert "synthetic" in text
    assert "9 poses from one photo" in text
    assert [round(posed.yaw) for posed in work(page).poses] == list(range(-60, 61, 15))
    assert "Yaw 0°" in text
    assert "Published lists" not in str(page.main), "without RAN_DATA there are none to offer"


def test_next_shows_the_pose_with_the_engines_own_numbers(page, checkpoint):
    button(page, "Next").click().run()
    assert not page.exception
    assert "Yaw +15°" in words(page)
    face = session(page).face
    answer = Engine.load(checkpoint, "cpu").predict(Scene(turn(face, 15, 0).face))
    for value in answer.relative_weights:
        assert f"{value:.2f}×" in words(page)


def test_beyond_40_degrees_the_page_warns(page):
    for _ in range(3):
        button(page, "Next").click().run()
    assert "Turned beyond 40°" in words(page)


def test_a_cover_lies_on_every_pose(page):
    page.selectbox(key="poses-cover").set_value("mouth").run()
    assert not page.exception
    assert "of the face" in words(page)
    assert "Hidden" in words(page)


def test_the_mirror_check_compares_both_sides(page):
    page.toggle(key="poses-mirror").set_value(True).run()
    assert not page.exception
    assert "Mean difference over all 24 pairs" in words(page)


def test_what_was_stopped_is_kept_and_goes_on(page, monkeypatch):
    """Stop is a click between two steps: here the third step finds it pressed."""
    held = work(page)
    held.poses, held.is_whole, held.is_stopped = held.poses[:3], False, True
    rest = list(turned(session(page).face, (45, 60), using=Engine.load(None, "cpu")))
    held.steps = iter(rest)
    page.run()
    assert "Stopped. 3 of 9 poses are done and shown." in words(page)
    button(page, "Go on").click().run()
    assert [round(posed.yaw) for posed in work(page).poses] == [-60, -45, -30, 45, 60]


def test_photos_are_sorted_and_one_without_a_face_is_named(page):
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    page.segmented_control(key="poses-way").set_value("Several photos").run()
    assert "Nothing is shown yet" in words(page)
    face = session(page).face
    files = [("fog.png", png(noise), "image/png"), ("one.png", png(face.pixels), "image/png")]
    page.file_uploader(key="poses-photos").set_value(files).run()
    assert not page.exception
    text = words(page)
    assert "No face found in fog.png" in text
    assert "1 poses" in text or "poses, by estimated yaw" in text


def test_a_damaged_video_gets_a_sentence_and_the_app_goes_on(page):
    page.segmented_control(key="poses-way").set_value("Video").run()
    page.file_uploader(key="poses-video").set_value(("clip.mp4", b"none", "video/mp4")).run()
    assert not page.exception
    assert "clip.mp4 is not a video that can be opened here." in words(page)
    page.segmented_control(key="poses-way").set_value("Turn one photo").run()
    assert "9 poses from one photo" in words(page)


def test_what_is_saved_holds_every_pose_and_region(page, checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    from ran.ui import posing

    found = posing.answers(work(page), engine, None, None)
    rows = poses_csv(found).splitlines()
    assert len(rows) == 1 + 9 * 6
    saved = json.loads(numbers_json(engine, found, None, [], None))
    assert [row["yaw"] for row in saved["poses"]] == list(range(-60, 61, 15))
    assert sheet(found).shape == (128, 9 * 128, 3)
