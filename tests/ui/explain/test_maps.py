"""The Explain page through AppTest: what a visitor reads, and what a click changes."""

import dataclasses
import io

import numpy as np
import pytest
from app_pages import button, rows_of_pictures, session, words
from explain_pages import choose, engine_and_scenes, explain, held, maps_of, values_of
from PIL import Image

from ran.engine import Engine
from ran.errors import BadRequest
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.ui.explain.exports import _csv, _npz, picture
from ran.ui.explain.map_cards import asking
from ran.ui.shared import compute
from ran.ui.shared.settings.explaining import ExplainSettings

pytestmark = pytest.mark.usefixtures("tiny_network")


def test_a_face_without_a_cover_has_one_map_and_the_maps_of_its_crops():
    app = explain()
    assert not app.exception
    assert list(maps_of(app, "Grad-CAM")) == ["clean"]
    assert list(maps_of(app, "Input × gradient")) == ["clean"]
    crops = [row for row in rows_of_pictures(app) if "over each crop" in row["label"]]
    assert [len(row["pictures"]) for row in crops] == [6, 6]
    assert "evidence for" in words(app)


def test_a_covered_face_stands_between_the_clean_one_and_the_change(checkpoint):
    app = explain("mouth")
    engine, clean, covered = engine_and_scenes(checkpoint, "mouth")
    target = engine.predict(clean).expression
    for label, name in (("Grad-CAM", "grad-cam"), ("Input × gradient", "input-x-gradient")):
        shown = maps_of(app, label)
        assert list(shown) == ["clean", "covered", "change"]
        before, after = (engine.explain(s, name, target).values for s in (clean, covered))
        for drawn, expected in (
            (shown["clean"], before), (shown["covered"], after), (shown["change"], after - before),
        ):  # fmt: skip
            room = np.abs(expected).max() / 32767 + 1e-12
            np.testing.assert_allclose(values_of(drawn), expected, atol=room)
    assert np.abs(after - before).max() > 0, "the test needs a network that notices the cover"


def test_the_crops_of_both_faces_unfold(checkpoint):
    app = explain("mouth")
    assert not [row for row in rows_of_pictures(app) if "over each crop" in row["label"]]
    app.session_state["crops-grad-cam"] = True
    app.run()
    labels = [row["label"] for row in rows_of_pictures(app) if "over each crop" in row["label"]]
    assert labels == [
        f"Grad-CAM over each crop of the {face} face" for face in ("clean", "covered")
    ]


def test_the_targets_are_classes_weights_and_the_margin(checkpoint):
    app = explain()
    box = next(found for found in app.selectbox if found.label == "Target")
    assert box.options[0].startswith("predicted: ")
    for name in ("happiness (logit)", "μ of Upper left", "ν of Centre 0.85", "RB margin"):
        assert name in box.options
    engine, clean, _ = engine_and_scenes(checkpoint)
    box.set_value("rb-margin").run()
    expected = engine.explain(clean, "input-x-gradient", "rb-margin").values
    shown = values_of(maps_of(app, "Input × gradient")["clean"])
    np.testing.assert_allclose(shown, expected, atol=np.abs(expected).max() / 32767)
    assert "Minus" not in [found.label for found in app.selectbox], "only a logit has a minus"


def test_the_difference_of_two_classes_is_explained(checkpoint):
    app = explain()
    next(found for found in app.selectbox if found.label == "Target").set_value("anger").run()
    next(found for found in app.selectbox if found.label == "Minus").set_value("fear").run()
    assert not app.exception
    assert "evidence for anger - fear" in words(app)
    engine, clean, _ = engine_and_scenes(checkpoint)
    expected = engine.explain(clean, "grad-cam", "anger - fear").values
    shown = values_of(maps_of(app, "Grad-CAM")["clean"])
    np.testing.assert_allclose(shown, expected, atol=np.abs(expected).max() / 32767 + 1e-12)


def test_more_steps_than_a_method_takes_get_a_sentence_and_the_others_stay():
    app = choose(explain(), "grad-cam", "integrated-gradients")
    app.number_input(key="explain-steps").set_value(999).run()
    assert not app.exception
    text = words(app)
    assert "Integrated gradients cannot use 999 steps." in text
    assert list(maps_of(app, "Grad-CAM")) == ["clean"]


