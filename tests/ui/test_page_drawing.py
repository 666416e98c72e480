"""Drawings, recipes and links on the Occlude page, through AppTest."""

import json

import numpy as np
import pytest
from app_pages import (
    ASTRONAUT,
    ROOT,
    button,
    cover,
    numbers_on_page,
    opened,
    session,
    unfolded,
    words,
)
from streamlit.testing.v1 import AppTest

from ran.engine import elsewhere
from ran.explain.regions.attention_shift import AttentionShift
from ran.explain.regions.moved_covers import verdict
from ran.face.shapes import Rectangle
from ran.figures import signed
from ran.recipe import CheckpointRef, PhotoRef, Recipe, example_link
from ran.ui.shared import compute
from ran.ui.shared.replay import recipe_here
from ran.ui.shared.session import FoundPhoto, Session

pytestmark = pytest.mark.usefixtures("tiny_network")


STICKER = {"kind": "sticker", "name": "mask", "x": 0.5, "y": 0.75, "size": 0.9}


STROKE = {"kind": "stroke", "points": [[0.2, 0.75], [0.8, 0.75]], "width": 0.2}


def draw(app: AppTest, shapes: object) -> AppTest:
    app.session_state[f"canvas-{session(app).drawing}"] = {"drawing": {"shapes": shapes}}
    app.run()
    assert not app.exception
    return app


def test_a_drawing_from_the_browser_changes_the_numbers():
    app = draw(opened(), [STROKE])
    assert [type(shape).__name__ for shape in session(app).drawn] == ["Stroke"]
    assert any(a != b for a, b in numbers_on_page(app))


@pytest.mark.parametrize(
    "bad", [[{"kind": "spiral"}], [{**STROKE, "width": float("nan")}], [STROKE] * 501, "x", [7]]
)
def test_a_bad_drawing_is_refused_in_words_and_what_was_drawn_stays(bad):
    app = draw(draw(opened(), [STROKE]), bad)
    assert "What was drawn before stays." in words(app)
    assert len(session(app).drawn) == 1
    assert len(numbers_on_page(app)) == 18


def test_a_saved_recipe_of_an_example_brings_its_example():
    app = draw(opened(), [STROKE])
    using = compute.engine(session(app))
    other = compute.examples(using)["Grace Hopper"]
    session(app).use_photo(other)
    app.run()
    scene = session(app).scene(session(app).face)
    saved = recipe_here(using, session(app), scene).to_json()
    again = unfolded(opened(), "replay")
    assert session(again).photo.name != other.name
    again.file_uploader[0].set_value(("r.json", saved.encode(), "application/json")).run()
    assert "It brings its face: grace_hopper.jpg." in words(again)
    button(again, "Replay it").click().run()
    assert not again.exception
    assert session(again).photo.name == other.name
    assert session(again).face.digest == other.faces[0].digest


