"""What a visitor has set: it makes the scene, whole, and an opened pose gives it back."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import preset
from ran.face.detect import Face
from ran.face.shapes import Ellipse, Rectangle
from ran.net.regions import fixed_layout, landmark_layout, random_layout
from ran.recipe import CheckpointRef, LayoutChoice, PhotoRef, Recipe
from ran.study.poses.posed import Posed
from ran.ui.shared.session import FoundPhoto, Session

POINTS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
FACE = Face(np.full((32, 32, 3), 90, np.uint8), landmarks=POINTS)
TURNED = Face(np.full((32, 32, 3), 120, np.uint8), landmarks=POINTS + 0.02)
DRAWN, BOX = Ellipse(0.2, 0.2, 0.4, 0.4), Rectangle(0.1, 0.1, 0.3, 0.3)
PHOTO = FoundPhoto("me.png", PhotoRef("a" * 64, "me.png"), [FACE])


def visitor() -> Session:
    session = Session()
    session.use_photo(PHOTO)
    session.parts, session.rectangles, session.drawn = ["mouth"], [BOX], (DRAWN,)
    session.fill = Fill("colour", (1, 2, 3), 4, 0.5)
    return session


def test_a_scene_holds_all_that_is_set():
    scene = visitor().scene(FACE)
    assert scene.face == FACE
    assert scene.shapes == (*preset("mouth", FACE), BOX, DRAWN)
    assert scene.fill == Fill("colour", (1, 2, 3), 4, 0.5)


@pytest.mark.parametrize(
    ("kind", "numbers", "wanted"),
    [
        ("random", {"count": 3, "seed": 7}, random_layout(3, seed=7)),
        ("landmark", {"radius": 0.25}, landmark_layout(POINTS, radius=0.25)),
        ("landmark", {"radius": 0.15}, landmark_layout(POINTS, radius=0.15)),
    ],
)
def test_a_scene_is_cut_by_the_numbers_of_the_sidebar(kind, numbers, wanted):
    session = visitor()
    session.lay(LayoutChoice(kind, **numbers))
    assert session.scene(FACE).layout == wanted
    assert (session.scene(FACE).layout or fixed_layout()) != fixed_layout()


def test_leaving_a_pose_gives_back_all_that_hid_the_photos_face():
    session = visitor()
    session.open_pose(Posed("yaw +30", TURNED, 30.0, 0.0), (BOX,), Fill("grey"))
    assert session.face == TURNED
    assert session.shapes(TURNED) == (BOX,)
    assert session.fill == Fill("grey")
    session.open_pose(Posed("yaw +45", TURNED, 45.0, 0.0), (), Fill())
    session.leave_pose()
    assert session.posed is None
    assert session.face == FACE
    assert session.parts == ["mouth"]
    assert session.rectangles == [BOX]
    assert session.drawn == session.seeded == (DRAWN,)
    assert session.shapes(FACE) == (*preset("mouth", FACE), BOX, DRAWN)


def _computed():
    import numpy as np

    from ran.face.detect import Face
    from ran.net.regions import fixed_layout
    from ran.prediction import Prediction
    from ran.scene import Scene
    from ran.shown import Shown
    from ran.ui.shared.margin import _margin_computed

    mu = np.array([0.50, 0.10, 0.20, 0.61, 0.30, 0.40], np.float32)
    even = np.full(6, 1 / 6, np.float32)
    two = np.array([0.25, 0.75], np.float32)
    answer = Prediction(("a", "b"), two, two, mu, even, even, even, fixed_layout().boxes, 0.2, 0.11)
    _margin_computed(Shown("covered", Scene(Face(np.zeros((8, 8, 3), np.uint8))), answer), 0.2)


def test_how_the_margin_is_computed_names_the_best_crop_and_its_numbers():
    app = AppTest.from_function(_computed).run()
    assert [latex.value.strip("$\n") for latex in app.latex] == [
        r"\mu_3 - \mu_0 = 0.610 - 0.500 = +0.110", r"L_{RB} = \max(0,\ 0.200 - (+0.110)) = 0.090",
    ]  # fmt: skip
    assert "Covered face; the best crop is Lower middle" in app.markdown[0].value


def _hardly_counts():
    import numpy as np

    from ran.face.detect import Face
    from ran.net.regions import fixed_layout
    from ran.prediction import Prediction
    from ran.scene import Scene
    from ran.shown import Shown
    from ran.ui.shared.margin import _margin_computed

    mu = np.array([0.30, 0.31, 0.32, 0.33, 0.31, 0.30], np.float32)
    w = np.array([0.6, 0.2, 0.1, 0.02, 0.05, 0.03], np.float32)
    two = np.array([0.25, 0.75], np.float32)
    answer = Prediction(("a", "b"), two, two, mu, w / mu, w, w, fixed_layout().boxes, 0.2, 0.03)
    _margin_computed(Shown("clean", Scene(Face(np.zeros((8, 8, 3), np.uint8))), answer), 0.2)


def test_a_crop_that_hardly_counts_is_not_called_the_best():
    app = AppTest.from_function(_hardly_counts).run()
    said = [found.value for found in app.markdown]
    assert "the crop of largest μ is Lower middle, which hardly counts: its w is 0.12×" in said[0]
    assert "μ is nearly constant, 0.30 to 0.33; w follows ν" in said[1]


def test_a_recipe_says_how_the_photos_face_was_cut():
    session, upright = Session(), Face(np.full((32, 32, 3), 60, np.uint8), landmarks=POINTS)
    session.use_photo(FoundPhoto("me.png", PhotoRef("a" * 64, "me.png"), [FACE], upright=[upright]))
    recipe = Recipe(PhotoRef("a" * 64, "me.png"), CheckpointRef("net", ""))
    assert session.face == FACE
    session.replay(replace(recipe, cut="upright"))
    assert session.face == upright
    session.replay(recipe)
    assert session.face == FACE
    session.replay(replace(recipe, cut="upright"))
    session.use_photo(PHOTO)
    assert session.face == FACE, "another photo is cut as photos are now"


def test_what_was_chosen_of_a_layout_is_there_again_when_its_kind_is():
    session = Session()
    session.lay(LayoutChoice("landmark", radius=0.15))
    session.lay(LayoutChoice("random", count=3, seed=7))
    assert session.layout_name == "Random"
    assert session.layouts["Landmark"] == LayoutChoice("landmark", radius=0.15)
    assert session.layouts["Random"] == session.layout
