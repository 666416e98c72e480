"""The dialog in which a visitor chooses a face, and what a new face begins with."""

from dataclasses import replace

import numpy as np
import pytest
from app_pages import ASTRONAUT, ROOT, button, cover, dialog, opened, png, session, words
from PIL import Image

from ran.face.detect import FERPLUS, Face
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")


def test_an_uploaded_photo_without_a_face_is_refused_and_the_old_face_stays():
    app = dialog()
    digest = session(app).face.digest
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    app.file_uploader[0].set_value(("holiday.png", png(noise), "image/png")).run()
    text = words(app)
    assert "No face found in holiday.png." in text
    assert "The face you had is still there." in text
    assert session(app).face.digest == digest


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.png", b"", "empty"),
        ("note.jpg", b"dear diary", "not a picture"),
        ("cut.png", ASTRONAUT.read_bytes()[:20000], "damaged"),
        ("dot.png", png(np.zeros((1, 1, 3), np.uint8)), "too small"),
    ],
)
def test_a_photo_that_cannot_be_used_is_refused_in_words(name, content, said):
    app = dialog()
    app.file_uploader[0].set_value((name, content, "image/png")).run()
    assert not app.exception
    assert said in words(app)
    assert session(app).photo.name == "astronaut.png"


def test_of_several_faces_the_visitor_picks_one():
    first, second = (
        Image.open(ROOT / "examples" / name).convert("RGB").resize((512, 512))
        for name in ("astronaut.png", "grace_hopper.jpg")
    )
    both = np.concatenate([np.asarray(first), np.asarray(second)], axis=1)
    app = dialog()
    app.file_uploader[0].set_value(("both.png", png(both), "image/png")).run()
    assert "shows 2 faces" in words(app)
    button(app, "Face 2").click().run()
    assert not app.exception
    assert (session(app).photo.name, session(app).face_number) == ("both.png", 1)


def test_another_example_replaces_the_face_and_what_was_drawn():
    app = dialog()
    session(app).parts.append("mouth")
    button(app, "Grace Hopper").click().run()
    assert not app.exception
    assert session(app).photo.name == "grace_hopper.jpg"
    assert session(app).parts == []


def test_the_face_and_cover_that_another_face_replaced_come_back():
    app = opened()
    before = session(app).photo.name
    cover(app, "mouth")
    other = compute.examples(compute.engine(session(app)))["Grace Hopper"]
    session(app).change_photo(other)
    app.run()
    assert (session(app).photo.name, session(app).parts) == (other.name, [])
    session(app).bring_back()  # the button beside the scenes
    app.run()
    assert (session(app).photo.name, session(app).parts) == (before, ["mouth"])


def test_a_face_without_a_cover_leaves_nothing_to_bring_back():
    app = dialog()
    session(app).begin_with(())
    button(app, "Grace Hopper").click().run()
    assert session(app).replaced is None


def test_the_face_button_opens_the_dialog():
    app = opened()
    app.button(key="choose-face").click().run()
    assert not app.exception
    assert "It is not kept, shared or used for training." in words(app)


def test_a_face_without_landmarks_is_cut_round_the_medians_and_the_page_says_so():
    app = opened()
    said = "This face has no landmarks, so it is cut"
    app.button_group(key="layout").set_value("Landmark").run()
    assert session(app).layout_name == "Landmark"
    assert said not in words(app)
    framed = Face.from_pixels(session(app).face.pixels)
    session(app).photo = replace(session(app).photo, faces=[framed])
    app.run()
    assert not app.exception
    assert said in words(app)
    (_, eye, *_) = session(app).layout.regions(session(app).face).boxes
    x, y = FERPLUS.landmarks[0]
    assert ((eye.x0 + eye.x1) / 2, (eye.y0 + eye.y1) / 2) == pytest.approx((x, y), abs=1e-6)
