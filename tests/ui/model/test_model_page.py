"""The Model page through AppTest: the card, the record, the ablations, and one's own checkpoint."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest
from app_pages import (
    button,
    opened,
    session,
    unfolded,
    words,
)

from ran.engine import Engine
from ran.net.checkpoints import DEFAULT, bundled, load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.study.evaluation.ablation_table import AblationTable, Row
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")


def test_the_model_page_shows_the_card_and_this_faces_equations(checkpoint):
    app = opened("model")
    text = words(app)
    card = Engine.load(checkpoint, "cpu").card
    for written in (card.name, card.trained_on, card.note, "11.2 M parameters", "neutral"):
        assert written in text
    assert "holds no scores" in text, "the card has none, so none may be shown"
    answer = compute.engine(session(app)).predict(session(app).scene(session(app).face))
    formulas = " ".join(found.value for found in app.latex)
    region = session(app).region
    assert region == 1 + answer.weights[1:].argmax(), "the heaviest crop stands out"
    assert rf"\mu_{region} = {answer.self_weights[region]:.3f}" in formulas
    assert f"= {answer.weights[region]:.3f}" in formulas


def test_scores_on_the_model_page_come_from_the_card(checkpoint, tmp_path, monkeypatch):
    model, card = load_checkpoint(checkpoint)
    scores = {"ferplus": {"n": 3137, "accuracy": 0.4321}}
    save_checkpoint(tmp_path / "scored", model, dataclasses.replace(card, scores=scores))
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "scored"))
    app = opened("model")
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    shown = [trace.get("x") for figure in figures for trace in figure["data"]]
    assert [pytest.approx(43.21)] in shown


def test_alpha_moves_the_loss_and_not_the_margin():
    app = unfolded(opened("model"), "alpha-popover")
    before = words(app)
    app.slider(key="alpha").set_value(0.2).run()
    using = compute.engine(session(app))
    margin = using.predict(session(app).scene(session(app).face)).rb_margin
    assert f"{max(0.0, 0.2 - margin):.3f}" in words(app)
    assert words(app) != before
    app.session_state["alpha-popover"] = False
    assert session(app.run()).alpha == 0.2, "closing the slider keeps what it set"


def test_a_plain_network_has_pages_without_margin_and_relations(checkpoint, tmp_path, monkeypatch):
    _, card = load_checkpoint(checkpoint)
    card = dataclasses.replace(card, kind="plain")
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=len(card.classes)), card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "plain"))
    for page in ("occlude", "explain", "poses", "cohort", "model"):
        app = opened(page)
        text = words(app)
        assert "sees the whole face alone" in text
        for invented in ("1.00×", "μ", "ν", "RB loss", "uniform", "Did attention"):
            assert invented not in text, f"{page} shows {invented}"
        assert not [found for found in app.button if (found.key or "").startswith("region-")]
        assert "layout" not in [group.key for group in app.get("button_group")]


def test_a_visitors_own_checkpoint_is_used_and_given_back(checkpoint):
    app = opened("model")
    uploaded = [
        (path.name, path.read_bytes(), "application/octet-stream")
        for path in (checkpoint / "model.safetensors", checkpoint / "card.json")
    ]
    app.file_uploader[0].set_value(uploaded).run()
    button(app, "Use it").click().run()
    assert not app.exception
    assert session(app).own_engine is not None
    assert "Your own checkpoint is in use" in words(app)
    button(app, "Use the bundled one").click().run()
    assert session(app).own_engine is None


def test_a_checkpoint_that_does_not_fit_changes_nothing(checkpoint):
    app = opened("model")
    card = json.loads((checkpoint / "card.json").read_text())
    card["classes"] = card["classes"][:7]
    uploaded = [
        ("model.safetensors", (checkpoint / "model.safetensors").read_bytes(), "x/y"),
        ("card.json", json.dumps(card).encode(), "application/json"),
    ]
    app.file_uploader[0].set_value(uploaded).run()
    button(app, "Use it").click().run()
    text = words(app)
    assert "8 outputs, its card names 7 classes" in text
    assert "The checkpoint in use has not changed." in text
    assert session(app).own_engine is None


FULL_RECORD = {
    "scores": {"ferplus": {"n": 3137, "accuracy": 0.84}, "pose30": {"n": 1170, "accuracy": 0.8}},
    "flipped": {"ferplus": {"n": 3137, "accuracy": 0.8512}},
    "per_class": {"fear": {"n": 36, "accuracy": 0.375}},
    "calibration": {"bins": 15, "ece": 0.0234, "ece_before": 0.0567, "fitted_on": 3191},
    "photographs": {
        "n": 300, "found": 280, "agreement": 0.912, "accuracy": 0.815, "direct": 0.829,
    },
    "against_plain": {
        "pose30": {"n": 1170, "difference": 0.0127, "ran_only": 40, "plain_only": 25, "p": 0.0817}
    },
    "seeds": {"ferplus": {"n": 3, "mean": 0.8398, "spread": 0.0021}},
    "temperature": 1.32,
    "intended_use": "Teaching.",
    "limits": "Few faces.",
}  # fmt: skip


def test_all_that_a_card_says_of_its_answers_is_on_the_model_page(
    checkpoint, tmp_path, monkeypatch
):
    model, card = load_checkpoint(checkpoint)
    save_checkpoint(tmp_path / "full", model, dataclasses.replace(card, **FULL_RECORD))
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "full"))
    text = words(opened("model"))
    for said in (
        "85.1 %", "+1.3, p = 0.082", "84.0 ± 0.2 %", "mean of 3 seeds", "Teaching.", "Few faces.",
        "2.3 % on the test list; 5.7 % without the temperature 1.32, fitted on 3,191 faces",
        "300 test pictures", "280 faces found, 91.2 %", "accuracy 81.5 %", "82.9 %",
        "Accuracy by expression",
    ):  # fmt: skip
        assert said in text, said


def ablation_table():
    row = Row("As the paper", "fixed", 5, "sigmoid", True, 0.02, 1.0, 0.8125, 0.002, 0.1, 0.75)
    without = dataclasses.replace(
        row, name="Without RB-loss", rb_loss=0.0, accuracy=0.79, above_alpha=0.25
    )
    return AblationTable(
        about="Backbone: tiny.", input_size=48, epochs=20, faces=2048, valid=1024, seeds=(0, 1, 2),
        rows=(row, without), edges=(-0.1, 0.0, 0.1),
        margins={"As the paper": (10, 30), "Without RB-loss": (30, 10)},
        shows="RB-loss moves the margins.",
    )  # fmt: skip


def test_the_ablations_beside_a_checkpoint_stand_on_the_model_page(
    checkpoint, tmp_path, monkeypatch
):
    folder = Path(shutil.copytree(checkpoint, tmp_path / "studied"))
    ablation_table().write(folder)
    monkeypatch.setenv("RAN_CHECKPOINT", str(folder))
    app = opened("model")
    text = words(app)
    for said in (
        "2,048 training faces", "3 seeds", "1,024 faces of FER2013Valid", "Backbone: tiny.",
        "RB-loss moves the margins.", "75 % of the faces reach α with RB-loss, 25 % without",
    ):  # fmt: skip
        assert said in text, said
    shown = [
        list(trace.get("x", ()))
        for chart in app.get("plotly_chart")
        for trace in json.loads(chart.proto.spec)["data"]
    ]
    assert [pytest.approx(81.25)] in shown


def test_a_checkpoint_without_ablations_has_no_such_panels_and_a_damaged_one_is_told(
    checkpoint, tmp_path, monkeypatch
):
    assert "What each part is worth" not in words(opened("model"))
    folder = Path(shutil.copytree(checkpoint, tmp_path / "damaged"))
    (folder / "ablation.json").write_text("{")
    monkeypatch.setenv("RAN_CHECKPOINT", str(folder))
    assert "no table of ablations" in words(opened("model"))


def test_the_bundled_ran_is_in_use_first_and_the_plain_network_can_be_chosen(monkeypatch):
    monkeypatch.delenv("RAN_CHECKPOINT")
    app = opened("model")
    box = next(box for box in app.selectbox if box.label == "Checkpoint")
    assert box.options[0] == DEFAULT
    assert box.value.endswith(DEFAULT)
    assert Engine.load(device="cpu").card.name in words(app)
    box.set_value(next(path for path in bundled_paths() if "plain-" in path)).run()
    assert not app.exception
    assert re.search(r"Plain \w+, FERPlus", words(app))


def test_an_operators_checkpoint_comes_before_the_bundled_ones(checkpoint):
    app = opened("model")
    box = next(box for box in app.selectbox if box.label == "Checkpoint")
    assert box.options[0] == checkpoint.name
    assert box.value == str(checkpoint)
    assert len(box.options) == 1 + len(bundled_paths())


def bundled_paths() -> list[str]:
    return [str(path) for path in bundled().values()]
