"""The Poses page through AppTest: what a visitor reads, and what a click changes."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest
from app_pages import button, png, session, words, work

from ran.engine import Engine
from ran.face.head import turn
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.poses.posed import Skipped
from ran.study.poses.sources import turned
from ran.ui.poses import sweep
from ran.ui.poses.exports import numbers_json, poses_csv, sheet
from ran.ui.shared.work import Work

pytestmark = pytest.mark.usefixtures("tiny_network")


def test_the_page_opens_on_nine_synthetic_poses_of_the_face(poses):
    text = words(poses)
    assert "synthetic" in text
    assert "9 poses from one photo" in text
    assert [round(posed.yaw) for posed in work(poses).poses] == list(range(-60, 61, 15))
    assert "Yaw 0°" in text
    assert "Published lists" not in str(poses.main), "without RAN_DATA there are none to offer"


def test_next_shows_the_pose_with_the_engines_own_numbers(poses, checkpoint):
    button(poses, "Next").click().run()
    assert not poses.exception
    assert "Yaw +15°" in words(poses)
    face = session(poses).face
    answer = Engine.load(checkpoint, "cpu").predict(Scene(turn(face, 15, 0).face))
    for value in answer.relative_weights:
        assert f"{value:.2f}×" in words(poses)


def test_beyond_40_degrees_the_page_warns(poses):
    for _ in range(3):
        button(poses, "Next").click().run()
    assert "Turned beyond 40°" in words(poses)


def test_a_cover_lies_on_every_pose(poses):
    poses.selectbox(key="poses-cover").set_value("mouth").run()
    assert not poses.exception
    assert "of the face" in words(poses)
    assert "Hidden" in words(poses)


def test_the_mirror_check_compares_both_sides(poses):
    poses.toggle(key="poses-mirror").set_value(True).run()
    assert not poses.exception
    assert "Mean difference over all 24 pairs" in words(poses)


def test_what_was_stopped_is_kept_and_goes_on(poses, monkeypatch):
    """Stop is a click between two steps: here the third step finds it pressed."""
    held = work(poses)
    first = held.poses[:3]
    rest = list(turned(session(poses).face, (45, 60), using=Engine.load(None, "cpu")))
    plan = replace(held.plan, begin=lambda: iter([*first, *rest]))
    held.work = Work("Poses", "pose", sweep.making(plan))
    for _ in range(3):
        held.work.step()
    held.work.want()
    held.work.stop()
    poses.run()
    assert "Stopped. 3 of 9 poses are done and shown." in words(poses)
    button(poses, "Go on").click().run()
    assert [round(posed.yaw) for posed in work(poses).poses] == [-60, -45, -30, 45, 60]


def test_two_runs_of_the_page_do_not_make_one_pose_at_once():
    """A click starts the next run while the last is still inside its step."""
    inside, release = threading.Event(), threading.Event()

    def steps():
        for name in ("a.png", "b.png", "c.png"):
            inside.set()
            assert release.wait(30)
            yield Skipped(name, "no face")

    plan = sweep.Plan("photos", "key", 3, steps)
    begun = sweep.Sweep.of(plan)
    work = begun.work
    came_back = []
    runs = [threading.Thread(target=lambda: came_back.append(work.step())) for _ in range(2)]
    runs[0].start()
    assert inside.wait(30)
    runs[1].start()
    release.set()
    for run in runs:
        run.join(30)
    assert came_back == [None, None]
    assert [skipped.name for skipped in begun.skipped] == ["a.png", "b.png"]
    work.step()
    assert not work.is_whole
    work.step()
    assert work.is_whole
    work.step()  # nothing is left, and nothing is wrong


def test_photos_are_sorted_and_one_without_a_face_is_named(poses):
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    poses.segmented_control(key="poses-way").set_value("Several photos").run()
    assert "Nothing is shown yet" in words(poses)
    face = session(poses).face
    files = [("fog.png", png(noise), "image/png"), ("one.png", png(face.pixels), "image/png")]
    poses.file_uploader(key="poses-photos").set_value(files).run()
    assert not poses.exception
    text = words(poses)
    assert "No face found in fog.png" in text
    assert "1 pose, by estimated yaw" in text


def test_a_damaged_video_gets_a_sentence_and_the_app_goes_on(poses):
    poses.segmented_control(key="poses-way").set_value("Video").run()
    poses.file_uploader(key="poses-video").set_value(("clip.mp4", b"none", "video/mp4")).run()
    assert not poses.exception
    assert "clip.mp4 is not a video that can be opened here." in words(poses)
    poses.segmented_control(key="poses-way").set_value("Turn one photo").run()
    assert "9 poses from one photo" in words(poses)


def test_what_is_saved_holds_every_pose_and_region(poses, checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    found = sweep.answers(work(poses), engine, None, LayoutChoice())
    rows = poses_csv(found).splitlines()
    assert len(rows) == 1 + 9 * 6
    saved = json.loads(numbers_json(engine, found, None, [], None))
    assert [row["yaw"] for row in saved["poses"]] == list(range(-60, 61, 15))
    assert sheet(found).shape == (128, 9 * 128, 3)


def test_what_was_set_and_the_photos_survive_a_visit_to_another_page(poses):
    poses.segmented_control(key="poses-way").set_value("Several photos").run()
    face = session(poses).face
    poses.file_uploader(key="poses-photos").set_value(
        ("a.png", png(face.pixels), "image/png")
    ).run()
    poses.selectbox(key="poses-cover").set_value("eyes").run()
    held = work(poses).poses
    poses.switch_page("pages/model.py").run()
    poses.switch_page("pages/poses.py").run()
    assert poses.segmented_control(key="poses-way").value == "Several photos"
    assert poses.selectbox(key="poses-cover").value == "eyes"
    assert work(poses).poses == held
    assert "a.png" in words(poses)


def test_photos_that_are_taken_out_are_forgotten(poses):
    poses.segmented_control(key="poses-way").set_value("Several photos").run()
    face = session(poses).face
    poses.file_uploader(key="poses-photos").set_value(
        ("a.png", png(face.pixels), "image/png")
    ).run()
    assert work(poses).poses
    poses.file_uploader(key="poses-photos").set_value([]).run()
    assert work(poses).poses == ()
    assert "Nothing is shown yet" in words(poses)


def test_a_pose_is_chosen_by_name_without_a_pointer(poses):
    chosen = poses.selectbox(key="poses-chosen")
    assert chosen.options[0] == "yaw −60°"
    assert chosen.value == 4, "the pose that looks ahead comes first"
    chosen.set_value(7).run()
    assert "Yaw +45°" in words(poses)
    button(poses, "Previous").click().run()
    assert poses.selectbox(key="poses-chosen").value == 6, "the list shows what a button chose"
