"""The Poses page through AppTest: what a visitor reads, and what a click changes."""

import dataclasses
import json
import threading
from functools import cache

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from ran.__main__ import main
from ran.engine import Engine
from ran.face.head import turn
from ran.face.occlusion import Fill
from ran.face.parts import preset
from ran.face.photo import open_photo
from ran.face.shapes import Rectangle
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.recipe import (
    CheckpointRef,
    LayoutChoice,
    PhotoRef,
    Recipe,
    TurnChoice,
    example_link,
    read_link,
)
from ran.scene import Scene
from ran.study.poses import Cover, Skipped, by_yaw, turned
from ran.ui import compute, posing
from ran.ui.pose_exports import numbers_json, poses_csv, sheet
from ran.ui.replay import poses_recipe
from ran.ui.session import FoundPhoto
from tests.test_pages import ASTRONAUT, ROOT, _tiny_network, button, png, session, unfolded, words  # noqa: F401

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


def test_two_runs_of_the_page_do_not_make_one_pose_at_once():
    """A click starts the next run while the last is still inside its step."""
    inside, release = threading.Event(), threading.Event()

    def steps():
        for name in ("a.png", "b.png", "c.png"):
            inside.set()
            assert release.wait(30)
            yield Skipped(name, "no face")

    work = posing.Work(steps=steps())
    came_back = []
    runs = [threading.Thread(target=lambda: came_back.append(work.step())) for _ in range(2)]
    runs[0].start()
    assert inside.wait(30)
    runs[1].start()
    release.set()
    for run in runs:
        run.join(30)
    assert came_back == [None, None]
    assert [skipped.name for skipped in work.skipped] == ["a.png", "b.png"]
    work.step()
    assert not work.is_whole
    work.step()
    assert work.is_whole
    work.step()  # nothing is left, and nothing is wrong


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
    assert "1 pose, by estimated yaw" in text


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
    face, shown = visitor.photo_face, visitor.face
    covers = {"none": None, "as on Occlude": Cover(shown, visitor.shapes(shown), visitor.fill)}
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
    unfolded(page, "replay")
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
    unfolded(page, "save")
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


def test_a_pose_is_chosen_by_name_without_a_pointer(page):
    chosen = page.selectbox(key="poses-chosen")
    assert chosen.options[0] == "yaw −60°"
    assert chosen.value == 4, "the pose that looks ahead comes first"
    chosen.set_value(7).run()
    assert "Yaw +45°" in words(page)
    button(page, "Previous").click().run()
    assert page.selectbox(key="poses-chosen").value == 6, "the list shows what a button chose"


def opened_on_occlude(page) -> AppTest:
    """Pose +30 degrees, its mouth hidden, opened on the Occlude page."""
    page.selectbox(key="poses-cover").set_value("mouth").run()
    page.selectbox(key="poses-chosen").set_value(6).run()
    page.button(key="poses-open").click().run()
    assert not page.exception
    assert "not a photo" in words(page), "the click leads to Occlude"
    # AppTest does not follow what the script itself switched to.
    return page.switch_page("pages/occlude.py")


def test_a_pose_opened_on_occlude_is_the_very_scene_and_says_that_it_is_synthetic(page):
    before = session(page).face
    app = opened_on_occlude(page)
    one = next(one for one in work(app).answers.values()
               if one.posed.yaw == 30 and one.scene.shapes)  # fmt: skip
    scene = session(app).scene(session(app).face)
    assert scene.shapes == one.scene.shapes
    assert np.array_equal(scene.hidden_pixels(), one.scene.hidden_pixels())
    text = words(unfolded(app, "save"))
    assert "synthetic" in text
    assert "astronaut.png turned, yaw +30°: not a photo." in text
    for value in one.answer.relative_weights:
        assert f"{value:.2f}×" in text
    assert "No photo shows this face, so there is no recipe of it." in text
    assert "Recipe, JSON" not in [item.label for item in app.get("download_button")]
    button(app, "Back to the photo's face").click().run()
    assert session(app).face == before
    assert "not a photo" not in words(app)


@pytest.mark.parametrize("name", ["explain", "model"])
def test_every_page_says_that_an_opened_pose_is_synthetic(page, name):
    app = opened_on_occlude(page).switch_page(f"pages/{name}.py").run()
    assert not app.exception
    assert "yaw +30°: not a photo." in words(app)


def test_files_that_explain_an_opened_pose_are_named_synthetic(page):
    app = opened_on_occlude(page).switch_page("pages/explain.py").run()
    app.session_state["explain-save"] = True
    app.run()
    assert not app.exception
    names = [item.proto.id for item in app.get("download_button")]
    assert any(name.endswith("save-ran-synthetic-regions.json") for name in names)
    assert all("save-ran-synthetic-" in name for name in names)


def test_what_hid_the_photos_face_waits_while_a_pose_is_open(page):
    visitor = session(page)
    visitor.parts, visitor.drawn = ["nose"], (Rectangle(0.1, 0.1, 0.3, 0.3),)
    app = opened_on_occlude(page)
    assert (visitor.parts, len(visitor.drawn)) == ([], 1)
    app.switch_page("pages/poses.py").run()
    page.selectbox(key="poses-chosen").set_value(0).run()
    app.button(key="poses-open").click().run()
    button(app, "Back to the photo's face").click().run()
    assert (visitor.parts, visitor.drawn) == (["nose"], (Rectangle(0.1, 0.1, 0.3, 0.3),))


