"""A pose opened on Occlude: the very scene, called synthetic, and the way back."""

import numpy as np
import pytest
from app_pages import ROOT, button, recipe_of_page, session, unfolded, words, work
from streamlit.testing.v1 import AppTest

from ran.face.photo import open_photo
from ran.face.shapes import Rectangle
from ran.recipe import (
    PhotoRef,
)
from ran.ui.shared.session import FoundPhoto

pytestmark = pytest.mark.usefixtures("tiny_network")


def opened_on_occlude(poses) -> AppTest:
    """Pose +30 degrees, its mouth hidden, opened on the Occlude page."""
    poses.selectbox(key="poses-cover").set_value("mouth").run()
    poses.selectbox(key="poses-chosen").set_value(6).run()
    poses.button(key="poses-open").click().run()
    assert not poses.exception
    assert "not a photo" in words(poses), "the click leads to Occlude"
    # AppTest does not follow what the script itself switched to.
    return poses.switch_page("pages/occlude.py")


def test_a_pose_opened_on_occlude_is_the_very_scene_and_says_that_it_is_synthetic(poses):
    before = session(poses).face
    app = opened_on_occlude(poses)
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
def test_every_page_says_that_an_opened_pose_is_synthetic(poses, name):
    app = opened_on_occlude(poses).switch_page(f"pages/{name}.py").run()
    assert not app.exception
    assert "yaw +30°: not a photo." in words(app)


def test_files_that_explain_an_opened_pose_are_named_synthetic(poses):
    app = opened_on_occlude(poses).switch_page("pages/explain.py").run()
    app.session_state["explain-save"] = True
    app.run()
    assert not app.exception
    names = [item.proto.id for item in app.get("download_button")]
    assert any(name.endswith("save-ran-synthetic-regions.json") for name in names)
    assert all("save-ran-synthetic-" in name for name in names)


def test_what_hid_the_photos_face_waits_while_a_pose_is_open(poses):
    visitor = session(poses)
    visitor.parts, visitor.drawn = ["nose"], (Rectangle(0.1, 0.1, 0.3, 0.3),)
    app = opened_on_occlude(poses)
    assert (visitor.parts, len(visitor.drawn)) == ([], 1)
    app.switch_page("pages/poses.py").run()
    poses.selectbox(key="poses-chosen").set_value(0).run()
    app.button(key="poses-open").click().run()
    button(app, "Back to the photo's face").click().run()
    assert (visitor.parts, visitor.drawn) == (["nose"], (Rectangle(0.1, 0.1, 0.3, 0.3),))


def test_with_a_pose_open_the_sweep_is_still_of_the_photo(poses):
    held = [posed.face for posed in work(poses).poses]
    app = opened_on_occlude(poses).switch_page("pages/poses.py").run()
    assert [posed.face for posed in work(app).poses] == held
    app.selectbox(key="poses-cover").set_value("as on Occlude").run()
    unfolded(app, "save")
    assert "Hidden" in words(app)
    assert recipe_of_page(app) is None, "its cover lies on the turned face"
    assert "with a cover that lies on the photo's own face" in words(app)


def test_a_new_photo_or_a_recipe_with_poses_takes_the_place_of_an_opened_pose(poses):
    visitor, photo_face = session(poses), session(poses).face
    recipe = recipe_of_page(poses)
    opened_on_occlude(poses)
    visitor.replay(recipe)
    assert visitor.face == photo_face
    opened_on_occlude(poses.switch_page("pages/poses.py").run())
    visitor.use_photo(FoundPhoto("new.png", visitor.photo.reference, [photo_face]))
    assert visitor.posed is None


def test_a_photo_opened_from_the_poses_page_has_a_recipe_of_its_own(poses):
    content = (ROOT / "examples/drawn_anger.png").read_bytes()
    poses.segmented_control(key="poses-way").set_value("Several photos").run()
    poses.file_uploader(key="poses-photos").set_value(("mine.png", content, "image/png")).run()
    poses.button(key="poses-open").click().run()
    text = words(unfolded(poses.switch_page("pages/occlude.py"), "save"))
    assert "mine.png, from the Poses page." in text
    assert "synthetic" not in text
    assert "Recipe, JSON" in [item.label for item in poses.get("download_button")]
    assert session(poses).photo_reference() == PhotoRef.of(open_photo(content, name="mine.png"))
    assert "For example faces only" in text
