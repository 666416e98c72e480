"""Interventions against the equations written out, and through the engine."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ran.engine import Engine
from ran.errors import BadCheckpoint, BadFraming, BadRequest
from ran.explain.regions.intervene import Intervention, intervene
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.net.regions import random_layout
from ran.scene import Scene

PIXELS = np.kron(
    np.random.default_rng(4).integers(0, 256, (8, 8, 3), dtype=np.uint8),
    np.ones((8, 8, 1), np.uint8),
)
CLEAN = Scene(Face.from_pixels(PIXELS))
COVERED = Scene(Face.from_pixels(PIXELS), (Rectangle(0.0, 0.5, 1.0, 1.0),))
REGIONS = 5


def seeded(attention="sigmoid"):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        model = RegionAttentionNetwork("resnet18", classes=4, attention=attention).eval()
        features, donor = torch.rand(2, 1, REGIONS, 512).unbind()
    with torch.no_grad():
        for head in (model.self_attention.query, model.relation_attention.query, model.classifier):
            head.weight.mul_(6.0)
    return model, features, donor


MODELS = {attention: seeded(attention) for attention in ("sigmoid", "softmax")}


def restated(model, features, donor, intervention):
    """The equations of ran.explain.regions.intervene by region: logits, mu, nu, w of all."""
    used = range(REGIONS) if intervention.used is None else intervention.used
    pins, seen = dict(intervention.pinned), {}
    for region in sorted(used):
        source = donor if region in intervention.swapped else features
        seen[region] = source[0, region].double()

    def score(layer, vector):
        return float(torch.sigmoid(layer.weight[0].double() @ vector + layer.bias.double()))

    def attended(scores):
        if model.self_attention.attention == "sigmoid":
            return scores
        total = sum(np.exp(value) for value in scores.values())
        return {region: np.exp(value) / total for region, value in scores.items()}

    with torch.no_grad():
        mu = attended({i: score(model.self_attention.query, f) for i, f in seen.items()})
        anchor = sum(mu[i] * f for i, f in seen.items()) / sum(mu.values())
        pairs = {i: torch.cat([f, anchor]) for i, f in seen.items()}
        nu = attended({i: score(model.relation_attention.query, p) for i, p in pairs.items()})
        free = {i: mu[i] * nu[i] for i in seen if i not in pins}
        if free:
            left = 1 - sum(pins.values())
            w = pins | {i: left * value / sum(free.values()) for i, value in free.items()}
        else:
            w = {i: pin / sum(pins.values()) for i, pin in pins.items()}
        pooled = sum(w[i] * pairs[i] for i in seen)
        logits = model.classifier.weight.double() @ pooled + model.classifier.bias.double()
    rows = [[row.get(i, 0.0) for i in range(REGIONS)] for row in (mu, nu, w)]
    return [logits.numpy(), *map(np.array, rows)]


def agrees(model, features, donor, intervention):
    found = intervene(model, features, intervention, donor=donor)
    expected = restated(model, features, donor, intervention)
    for values, row in zip(found[:4], expected, strict=True):
        np.testing.assert_allclose(values[0], row, atol=1e-5)
    return found


subsets = st.sets(st.integers(0, REGIONS - 1), min_size=1)


@st.composite
def interventions(draw):
    used = draw(subsets)
    pins = draw(st.sets(st.sampled_from(sorted(used))))
    weights = [draw(st.integers(1, 10)) for _ in pins]
    scale = draw(st.sampled_from([1.0, 0.5])) / max(sum(weights), 1)
    pinned = tuple((i, scale * w) for i, w in zip(sorted(pins), weights, strict=True))
    swapped = draw(st.sets(st.integers(0, REGIONS - 1)))
    return Intervention(tuple(sorted(used)), pinned, tuple(sorted(swapped)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["sigmoid", "softmax"]), interventions())
def test_any_intervention_is_what_the_equations_say(attention, intervention):
    found = agrees(*MODELS[attention], intervention)
    assert float(found.weights.sum()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("attention", MODELS)
def test_nothing_changed_changes_no_bit_and_its_own_weights_pinned_change_nothing(attention):
    model, features, _ = MODELS[attention]
    with torch.no_grad():
        usual = model.attend(features)
    nothing = intervene(model, features, Intervention())
    for found, expected in zip(nothing[:4], usual[:4], strict=True):
        assert torch.equal(found, expected)
    own = usual.weights[0].tolist()
    for pins in (((2, own[2]),), tuple(enumerate(own)), tuple(enumerate(own))[:4]):
        pinned = intervene(model, features, Intervention(pinned=pins))
        np.testing.assert_allclose(pinned.logits, usual.logits, atol=1e-5)
        np.testing.assert_allclose(pinned.weights, usual.weights, atol=1e-6)


def test_the_edges_of_pinning():
    model, features, donor = MODELS["sigmoid"]

    def weights(used, *pins):
        found = agrees(model, features, donor, Intervention(used, pins))
        return found.weights[0].tolist()

    with torch.no_grad():
        usual = model.attend(features).weights[0].tolist()
    zero = weights(None, (1, 0.0))
    assert zero[1] == 0
    np.testing.assert_allclose(zero[2] / zero[3], usual[2] / usual[3], rtol=1e-5)
    assert weights(None, (1, 1.0)) == [0.0, 1.0, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(weights((1, 3), (1, 0.1), (3, 0.3)), [0, 0.25, 0, 0.75, 0])
    assert weights((2,), (2, 0.4)) == [0.0, 0.0, 1.0, 0.0, 0.0]


def test_swapping_everything_gives_the_donors_answer_and_leaves_both_as_they_were():
    model, features, donor = MODELS["softmax"]
    before = features.clone(), donor.clone()
    found = intervene(model, features, Intervention(swapped=tuple(range(REGIONS))), donor=donor)
    with torch.no_grad():
        expected = model.attend(donor)
    for values, row in zip(found[:4], expected[:4], strict=True):
        assert torch.equal(values, row)
    assert torch.equal(features, before[0])
    assert torch.equal(donor, before[1])


@pytest.mark.parametrize(
    ("intervention", "words"),
    [
        (Intervention(used=(0, 5)), "no region 5, this face has 5"),
        (Intervention(used=(-1,)), "no region -1"),
        (Intervention(pinned=((7, 0.1),)), "no region 7"),
        (Intervention(swapped=(9,)), "no region 9"),
        (Intervention(used=()), "No region is in use"),
        (Intervention(pinned=((1, 1.2),)), "Region 1 is pinned to 1.2"),
        (Intervention(pinned=((1, -0.1),)), "Region 1 is pinned to -0.1"),
        (Intervention(pinned=((1, float("nan")),)), "Region 1 is pinned to nan"),
        (Intervention(pinned=((1, 0.1), (1, 0.2))), "pinned twice"),
        (Intervention(used=(0, 2), pinned=((1, 0.1),)), "Region 1 is pinned and not in use"),
        (Intervention(pinned=((1, 0.6), (2, 0.6))), "add up to 1.200, more than 1"),
        (Intervention(used=(1,), pinned=((1, 0.0),)), "Every region in use is pinned to 0"),
        (Intervention(swapped=(1,)), "no second face"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(intervention, words):
    model, features, _ = MODELS["sigmoid"]
    with pytest.raises(BadRequest, match=words) as refusal:
        intervene(model, features, intervention)
    assert refusal.value.hint.endswith(".")


def test_features_of_another_layout_are_refused():
    model, features, donor = MODELS["sigmoid"]
    with pytest.raises(ValueError, match="donor's features must be"):
        intervene(model, features, Intervention(swapped=(1,)), donor=donor[:, :3])


# Through the engine.


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture
def counted(checkpoint):
    """An engine that has answered nothing yet, and how many crops its backbone was shown."""
    made, seen = Engine.load(checkpoint, "cpu"), []
    features = made.asked.features

    def noted(crops):
        seen.append(crops.shape[1])
        return features(crops)

    made.asked.features = noted
    return made, seen


def numbers(answer):
    return np.concatenate(
        [answer.probabilities, answer.logits, answer.self_weights, answer.relation_weights,
         answer.weights, answer.covered, [answer.rb_margin]]
    )  # fmt: skip


def test_an_intervention_that_changes_nothing_is_the_prediction(engine):
    for scene in (CLEAN, COVERED, Scene(COVERED.face, COVERED.shapes, layout=random_layout(3))):
        usual = engine.predict(scene)
        everything = tuple(range(len(usual.boxes)))
        for nothing in (Intervention(), Intervention(used=everything)):
            answer = engine.intervene(scene, nothing, donor=CLEAN)
            np.testing.assert_allclose(numbers(answer), numbers(usual), atol=1e-6)
            assert answer.boxes == usual.boxes
            assert answer.expression == usual.expression


def test_the_backbone_runs_once_a_scene_for_all_of_it(counted):
    engine, seen = counted
    engine.region_values(COVERED)
    engine.intervene(COVERED, Intervention(swapped=(1, 2)), donor=CLEAN)
    engine.intervene(COVERED, Intervention(used=(0, 3), pinned=((3, 0.9),)))
    engine.predict_many([CLEAN, COVERED])
    engine.region_values(CLEAN)
    assert seen == [6, 6]
    assert engine.region_values(CLEAN) is engine.region_values(CLEAN)


def test_a_refused_intervention_costs_no_forward_pass(counted):
    engine, seen = counted
    with pytest.raises(BadRequest, match="no region 8"):
        engine.intervene(CLEAN, Intervention(used=(8,)))
    with pytest.raises(BadRequest, match="different regions") as refusal:
        engine.intervene(
            CLEAN, Intervention(swapped=(1,)), Scene(CLEAN.face, layout=random_layout(5))
        )
    assert "same layout" in refusal.value.hint
    assert not seen


def test_region_values_are_about_the_prediction(engine):
    for scene in (CLEAN, COVERED):
        values, answer = engine.region_values(scene), engine.predict(scene)
        np.testing.assert_allclose(values.full, answer.logits, atol=1e-5)
        np.testing.assert_allclose(values.shapley.sum(0) + values.empty, answer.logits, atol=1e-5)
        without = engine.intervene(scene, Intervention(used=(0, 1, 2, 4, 5)))
        np.testing.assert_allclose(
            values.leave_one_out[3], answer.logits - without.logits, atol=1e-5
        )


def test_more_than_twelve_regions_are_refused(engine):
    with pytest.raises(BadRequest, match="13 regions would need"):
        engine.region_values(Scene(CLEAN.face, layout=random_layout(12)))


def test_a_swapped_region_brings_its_cover_along_and_one_out_of_use_weighs_nothing(engine):
    clean, covered = engine.predict(CLEAN), engine.predict(COVERED)
    answer = engine.intervene(CLEAN, Intervention(used=(1, 3, 5), swapped=(3,)), donor=COVERED)
    expected = clean.covered.copy()
    expected[3] = covered.covered[3]
    np.testing.assert_array_equal(answer.covered, expected)
    assert expected[3] > 0.5
    for row in (answer.weights, answer.self_weights, answer.relation_weights):
        assert (row > 0).tolist() == [False, True, False, True, False, True]
    assert answer.self_weights[3] == pytest.approx(covered.self_weights[3], abs=1e-6)
    assert engine.predict(CLEAN).covered is not answer.covered


def test_the_margin_needs_the_whole_face_and_a_crop(engine):
    assert engine.intervene(CLEAN, Intervention(used=(1, 2))).rb_margin is None
    assert engine.intervene(CLEAN, Intervention(used=(0,))).rb_margin is None
    answer = engine.intervene(CLEAN, Intervention(used=(0, 4)))
    mu = answer.self_weights
    assert answer.rb_margin == pytest.approx(mu[4] - mu[0], abs=1e-6)


def test_a_plain_network_can_do_little_and_does_it(checkpoint, tmp_path):
    _, card = load_checkpoint(checkpoint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        model = PlainNetwork("resnet18", classes=8)
    save_checkpoint(tmp_path / "plain", model, dataclasses.replace(card, kind="plain"))
    plain = Engine.load(tmp_path / "plain", "cpu")
    usual, other = plain.predict(CLEAN), plain.predict(COVERED)
    for same in (Intervention(), Intervention(pinned=((0, 0.3),)), Intervention(used=(0,))):
        np.testing.assert_array_equal(plain.intervene(CLEAN, same).logits, usual.logits)
    swapped = plain.intervene(CLEAN, Intervention(swapped=(0,)), COVERED)
    np.testing.assert_array_equal(swapped.logits, other.logits)
    values = plain.region_values(CLEAN)
    np.testing.assert_allclose(values.shapley[0] + values.empty, usual.logits, atol=1e-6)
    with pytest.raises(BadRequest, match="Use 0"):
        plain.intervene(CLEAN, Intervention(used=(1,)))


def test_an_answer_that_is_no_number_and_a_face_framed_otherwise_are_refused(checkpoint, tmp_path):
    model, card = load_checkpoint(checkpoint)
    model.std.zero_()
    save_checkpoint(tmp_path / "broken", model, card)
    broken = Engine.load(tmp_path / "broken", "cpu")
    with pytest.raises(BadCheckpoint, match="no number"):
        broken.region_values(CLEAN)
    with pytest.raises(BadCheckpoint, match="no number"):
        broken.intervene(CLEAN, Intervention(used=(1, 2)))
    tight = Scene(Face.from_pixels(PIXELS, framing="tight"))
    with pytest.raises(BadFraming, match="tight"):
        broken.intervene(tight, Intervention())


def test_eight_threads_agree_with_one(counted, engine):
    shared, _ = counted
    asked = [
        (scene, Intervention(used=(0, 1, number), swapped=(1,)))
        for number in range(2, 6)
        for scene in (CLEAN, COVERED)
    ] * 4

    def answer(question):
        scene, intervention = question
        return shared.intervene(scene, intervention, CLEAN), shared.region_values(scene)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(answer, asked))
    for (scene, intervention), (found, values) in zip(asked, answers, strict=True):
        alone = engine.intervene(scene, intervention, CLEAN)
        np.testing.assert_allclose(numbers(found), numbers(alone), atol=1e-5)
        np.testing.assert_allclose(values.shapley, engine.region_values(scene).shapley, atol=1e-5)
