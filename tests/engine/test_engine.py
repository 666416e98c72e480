"""The engine: a scene's answer against a plain recomputation, and what must not change it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from answers import FACE, FIELDS, MOUTH, PIXELS, differ, is_the_same_to_the_bit
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torchvision import models

from ran.engine import Engine
from ran.errors import BadCheckpoint, BadFraming
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.photo import open_photo
from ran.face.shapes import Rectangle
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.net.regions import random_layout
from ran.scene import Scene

ASTRONAUT = Path(__file__).parents[2] / "examples" / "astronaut.png"
# The fixed crops of a face of 48 pixels, worked out by hand: x0, y0, x1, y1.
CROPS_AT_48 = ((0, 0, 48, 48), (0, 0, 36, 36), (12, 0, 48, 36), (6, 12, 42, 48), (2, 2, 46, 46),
               (4, 4, 44, 44))  # fmt: skip


def recomputed(pixels, folder):
    """RAN for one face from its pixels u8[S, S, 3], straight from the file of the parameters."""
    state = load_file(folder / "model.safetensors")
    body = models.resnet18(weights=None)
    body.fc = nn.Identity()
    body.load_state_dict(
        {key.removeprefix("backbone."): value.float() if "num_" not in key else value
         for key, value in state.items() if key.startswith("backbone.")}
    )  # fmt: skip
    body.eval()
    q0, q1, fc = (
        [state[f"{name}.{kind}"].float() for kind in ("weight", "bias")]
        for name in ("self_attention.query", "relation_attention.query", "classifier")
    )

    def resized(picture):
        return nn.functional.interpolate(picture, (48, 48), mode="bilinear", antialias=True)

    with torch.no_grad():
        face = resized(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255)
        features = []
        for x0, y0, x1, y1 in CROPS_AT_48:
            red, green, blue = resized(face[:, :, y0:y1, x0:x1])[0]
            grey = 0.299 * red + 0.587 * green + 0.114 * blue
            shown = (grey.expand(1, 3, 48, 48) - state["mean"].float()) / state["std"].float()
            features.append(body(shown)[0])
        mu = [torch.sigmoid(q0[0][0] @ f + q0[1][0]) for f in features]
        mean = sum(m * f for m, f in zip(mu, features, strict=True)) / sum(mu)
        pairs = [torch.cat([f, mean]) for f in features]
        nu = [torch.sigmoid(q1[0][0] @ pair + q1[1][0]) for pair in pairs]
        products = [m * n for m, n in zip(mu, nu, strict=True)]
        pooled = sum(p * pair for p, pair in zip(products, pairs, strict=True)) / sum(products)
        logits = fc[0] @ pooled + fc[1]
        exponents = (logits - logits.max()).exp()
    weights = torch.stack(products) / sum(products)
    rows = (exponents / exponents.sum(), logits, torch.stack(mu), torch.stack(nu), weights)
    return [row.numpy() for row in rows]


def agree(answer, rows):
    for name, expected in zip(FIELDS, rows, strict=False):
        np.testing.assert_allclose(getattr(answer, name), expected, atol=1e-5, err_msg=name)


def test_the_example_gets_what_a_plain_recomputation_gives(engine, checkpoint):
    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    answer = engine.predict(Scene(face))
    agree(answer, recomputed(face.pixels, checkpoint))
    assert answer.rb_margin == pytest.approx(
        max(answer.self_weights[1:]) - answer.self_weights[0], abs=1e-6
    )
    assert answer.rb_loss == pytest.approx(max(0, 0.02 - answer.rb_margin), abs=1e-6)
    assert answer.expression == answer.classes[np.argmax(answer.logits)]
    np.testing.assert_allclose(answer.relative_weights, 6 * answer.weights, rtol=1e-6)

    hidden = face.pixels.copy()
    hidden[128:192, 64:192] = 0
    covered = engine.predict(Scene(face, (Rectangle(0.25, 0.5, 0.75, 0.75),)))
    agree(covered, recomputed(hidden, checkpoint))
    assert np.abs(covered.weights - answer.weights).max() > 1e-3


def test_an_equal_scene_is_computed_once(fresh):
    engine, seen = fresh
    first = engine.predict(Scene(FACE, (MOUTH,)))
    again = Scene(Face.from_pixels(PIXELS.copy()), (Rectangle(0.25, 0.65, 0.75, 0.9),))
    assert engine.predict(again) is first
    assert len(seen) == 1
    clean = Scene(FACE)
    several = engine.predict_many([clean, again, clean, Scene(FACE, fill=Fill("noise"))])
    assert several[1] is first
    assert several[0] is several[2] is several[3]
    assert len(seen) == 2


def test_answering_leaves_the_network_and_the_face_as_they_were(engine):
    before = {key: value.clone() for key, value in engine.model.state_dict().items()}
    pixels = PIXELS.copy()
    engine.predict_many([Scene(FACE), Scene(FACE, (MOUTH,), Fill("mean"))])
    engine.regions_seen(Scene(FACE, (MOUTH,)))
    assert not engine.model.training
    assert np.array_equal(FACE.pixels, pixels)
    for key, value in engine.model.state_dict().items():
        assert torch.equal(value, before[key]), key


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["black", "noise", "blur", "mean"]), st.integers(0, 5))
def test_hiding_nothing_changes_no_bit(engine, kind, seed):
    clean = engine.predict(Scene(FACE))
    for scene in (
        Scene(FACE, (), Fill(kind, seed=seed)),
        Scene(FACE, (MOUTH,), Fill(kind, seed=seed, opacity=0.0)),
        Scene(FACE, (Rectangle(1.2, 1.2, 1.5, 1.5),), Fill(kind, seed=seed)),  # beside the face
    ):
        answer = engine.predict(scene)
        assert is_the_same_to_the_bit(answer, clean)
        assert not answer.covered.any()


def test_covered_shares_are_those_counted_by_hand(engine):
    face = Face.from_pixels(np.zeros((240, 240, 3), np.uint8))
    left = engine.predict(Scene(face, (Rectangle(0, 0, 0.5, 1),))).covered
    np.testing.assert_allclose(left, [1 / 2, 2 / 3, 1 / 3, 1 / 2, 1 / 2, 1 / 2], atol=1e-6)
    bottom = Scene(face, (Rectangle(0, 0.75, 1, 1),), Fill(opacity=0.5))
    # Of the lower middle crop's three quarters one is hidden; of the 0.90 crop 0.20; of 0.85 0.175.
    shares = np.array([1 / 4, 0, 0, 1 / 3, 0.20 / 0.90, 0.175 / 0.85]) / 2
    np.testing.assert_allclose(engine.predict(bottom).covered, shares, atol=1e-6)


def test_a_face_framed_otherwise_is_refused_with_the_remedy(engine):
    with pytest.raises(BadFraming, match="'tight', the network expects 'ferplus'") as refusal:
        engine.predict(Scene(Face.from_pixels(PIXELS, framing="tight")))
    assert "engine.find_faces" in refusal.value.hint


def test_the_crops_are_shown_as_the_network_sees_them(engine):
    seen = engine.regions_seen(Scene(FACE))
    assert (seen.shape, seen.dtype) == ((6, 48, 48, 3), np.uint8)
    assert (seen == seen[..., :1]).all(), "the tiny network sees grey"
    by_pillow = Image.fromarray(PIXELS).convert("L").resize((48, 48), Image.Resampling.BILINEAR)
    assert np.abs(seen[0, ..., 0].astype(int) - np.asarray(by_pillow)).max() <= 2


def test_the_crops_of_an_answered_scene_are_not_cut_again(fresh, engine, monkeypatch):
    made, _ = fresh
    scene = Scene(FACE, (MOUTH,))
    cut = engine.regions_seen(scene)
    made.predict(scene)
    monkeypatch.setattr(made, "crops", lambda scene: pytest.fail("cut again"))
    assert (made.regions_seen(scene) == cut).all()
    assert not cut.flags.writeable, "whoever asks the same gets the same array"


def changed(folder, place, change, **card):
    """A copy of a checkpoint with other parameters or another card."""
    model, old = load_checkpoint(folder)
    with torch.no_grad():
        change(model)
    save_checkpoint(place, model, dataclasses.replace(old, **card))
    return Engine.load(place, "cpu")


def test_without_its_queries_the_network_weighs_all_regions_alike(checkpoint, engine, tmp_path):
    def silence(model):
        for head in (model.self_attention.query, model.relation_attention.query):
            head.weight.zero_()
            head.bias.zero_()

    answer = changed(checkpoint, tmp_path / "silent", silence).predict(Scene(FACE))
    np.testing.assert_allclose(answer.relative_weights, np.ones(6), atol=1e-6)
    assert answer.rb_margin == pytest.approx(0, abs=1e-6)
    assert np.abs(engine.predict(Scene(FACE)).relative_weights - 1).max() > 0.01


def test_another_checkpoint_gives_another_answer(checkpoint, engine, tmp_path):
    def turn(model):
        model.classifier.weight.neg_()

    answer = changed(checkpoint, tmp_path / "other", turn).predict(Scene(FACE))
    assert differ(answer, engine.predict(Scene(FACE))) > 0.01


def test_the_cards_temperature_divides_the_logits(checkpoint, engine, tmp_path):
    warm = changed(checkpoint, tmp_path / "warm", lambda _: None, temperature=2.5, alpha=0.9)
    answer, cold = warm.predict(Scene(FACE)), engine.predict(Scene(FACE))
    np.testing.assert_allclose(answer.logits, cold.logits, atol=1e-5)
    exponents = np.exp(cold.logits.astype(float) / 2.5)
    np.testing.assert_allclose(answer.probabilities, exponents / exponents.sum(), atol=1e-6)
    assert answer.rb_loss == pytest.approx(0.9 - cold.rb_margin, abs=1e-6)


def test_an_answer_that_is_no_number_is_refused(checkpoint, tmp_path):
    broken = changed(checkpoint, tmp_path / "broken", lambda model: model.std.zero_())
    with pytest.raises(BadCheckpoint, match="no number"):
        broken.predict(Scene(FACE))


@pytest.fixture(scope="module")
def plain(checkpoint, tmp_path_factory):
    card = dataclasses.replace(load_checkpoint(checkpoint)[1], kind="plain")
    folder = tmp_path_factory.mktemp("plain")
    save_checkpoint(folder, PlainNetwork("resnet18", classes=8), card)
    return Engine.load(folder, "cpu")


def test_a_plain_network_answers_from_the_whole_face_alone(plain):
    answer = plain.predict(Scene(FACE, (MOUTH,), layout=random_layout(3)))
    assert [box.edges for box in answer.boxes] == [(0.0, 0.0, 1.0, 1.0)]
    assert answer.weights.tolist() == [1.0]
    assert answer.covered.shape == (1,)
    assert (answer.rb_margin, answer.rb_loss) == (None, None)
    assert json.loads(json.dumps(answer.as_json()))["rb_margin"] is None


def test_as_json_says_all_that_the_prediction_holds(engine):
    answer = engine.predict(Scene(FACE, (MOUTH,)))
    content = json.loads(json.dumps(answer.as_json(), allow_nan=False))
    assert content == answer.as_json()
    for name in ("probabilities", "probabilities_t1", "logits"):
        assert list(content[name]) == list(answer.classes)
        np.testing.assert_array_equal(
            np.float32(list(content[name].values())), getattr(answer, name)
        )
    for field, name in (("self_weights", "self_weight"), ("relation_weights", "relation_weight"),
                        ("weights", "weight"), ("covered", "covered")):  # fmt: skip
        values = np.float32([region[name] for region in content["regions"]])
        np.testing.assert_array_equal(values, getattr(answer, field))
    regions = [(region["name"], tuple(region["box"])) for region in content["regions"]]
    assert regions == [(box.name, box.edges) for box in answer.boxes]
    for name in ("expression", "alpha", "rb_margin", "rb_loss"):
        assert content[name] == getattr(answer, name)