def test_without_a_method_there_is_a_next_step():
    app = choose(explain())
    assert "Choose a method" in words(app)


def test_a_failing_engine_is_said_in_words_and_the_next_click_works(monkeypatch):
    with monkeypatch.context() as patch:

        def fail(*_, **__):
            raise BadRequest("The network is on strike.", hint="Wait.")

        patch.setattr(Engine, "explaining", fail)
        app = explain()
        assert not app.exception
        assert "The network is on strike." in words(app)
    app.run()
    assert "strike" not in words(app)
    assert maps_of(app, "Grad-CAM")


def test_a_step_that_fails_is_said_in_the_maps_own_place_and_can_be_tried_again(monkeypatch):
    app = choose(explain(), "grad-cam", "integrated-gradients")
    work = held(app, "Integrated gradients")

    def steps():
        raise BadRequest("The network is on strike.", hint="Wait.")
        yield

    work.steps = steps()
    button(app, "Compute").click().run()
    assert not app.exception
    assert "The network is on strike." in words(app)
    assert maps_of(app, "Grad-CAM")
    button(app, "Compute").click().run()
    assert "adds up to" in words(app)


def test_a_plain_network_is_explained_by_its_one_region(checkpoint, tmp_path, monkeypatch):
    _, card = load_checkpoint(checkpoint)
    card = dataclasses.replace(card, kind="plain")
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=len(card.classes)), card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "plain"))
    app = explain("mouth")
    assert not app.exception
    assert list(maps_of(app, "Grad-CAM")) == ["clean", "covered", "change"]
    box = next(found for found in app.selectbox if found.label == "Target")
    assert not any("μ" in name or "margin" in name for name in box.options)


def test_what_was_asked_is_still_asked_after_another_page():
    app = choose(explain(), "saliency")
    app.switch_page("pages/model.py").run()
    app.switch_page("pages/explain.py").run()
    assert session(app).explaining.methods == ["saliency"]
    assert list(maps_of(app, "Saliency")) == ["clean"]


@pytest.mark.parametrize("part", ["mouth"])
def test_maps_of_two_faces_have_one_scale_in_the_key(part, checkpoint):
    app = explain(part)
    engine, *scenes = engine_and_scenes(checkpoint, part)
    target = engine.predict(scenes[0]).expression
    before, after = (engine.explain(scene, "grad-cam", target).values for scene in scenes)
    largest = max(before.max(), after.max(), np.abs(after - before).max())
    assert "one scale for all three" in words(app)
    digits = 2
    assert f"{largest:.{digits}f}" in words(app)


def test_the_save_menu_offers_every_map_that_is_done(checkpoint):
    app = explain("mouth", methods=("saliency", "integrated-gradients"))
    assert not app.get("download_button"), "nothing is made before the menu is opened"
    app.session_state["explain-save"] = True
    app.run()
    assert not app.exception
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels == [
        "CSV", "JSON", "PNG", ".npz, clean", "CSV, clean", ".npz, covered", "CSV, covered",
        *["PDF", "SVG", "LaTeX"] * 2, "HTML", "without the face",
    ]  # fmt: skip


def test_a_maps_files_hold_the_pictures_and_the_numbers(checkpoint):
    engine, clean, covered = engine_and_scenes(checkpoint, "mouth")
    asked = ExplainSettings(methods=["saliency"])
    answer = engine.predict(clean)
    shown = compute.shown(engine, covered)
    assert [(one.name, one.scene.key) for one in shown] == [
        ("clean", clean.key), ("covered", covered.key),
    ]  # fmt: skip
    one = asking(engine, asked, shown, "saliency", answer.expression)
    saved = Image.open(io.BytesIO(picture(one)))
    assert saved.size == (3 * 480, 480)
    expected = engine.explain(covered, "saliency", answer.expression)
    kept = np.load(io.BytesIO(_npz(engine, covered, expected)))
    np.testing.assert_array_equal(kept["values"], expected.values)
    assert len(_csv(engine, covered, expected).splitlines()) == 1 + 7 * 48 * 48
