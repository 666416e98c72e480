"""Controls of attention, against the equations written out for each face."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ran.explain.regions.controls import CONTROLS, another_face, controlled, reversed_ranks
from ran.net.model import RegionAttentionNetwork

FACES, REGIONS = 5, 4


@pytest.fixture(scope="module", params=["sigmoid", "softmax"])
def asked(request):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = RegionAttentionNetwork("resnet18", classes=3, attention=request.param).eval()
        features = torch.rand(FACES, REGIONS, 512)
    with torch.no_grad():
        for head in (model.self_attention.query, model.relation_attention.query, model.classifier):
            head.weight.mul_(6.0)
    return model, features


def answer(model, features, weights, mu):
    """The classifier's answer for one face, sum by sum."""
    total, spread = sum(weights), sum(mu)
    pooled = sum(w * f for w, f in zip(weights, features, strict=True)) / total
    anchor = sum(m * f for m, f in zip(mu, features, strict=True)) / spread
    return model.classifier(torch.cat([pooled, anchor]))


@torch.no_grad()
def test_each_control_is_the_networks_equation_with_its_weights(asked):
    model, features = asked
    output = model.attend(features)
    mu, nu, w = output.self_weights, output.relation_weights, output.weights
    lender = another_face(FACES, 3).tolist()
    found = controlled(model, features, seed=3)
    assert list(found) == list(CONTROLS)
    for face in range(FACES):
        ranks = w[face].argsort().argsort()
        descending = w[face].sort(descending=True).values
        expected = {
            "learnt": w[face],
            "another face": w[lender[face]],
            "mean": w.mean(0),
            "uniform": [1.0] * REGIONS,
            "mu only": mu[face],
            "nu only": nu[face],
            "reversed": descending[ranks],
        }
        for name, weights in expected.items():
            by_hand = answer(model, features[face], list(weights), list(mu[face]))
            assert torch.allclose(found[name][face], by_hand, atol=2e-5), name
        alone = answer(model, features[face, :1], [1.0], [1.0])
        assert torch.allclose(found["whole face alone"][face], alone, atol=2e-5)
    crops = model.attend(features[:, 1:].clone()).logits
    assert torch.allclose(found["without the whole face"], crops, atol=2e-5)


@given(st.integers(2, 60), st.integers(0, 2**31))
def test_no_face_keeps_its_own_weights_and_each_lends_once(faces, seed):
    lender = another_face(faces, seed).tolist()
    assert sorted(lender) == list(range(faces))
    assert all(face != other for face, other in enumerate(lender))
    assert lender == another_face(faces, seed).tolist()


@given(st.lists(st.floats(2**-7, 1, width=32), min_size=2, max_size=7, unique=True))
def test_reversed_ranks_hold_the_same_values_the_other_way_round(row):
    turned = reversed_ranks(torch.tensor([row]))[0].tolist()
    assert sorted(turned) == sorted(torch.tensor(row).tolist())
    assert turned[row.index(max(row))] == min(turned)
    assert turned[row.index(min(row))] == max(turned)


def test_one_face_or_one_region_has_no_controls(asked):
    model, features = asked
    for few in (features[:1], features[:, :1]):
        with pytest.raises(ValueError, match="controls need two faces and two regions"):
            controlled(model, few)
