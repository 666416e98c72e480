"""Other weights in place of a face's own, one click each, and what many faces say beside them."""

import dataclasses
import re

import explain_pages
import numpy as np
import pytest
import torch
from app_pages import button, session, words
from explain_pages import engine_and_scenes

from ran.engine import Engine
from ran.explain.trust.ranks import spearman
from ran.figures import signed
from ran.net.attention import weighted_mean
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.measures import MEASURES
from ran.scene import Scene
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")

MEAN = dict(zip(
    ("Whole face", "Upper left", "Upper right", "Lower middle", "Centre 0.90", "Centre 0.85"),
    (0.3, 0.05, 0.1, 0.2, 0.25, 0.1), strict=True,
))  # fmt: skip


@pytest.fixture
def with_mean(checkpoint, tmp_path, monkeypatch):
    """The tiny network with a card that knows the mean weights of many faces."""
    model, card = load_checkpoint(checkpoint)
    card = dataclasses.replace(card, evidence={"mean_w": {"fixed": MEAN}})
    save_checkpoint(tmp_path / "measured", model, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "measured"))
    return tmp_path / "measured"


def instead(app, choice: str):
    (key,) = [one.key for one in app.get("button_group") if "-replaced" in (one.key or "")]
    app.button_group(key=key).set_value(choice).run()
    assert not app.exception
    return app


def logits_after(app) -> list[float]:
    (table,) = [
        element.proto.body for element in app.get("html") if "Logit of each" in element.proto.body
    ]
    cells = re.findall(r"<td>(?:<b>)?([^<]*)(?:</b>)?</td>", table)
    return [float(cell.replace("\N{MINUS SIGN}", "-").replace("±", "")) for cell in cells[1::2]]


def with_weights(engine: Engine, scene: Scene, weights) -> list[float]:
    """The classifier's logits for P = sum_i w_i [F_i : F_m], written out."""
    with torch.no_grad():
        features = engine.model.features(engine.crops(scene))
        output = engine.model.attend(features)
        anchor = weighted_mean(features, output.self_weights)
        w = torch.tensor(np.asarray(weights, np.float32))[None, :, None]
        pooled = (w * features).sum(1)
        return engine.model.classifier(torch.cat([pooled, anchor], 1))[0].tolist()


def test_uniform_the_mean_and_another_faces_weights_answer_as_the_equations_say(with_mean):
    app = explain_pages.explain(methods=())
    engine, scene, _ = engine_and_scenes(with_mean)
    faces = [photo.faces[0] for photo in compute.examples(engine).values()]
    lender = faces[(faces.index(scene.face) + 1) % len(faces)]
    lent = engine.predict(Scene(lender)).weights
    for choice, weights in (
        ("uniform w", [1 / 6] * 6), ("mean w", list(MEAN.values())), ("another face's w", lent),
    ):  # fmt: skip
        expected = with_weights(engine, scene, weights)
        assert logits_after(instead(app, choice)) == pytest.approx(expected, abs=0.006), choice


def test_the_whole_face_only_is_the_network_given_nothing_else(with_mean):
    app = instead(explain_pages.explain(methods=()), "whole face only")
    engine, scene, _ = engine_and_scenes(with_mean)
    with torch.no_grad():
        features = engine.model.features(engine.crops(scene))
        alone = engine.model.attend(features[:, :1]).logits[0].tolist()
    assert logits_after(app) == pytest.approx(alone, abs=0.006)


def test_undo_brings_the_faces_own_weights_back_and_the_other_controls():
    app = explain_pages.explain(methods=())
    before = logits_after(app)
    instead(app, "uniform w")
    assert not [one for one in app.selectbox if one.label == "Pin the weight of"]
    button(app, "Undo all interventions").click().run()
    assert session(app).explaining.replaced is None
    assert logits_after(app) == before
    assert [one for one in app.selectbox if one.label == "Pin the weight of"]


def test_without_a_measured_mean_there_is_none_to_choose_and_none_is_spoken_of():
    app = explain_pages.explain(methods=())
    (group,) = [one for one in app.get("button_group") if "-replaced" in (one.key or "")]
    assert list(group.options) == ["uniform w", "another face's w", "whole face only"]
    assert "one fixed order for all faces" not in words(app)


def test_one_fixed_order_stands_beside_the_faces_own(with_mean):
    app = explain_pages.explain("mouth", methods=())
    engine, *scenes = engine_and_scenes(with_mean, "mouth")
    answers = engine.predict_many(scenes)
    place = answers[0].classes.index(answers[0].expression)
    said = []
    for name, scene in zip(("clean", "covered"), scenes, strict=True):
        worth = engine.region_values(scene).shapley[:, place]
        said.append(f"ρ = {signed(spearman(list(MEAN.values()), worth))} {name}")
    assert f"one fixed order for all faces, reaches {', '.join(said)}" in words(app)


def test_a_badge_says_what_is_usual_and_one_that_tells_nothing_is_not_drawn(
    checkpoint, tmp_path, monkeypatch
):
    def shown(caught: float) -> str:
        model, card = load_checkpoint(checkpoint)
        row = dict.fromkeys(MEASURES["badges"], None) | {
            "n": 30, "alarms": 0.0, "caught": caught, "infidelity_low": 0.25,
            "infidelity_high": 0.75,
        }  # fmt: skip
        card = dataclasses.replace(card, evidence={"badges": {"saliency": row}})
        save_checkpoint(tmp_path / str(caught), model, card)
        monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / str(caught)))
        app = explain_pages.explain(methods=("saliency",)).run()
        assert not app.exception
        return " ".join(f"{one.value} {one.proto.help}" for one in app.markdown)

    told, silent = shown(0.9), shown(0.0)
    for text in (told, silent):
        assert "Usual for this method on this network: 0.25 to 0.75" in text
    assert "randomised parameters" in told
    assert "it flagged 0 % of this network's maps" in told
    assert "randomised parameters" not in silent