def test_a_recipe_saved_here_replays_to_the_same_numbers(tmp_path, checkpoint, capsys):
    from ran.__main__ import main

    app = cover(draw(opened(), [STROKE]), "eyes")
    app.selectbox(key="fill").set_value("grey").run()
    app.slider(key="opacity").set_value(70).run()
    app.button_group(key="layout").set_value("Random").run()
    before = numbers_on_page(app)
    using = compute.engine(session(app))
    scene = session(app).scene(session(app).face)
    saved = recipe_here(using, session(app), scene).to_json()
    again = unfolded(opened(), "replay")
    again.file_uploader[0].set_value(("r.json", saved.encode(), "application/json")).run()
    assert "another photo" not in words(again)
    button(again, "Replay it").click().run()
    assert not again.exception
    assert numbers_on_page(again) == before
    assert again.selectbox(key="fill").value == "grey"
    (tmp_path / "r.json").write_text(saved)
    options = ["--recipe", str(tmp_path / "r.json"), "--checkpoint", str(checkpoint), "--json"]
    assert main(["predict", str(ASTRONAUT), *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)["faces"]
    on_page = using.predict(scene).as_json()
    assert row["probabilities"] == pytest.approx(on_page["probabilities"], abs=1e-5)
    assert row["rb_margin"] == pytest.approx(on_page["rb_margin"], abs=1e-5)


def linked(text: str) -> AppTest:
    """The page as it opens at an address with `?recipe=`."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.query_params["recipe"] = text
    app.run()
    assert not app.exception
    return app


def test_a_link_brings_the_example_face_and_all_that_was_set():
    app = draw(opened(), [STROKE, STICKER])
    app.slider(key="opacity").set_value(70).run()
    session(app).use_photo(compute.examples(compute.engine(session(app)))["Grace Hopper"])
    app.run()
    app = draw(app, [STROKE, STICKER])
    scene = session(app).scene(session(app).face)
    link = example_link(recipe_here(compute.engine(session(app)), session(app), scene))
    unfolded(app, "save")
    (shown,) = [code.value for code in app.code if "?recipe=" in code.value]
    assert shown.endswith(f"?recipe={link}")
    again = linked(link)
    assert session(again).photo.name == "grace_hopper.jpg"
    assert numbers_on_page(again) == numbers_on_page(app)
    assert "another photo" not in words(again)
    # Replayed once: what is drawn from then on stays.
    assert len(session(draw(again, [STROKE])).drawn) == 1


def test_a_link_for_a_photo_that_is_not_here_says_so_and_goes_on():
    recipe = Recipe(
        PhotoRef("0f" * 32, "holiday.jpg"), CheckpointRef("tiny"), (Rectangle(0, 0, 1, 0.5),)
    )
    app = linked(example_link(recipe))
    assert "made on another photo, holiday.jpg" in words(app)
    assert session(app).photo.name == "astronaut.png"
    assert len(session(app).drawn) == 1


@pytest.mark.parametrize("text", ["nonsense", "A" * 7000, "%%%"])
def test_a_link_that_is_none_is_refused_in_words_and_the_page_goes_on(text):
    app = linked(text)
    assert "The link's recipe" in words(app)
    assert len(numbers_on_page(app)) == 18


def test_a_photo_of_ones_own_has_no_link(tmp_path):
    app = opened()
    mine = compute.look_at(compute.engine(session(app)), ASTRONAUT.read_bytes(), "mine.png")
    session(app).use_photo(mine)
    unfolded(app, "save")
    assert not [code for code in app.code if "?recipe=" in code.value]
    assert "For example faces only" in words(app)


def test_whether_attention_left_the_cover_is_one_line_with_the_measure():
    app = opened()
    assert "Did attention leave the cover? Nothing hidden yet." in " ".join(words(app).split())
    app = draw(app, [STICKER])
    using, scene = compute.engine(session(app)), session(app).scene(session(app).face)
    clean, covered = using.predict_many([scene.clean(), scene])
    before, after = (float(np.dot(p.weights, covered.covered)) for p in (clean, covered))
    assert f"{100 * before:.1f} %" in words(app)
    assert f"{100 * after:.1f} %" in words(app)
    *_, reference = elsewhere.referring(using, scene)
    told = verdict(AttentionShift(before, after), covered.covered, reference)
    assert f"{told}." in words(app)
    assert f"{100 * before:.1f} % → {100 * after:.1f} % of it lies there." in words(app)
    ends = (signed(100 * end, 1) for end in (reference.low, reference.high))
    assert f"Same cover elsewhere: {' to '.join(ends)}" in words(app)
    assert "comparing" not in words(app)
    passes = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elsewhere, "referring", lambda *asked: passes.append(asked) or iter(()))
        app.run()
    assert not passes, "a page that is drawn again has the reference at once"
    assert f"{told}." in words(app)


def test_a_bad_recipe_is_refused_in_words_and_nothing_is_lost():
    app = unfolded(cover(opened(), "mouth"), "replay")
    app.file_uploader[0].set_value(("r.json", b'{"version": 99}', "application/json")).run()
    assert "The recipe has version 99." in words(app)
    assert "What was set before stays." in words(app)
    assert session(app).parts == ["mouth"]


def test_a_new_face_begins_with_an_empty_drawing():
    visitor = Session()
    visitor.drawn, before = (object(),), visitor.drawing
    visitor.use_photo(FoundPhoto("x", PhotoRef("0" * 64, "x"), []))
    assert visitor.drawn == ()
    assert visitor.drawing != before
