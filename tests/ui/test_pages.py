"""The pages through AppTest: what a visitor reads, and what a click changes."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from app_pages import ASTRONAUT, button, cover, numbers_on_page, opened, session, unfolded, words

from ran.engine import Engine
from ran.face.covers.parts import preset
from ran.face.photo import open_photo
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.scene import Scene
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")


def test_the_first_page_explains_an_example_without_a_click():
    app = opened()
    assert session(app).photo.name == "astronaut.png"
    text = words(app)
    assert "Answer, with its probability" in text
    assert "Nothing hidden yet" in text, "nothing is covered, and the page must say so"
    assert len(numbers_on_page(app)) == 6 * 3
    assert [found.label for found in app.button if (found.key or "").startswith("region-")] == [
        "Upper left", "Upper right", "Lower middle", "Centre 0.90", "Centre 0.85", "Whole face",
    ]  # fmt: skip
    assert "→" not in text, "nothing is hidden: one column, no change"
    assert "±" not in text


def test_covering_the_mouth_shows_the_engines_own_numbers_before_and_after(checkpoint):
    app = cover(opened(), "mouth")
    engine = Engine.load(checkpoint, "cpu")
    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    clean, covered = engine.predict_many([Scene(face), Scene(face, preset("mouth", face))])
    columns = ("self_weights", "relation_weights", "weights")
    expected = [
        (float(f"{getattr(clean, name)[i]:.6g}"), float(f"{getattr(covered, name)[i]:.6g}"))
        for i in range(6)
        for name in columns
    ]
    assert numbers_on_page(app) == expected
    assert any(a != b for a, b in expected), "the test needs a network that notices the cover"
    assert f"{100 * float(covered.covered[0]):.0f} %" in words(app)


def test_the_page_and_the_command_line_agree_to_1e_5(checkpoint, capsys):
    from ran.__main__ import main

    app = cover(opened(), "mouth", "eyes")
    using = compute.engine(session(app))
    on_page = using.predict(session(app).scene(session(app).face)).as_json()
    options = ["--hide", "mouth", "--hide", "eyes", "--checkpoint", str(checkpoint), "--json"]
    assert main(["predict", str(ASTRONAUT), *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)["faces"]
    assert row["probabilities"] == pytest.approx(on_page["probabilities"], abs=1e-5)
    assert row["rb_margin"] == pytest.approx(on_page["rb_margin"], abs=1e-5)
    for printed, shown in zip(row["regions"], on_page["regions"], strict=True):
        for name in ("self_weight", "relation_weight", "weight"):
            assert printed[name] == pytest.approx(shown[name], abs=1e-5)


def test_without_queries_every_card_shows_a_uniform_weight(checkpoint, tmp_path, monkeypatch):
    before = numbers_on_page(opened())
    model, card = load_checkpoint(checkpoint)
    with torch.no_grad():
        for head in (model.self_attention.query, model.relation_attention.query):
            head.weight.zero_()
            head.bias.zero_()
    save_checkpoint(tmp_path / "zeroed", model, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "zeroed"))
    app = opened()
    shown = numbers_on_page(app)
    assert shown[2::3] == [(0.166667, 0.166667)] * 6
    assert shown != before
    assert words(app).count("1.00×") >= 6


def test_another_checkpoint_changes_the_answer(checkpoint, tmp_path, monkeypatch):
    before = words(opened())
    model, card = load_checkpoint(checkpoint)
    with torch.no_grad():
        model.classifier.weight.neg_()
    save_checkpoint(tmp_path / "other", model, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "other"))
    assert words(opened()) != before


def test_a_missing_checkpoint_is_said_in_words_on_every_page(tmp_path, monkeypatch):
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "nowhere"))
    for page in ("occlude", "model"):
        text = words(opened(page))
        assert "nowhere does not exist" in text
        assert "Check the path of the checkpoint." in text


def test_a_failing_engine_is_said_in_words_and_the_next_click_works(monkeypatch):
    from ran.errors import BadRequest

    app = opened()
    with monkeypatch.context() as patch:

        def fail(*_):
            raise BadRequest("The network is on strike.", hint="Wait.")

        patch.setattr(Engine, "predict_many", fail)
        cover(app, "eyes")
        assert "The network is on strike." in words(app)
    cover(app, "eyes", "nose")
    assert "strike" not in words(app)
    assert len(numbers_on_page(app)) == 18


def test_hiding_with_opacity_zero_changes_no_number():
    app = cover(opened(), "mouth")
    app.slider(key="opacity").set_value(0).run()
    assert all(a == b for a, b in numbers_on_page(app))


def test_a_rectangle_by_numbers_is_added_and_removed():
    app = unfolded(opened(), "rectangles")
    button(app, "Add").click().run()
    assert [shape.x0 for shape in session(app).rectangles] == [0.3]
    assert any(a != b for a, b in numbers_on_page(app))
    button(app, "Remove").click().run()
    assert session(app).rectangles == []
    assert all(a == b for a, b in numbers_on_page(app))


def test_a_rectangle_inside_out_is_refused_and_nothing_is_lost():
    app = unfolded(cover(opened(), "mouth"), "rectangles")
    left = next(found for found in app.number_input if found.label == "Left")
    left.set_value(0.9)
    button(app, "Add").click().run()
    text = words(app)
    assert "The left edge must be left of the right one" in text
    assert session(app).rectangles == []
    assert session(app).parts == ["mouth"]


def test_the_evidence_has_one_scale_that_is_the_largest_value_of_both_maps():
    app = cover(opened(), "mouth")
    using, scene = compute.engine(session(app)), session(app).scene(session(app).face)
    clean = using.predict(scene.clean()).expression
    maps = [using.explain(shown, "grad-cam", clean).values for shown in (scene.clean(), scene)]
    text = words(app)
    assert f"clean: evidence for {clean}" in text
    assert f"covered: evidence for {clean}" in text
    largest = max(float(values.max()) for values in maps)
    assert largest > 0.005, "the test needs a map that is not empty"
    assert f"{-largest:+.2f}".replace("-", "\N{MINUS SIGN}") in text
    assert f"largest change {np.abs(maps[1] - maps[0]).max():.2f}" in text


def test_what_was_set_survives_a_visit_to_another_page():
    app = cover(opened(), "mouth", "eyes")
    app.selectbox(key="fill").set_value("grey").run()
    before = numbers_on_page(app)
    app.switch_page("pages/model.py").run()
    app.switch_page("pages/occlude.py").run()
    assert app.multiselect(key=f"parts-{session(app).visit}").value == ["mouth", "eyes"]
    assert app.selectbox(key="fill").value == "grey"
    assert numbers_on_page(app) == before


def test_the_regions_are_those_of_the_sidebar():
    app = opened()
    app.button_group(key="layout").set_value("Random").run()
    app.slider(key="random-count").set_value(3).run()
    assert len(numbers_on_page(app)) == 4 * 3
    app.button_group(key="layout").set_value("Landmark").run()
    assert "Left eye" in [found.label for found in app.button]


def test_a_regions_name_outlines_it():
    app = opened()
    app.button(key="region-3").click().run()
    assert session(app).region == 3


def test_the_help_gives_the_networks_own_probability_without_the_temperature(
    checkpoint, tmp_path, monkeypatch
):
    model, card = load_checkpoint(checkpoint)
    save_checkpoint(tmp_path / "cold", model, replace(card, temperature=0.1))
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "cold"))
    app = cover(opened(), "mouth")
    answer = compute.engine(session(app)).predict(session(app).scene(session(app).face))
    own, shown = float(answer.probabilities_t1.max()), float(answer.probabilities.max())
    assert f"{own:.2f}" != f"{shown:.2f}"
    (said,) = [m.help for m in app.markdown if m.value == "**Probability of each expression**"]
    assert f"the network says {answer.expression} {own:.2f} here" in said


def test_a_layout_that_the_network_was_not_trained_on_is_said_where_it_is_chosen():
    app = opened()
    assert "was not trained on" not in words(app)
    app.segmented_control(key="layout").set_value("Random").run()
    assert "This network was not trained on random crops" in words(app)


def test_a_grad_cam_of_zeros_is_said_to_be_no_positive_evidence(monkeypatch):
    whole = Engine.explain

    def nothing(self, *asked, **named):
        found = whole(self, *asked, **named)
        return replace(found, values=np.zeros_like(found.values))

    assert "No positive evidence" not in words(cover(opened(), "mouth"))
    monkeypatch.setattr(Engine, "explain", nothing)
    assert "No positive evidence" in words(cover(opened(), "mouth"))


@pytest.mark.parametrize(
    ("where", "name", "value", "said", "hint"),
    [
        (Engine, "predict_many", lambda *_: torch.empty(1 << 50),
         "There is not enough memory for this.", "Ask for less at a time"),
        (compute, "ANSWER_S", 0.0,
         "This took more than 0 s and was given up.", "try again when fewer are here"),
    ],
    ids=["memory", "time"],
)  # fmt: skip
def test_what_runs_out_is_said_and_the_page_goes_on(where, name, value, said, hint):
    app = opened()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, value)
        cover(app, "mouth")
    assert said in words(app)
    assert hint in words(app)
    app.run()
    assert said not in words(app)
    assert "Hidden" in words(app)