def test_with_a_pose_open_the_sweep_is_still_of_the_photo(page):
    held = [posed.face for posed in work(page).poses]
    app = opened_on_occlude(page).switch_page("pages/poses.py").run()
    assert [posed.face for posed in work(app).poses] == held
    app.selectbox(key="poses-cover").set_value("as on Occlude").run()
    unfolded(app, "save")
    assert "Hidden" in words(app)
    assert recipe_of_page(app) is None, "its cover lies on the turned face"
    assert "with a cover that lies on the photo's own face" in words(app)


def test_a_new_photo_or_a_recipe_with_poses_takes_the_place_of_an_opened_pose(page):
    visitor, photo_face = session(page), session(page).face
    recipe = recipe_of_page(page)
    opened_on_occlude(page)
    visitor.replay(recipe)
    assert visitor.face == photo_face
    opened_on_occlude(page.switch_page("pages/poses.py").run())
    visitor.use_photo(FoundPhoto("new.png", visitor.photo, [photo_face]))
    assert visitor.posed is None


def test_a_photo_opened_from_the_poses_page_has_a_recipe_of_its_own(page):
    content = (ROOT / "examples/drawn_anger.png").read_bytes()
    page.segmented_control(key="poses-way").set_value("Several photos").run()
    page.file_uploader(key="poses-photos").set_value(("mine.png", content, "image/png")).run()
    page.button(key="poses-open").click().run()
    text = words(unfolded(page.switch_page("pages/occlude.py"), "save"))
    assert "mine.png, from the Poses page." in text
    assert "synthetic" not in text
    assert "Recipe, JSON" in [item.label for item in page.get("download_button")]
    assert session(page).photo_reference() == PhotoRef.of(open_photo(content, name="mine.png"))
    assert "For example faces only" in text


@pytest.fixture(scope="module")
def plain(checkpoint, tmp_path_factory):
    """A plain network's checkpoint, untrained."""
    _, card = load_checkpoint(checkpoint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = PlainNetwork(classes=len(card.classes))
    folder = tmp_path_factory.mktemp("plain") / "plain"
    save_checkpoint(folder, model, dataclasses.replace(card, kind="plain", name="my plain"))
    return folder


def lay_over(page, folder) -> AppTest:
    page.selectbox(key="poses-other").set_value("a checkpoint of yours").run()
    files = [(path.name, path.read_bytes(), "x/y") for path in sorted(folder.iterdir())
             if path.suffix in (".json", ".safetensors")]  # fmt: skip
    page.file_uploader(key="poses-second").set_value(files).run()
    button(page, "Lay it over").click().run()
    assert not page.exception
    return page


def hollow_traces(page) -> list[dict]:
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    return [trace for chart in charts for trace in chart["data"]
            if "other network" in trace.get("hovertemplate", "")]  # fmt: skip


def test_a_plain_network_of_ones_own_is_laid_over_with_its_own_answers(page, plain, checkpoint):
    engine = Engine.load(plain, "cpu")
    expected = [engine.predict(Scene(posed.face)) for posed in work(page).poses]
    app = lay_over(page, plain)
    traces = hollow_traces(app)
    names = [trace["hovertemplate"].split(",")[0] for trace in traces]
    assert names.count("Whole face") == 1
    assert not set(names) & {"Upper left", "RB margin"}, "it has neither"
    assert len(names) == 1 + len(engine.card.classes)
    assert "my plain, laid over" in words(app)
    for trace in traces:
        name = trace["hovertemplate"].split(",")[0]
        values = [1.0 if name == "Whole face" else
                  answer.probabilities[engine.card.classes.index(name)]
                  for answer in expected]  # fmt: skip
        assert trace["y"] == pytest.approx(values, abs=1e-5), name
    assert session(app).own_engine is None, "the network in use is still the first"


def test_a_ran_is_laid_over_a_plain_network_with_its_crops(plain, checkpoint, monkeypatch):
    monkeypatch.setenv("RAN_CHECKPOINT", str(plain))
    monkeypatch.setattr("ran.study.poses.turn", _turned_once)
    app = lay_over(opened_at_once(), checkpoint)
    names = [trace["hovertemplate"].split(",")[0] for trace in hollow_traces(app)]
    assert {"Whole face", "Upper left", "RB margin"} <= set(names)


def test_a_second_checkpoint_that_does_not_fit_is_refused_and_the_page_goes_on(page):
    page.selectbox(key="poses-other").set_value("a checkpoint of yours").run()
    page.file_uploader(key="poses-second").set_value([("card.json", b"{}", "x/y")]).run()
    button(page, "Lay it over").click().run()
    assert not page.exception
    assert "No second network is shown." in words(page)
    assert "9 poses from one photo" in words(page)


def test_a_network_of_another_framing_is_not_laid_over(page, plain):
    other = Engine.load(plain, "cpu")
    other.card = dataclasses.replace(other.card, framing="close")
    session(page).second_engine = other
    page.selectbox(key="poses-other").set_value("a checkpoint of yours").run()
    assert not page.exception
    assert "faces framed as 'close', tiny as 'ferplus'" in words(page)
    assert hollow_traces(page) == []
