"""The Poses page through AppTest: what a visitor reads, and what a click changes."""

import json
from functools import cache

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ran.__main__ import main
from ran.engine import Engine
from ran.face.head import turn
from ran.face.occlusion import Fill
from ran.face.parts import preset
from ran.recipe import CheckpointRef, LayoutChoice, Recipe, TurnChoice, example_link, read_link
from ran.scene import Scene
from ran.study.poses import Cover, by_yaw, turned
from ran.ui import compute, posing
from ran.ui.pose_exports import numbers_json, poses_csv, sheet
from ran.ui.replay import poses_recipe
from tests.test_pages import ASTRONAUT, ROOT, _tiny_network, button, opened, png, session, words  # noqa: F401


_turned_once = cache(turn)


@pytest.fixture
def page(monkeypatch):
    monkeypatch.delenv("RAN_DATA", raising=False)
    # The same nine poses for every test: turned once.
    monkeypatch.setattr("ran.study.poses.turn", _turned_once)
    return opened_at_once()


def opened_at_once() -> AppTest:
    """The page alone, without Occlude and its heatmaps before it."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.switch_page("pages/poses.py").run()
    assert not app.exception
    return app


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
    found = posing.answers(work(page), engine, None, None)
    rows = poses_csv(found).splitlines()
    assert len(rows) == 1 + 9 * 6
    saved = json.loads(numbers_json(engine, found, None, [], None))
    assert [row["yaw"] for row in saved["poses"]] == list(range(-60, 61, 15))
    assert sheet(found).shape == (128, 9 * 128, 3)


def recipe_of_page(app) -> Recipe:
    """The recipe that the Save menu offers: what it is made from, made again."""
    visitor, using = session(app), compute.engine(session(app))
    face = visitor.face
    covers = {"none": None, "as on Occlude": Cover(face, visitor.shapes(face), visitor.fill)}
    chosen = visitor.poses.cover
    cover = covers[chosen] if chosen in covers else Cover(face, preset(chosen, face), visitor.fill)
    return poses_recipe(using, visitor, cover, work(app).poses)


def numbers_of_page(app) -> list[dict]:
    """The numbers that the page shows and its Save menu writes, by yaw."""
    held, using = work(app), compute.engine(session(app))
    shown = {id(one.posed): one for one in list(held.answers.values())[-len(held.poses) :]}
    found = by_yaw(shown.values())
    return json.loads(numbers_json(using, found, None, [], None))["poses"]


def assert_alike(rows, others):
    assert len(rows) == len(others)
    for row, other in zip(rows, others, strict=True):
        assert (row["source"], row["yaw"]) == (other["source"], pytest.approx(other["yaw"]))
        assert row["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
        for one, two in zip(row["regions"], other["regions"], strict=True):
            for name in ("self_weight", "relation_weight", "weight", "covered"):
                assert one[name] == pytest.approx(two[name], abs=1e-5)


def replayed(recipe, photos, checkpoint, folder, capsys):
    (folder / "recipe.json").write_text(recipe.to_json())
    options = ["--recipe", str(folder / "recipe.json"), "--checkpoint", str(checkpoint)]
    assert main(["poses", *map(str, photos), *options, "--device", "cpu", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)["poses"]


def test_the_recipe_of_a_turn_gives_the_pages_numbers_on_the_command_line(
    page, checkpoint, tmp_path, capsys
):
    page.slider(key="poses-yaw").set_value((-45, 30))
    page.slider(key="poses-pitch").set_value(10)
    page.selectbox(key="poses-cover").set_value("mouth")
    page.button_group(key="layout").set_value("Random").run()
    recipe = recipe_of_page(page)
    assert recipe.poses == TurnChoice((-45, 30), 15, 10)
    rows = replayed(recipe, [ASTRONAUT], checkpoint, tmp_path, capsys)
    assert [row["yaw"] for row in rows] == [-45, -30, -15, 0, 15, 30]
    assert rows[0]["regions"][0]["covered"] > 0.03
    assert_alike(rows, numbers_of_page(page))


def test_the_recipe_of_photos_gives_the_pages_numbers_on_the_command_line(
    page, checkpoint, tmp_path, capsys
):
    paths = [ROOT / "examples" / name for name in ("grace_hopper.jpg", "drawn_anger.png")]
    page.segmented_control(key="poses-way").set_value("Several photos").run()
    page.selectbox(key="poses-cover").set_value("eyes")
    files = [(path.name, path.read_bytes(), "image/png") for path in paths]
    page.file_uploader(key="poses-photos").set_value(files).run()
    assert not page.exception
    rows = replayed(recipe_of_page(page), paths, checkpoint, tmp_path, capsys)
    assert len(rows) == 2
    assert_alike(rows, numbers_of_page(page))


def test_a_recipe_sets_the_page_and_gives_the_same_recipe_again(page):
    face = session(page).face
    recipe = Recipe(
        session(page).photo_reference(), CheckpointRef.of(compute.engine(session(page)).card),
        preset("nose", face), Fill("grey"), LayoutChoice(), poses=TurnChoice((-7, 13), 10, -5),
    )  # fmt: skip
    upload = page.file_uploader(key=f"recipe-{session(page).visit}")
    upload.set_value(("r.json", recipe.to_json().encode(), "application/json")).run()
    button(page, "Replay it").click().run()
    assert not page.exception
    assert page.slider(key="poses-yaw").value == (-7, 13)
    assert page.selectbox(key="poses-cover").value == "as on Occlude"
    assert [posed.yaw for posed in work(page).poses] == [-7, 3, 13]
    assert recipe_of_page(page) == recipe


def test_a_link_opens_an_example_face_with_its_poses():
    first = opened_at_once()
    using, photo = (
        compute.engine(session(first)),
        compute.examples(compute.engine(session(first)))["Grace Hopper"],
    )
    shapes = preset("mouth", photo.faces[0])
    recipe = Recipe(photo.reference, CheckpointRef.of(using.card), shapes,
                    poses=TurnChoice((0, 30), 30))  # fmt: skip
    first.query_params["recipe"] = example_link(recipe)
    first.run()
    assert not first.exception
    assert session(first).photo_name == "grace_hopper.jpg"
    assert [posed.yaw for posed in work(first).poses] == [0, 30]
    assert "Hidden" in words(first)


def test_the_menu_offers_the_recipe_and_for_an_example_its_link(page):
    assert "Recipe, JSON" in [item.label for item in page.get("download_button")]
    (code,) = [code.value for code in page.code if "?recipe=" in code.value]
    assert read_link(code.split("?recipe=")[1]) == recipe_of_page(page)


def test_what_was_set_and_the_photos_survive_a_visit_to_another_page(page):
    page.segmented_control(key="poses-way").set_value("Several photos").run()
    face = session(page).face
    page.file_uploader(key="poses-photos").set_value(("a.png", png(face.pixels), "image/png")).run()
    page.selectbox(key="poses-cover").set_value("eyes").run()
    held = work(page).poses
    page.switch_page("pages/model.py").run()
    page.switch_page("pages/poses.py").run()
    assert page.segmented_control(key="poses-way").value == "Several photos"
    assert page.selectbox(key="poses-cover").value == "eyes"
    assert work(page).poses == held
    assert "a.png" in words(page)


def test_photos_that_are_taken_out_are_forgotten(page):
    page.segmented_control(key="poses-way").set_value("Several photos").run()
    face = session(page).face
    page.file_uploader(key="poses-photos").set_value(("a.png", png(face.pixels), "image/png")).run()
    assert work(page).poses
    page.file_uploader(key="poses-photos").set_value([]).run()
    assert work(page).poses == []
    assert "Nothing is shown yet" in words(page)
