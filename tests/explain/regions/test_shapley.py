"""Region values against a loop over all orders, Captum, hand numbers, and their laws."""

from __future__ import annotations

import math
from itertools import combinations, permutations

import numpy as np
import pytest
import torch

from ran.errors import BadRequest
from ran.explain.regions.shapley import coalition_logits, region_values
from ran.net.model import PlainNetwork, RanOutput, RegionAttentionNetwork


def seeded(attention="sigmoid", regions=4, seed=3):
    """A network whose regions differ in weight, and features f32[1, R, 512] for it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = RegionAttentionNetwork("resnet18", classes=5, attention=attention).eval()
        features = torch.rand(1, regions, 512) * 2
    with torch.no_grad():
        for head in (model.self_attention.query, model.relation_attention.query, model.classifier):
            head.weight.mul_(4.0)
    return model, features


def answer(model, features, coalition):
    """The logits of the regions of a coalition alone, by the equations, one region at a time."""
    if not coalition:
        return model.classifier.bias.detach().double().numpy()

    def affine(layer, vector):
        return layer.weight.double() @ vector + layer.bias.double()

    def attended(scores):
        weights = torch.sigmoid(torch.cat(scores))
        soft = model.self_attention.attention == "softmax"
        return weights.exp() / weights.exp().sum() if soft else weights

    seen = [features[0, region].double() for region in sorted(coalition)]
    with torch.no_grad():
        mu = attended([affine(model.self_attention.query, f) for f in seen])
        mean = sum(m * f for m, f in zip(mu, seen, strict=True)) / mu.sum()
        pairs = [torch.cat([f, mean]) for f in seen]
        nu = attended([affine(model.relation_attention.query, pair) for pair in pairs])
        pooled = sum(m * n * p for m, n, p in zip(mu, nu, pairs, strict=True)) / (mu * nu).sum()
        return affine(model.classifier, pooled).numpy()


def by_orders(model, features):
    """Shapley values as they are told: what a region adds when it comes, over all orders."""
    regions = features.shape[1]
    values = np.zeros((regions, 5))
    for order in permutations(range(regions)):
        there = []
        for region in order:
            before = answer(model, features, there)
            there.append(region)
            values[region] += answer(model, features, there) - before
    return values / math.factorial(regions)


@pytest.mark.parametrize("attention", ["sigmoid", "softmax"])
def test_the_values_are_those_of_a_loop_over_all_orders(attention):
    model, features = seeded(attention)
    found, expected = region_values(model.attend, features), by_orders(model, features)
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(found.shapley, expected, atol=1e-5)
    everyone = set(range(4))
    for region in everyone:
        left = answer(model, features, everyone) - answer(model, features, everyone - {region})
        np.testing.assert_allclose(found.leave_one_out[region], left, atol=1e-5)
    np.testing.assert_allclose(found.full, answer(model, features, everyone), atol=1e-5)
    assert found.shapley.dtype == found.full.dtype == np.float32


def by_orders_of_pairs(model, features):
    """What two that come as one add beyond each alone, over all orders of the others and them."""
    regions = features.shape[1]
    values = np.zeros((regions, regions, 5))
    for pair in combinations(range(regions), 2):
        others = [region for region in range(regions) if region not in pair]
        for order in permutations([pair, *others]):
            there = set(order[: order.index(pair)])
            first, second = ({region} for region in pair)
            gain = answer(model, features, there | first | second) + answer(model, features, there)
            for alone in (first, second):
                gain = gain - answer(model, features, there | alone)
            values[pair] += gain / math.factorial(regions - 1)
        values[pair[::-1]] = values[pair]
    return values


@pytest.mark.parametrize("attention", ["sigmoid", "softmax"])
@pytest.mark.parametrize("regions", [2, 3, 4])
def test_interactions_are_those_of_a_loop_over_all_orders(attention, regions):
    model, features = seeded(attention, regions)
    found, expected = region_values(model.attend, features), by_orders_of_pairs(model, features)
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(found.interactions, expected, atol=1e-5)
    assert found.interactions.dtype == np.float32


def test_one_region_alone_interacts_with_nothing():
    model, features = seeded(regions=1)
    assert (region_values(model.attend, features).interactions == np.zeros((1, 1, 5))).all()


@pytest.mark.parametrize("regions", [2, 4, 6])
def test_shapiq_agrees_on_the_same_coalitions(regions):
    shapiq = pytest.importorskip("shapiq", reason="requirements-dev.txt is not installed")
    model, features = seeded(regions=regions)
    logits = coalition_logits(model.attend, features)
    found = region_values(model.attend, features)
    bits = 1 << np.arange(regions)
    for target in range(5):
        exact = shapiq.ExactComputer(
            n_players=regions, game=lambda present, t=target: logits[present @ bits, t]
        )("SII", order=2)
        for one, other in combinations(range(regions), 2):
            theirs = exact[(one, other)]
            assert found.interactions[one, other, target] == pytest.approx(theirs, abs=1e-5)
        for one in range(regions):
            assert found.shapley[one, target] == pytest.approx(exact[(one,)], abs=1e-5)


@pytest.mark.parametrize("attention", ["sigmoid", "softmax"])
@pytest.mark.parametrize("regions", [1, 2, 6, 12])
def test_the_values_sum_to_what_all_regions_add_to_none(attention, regions):
    model, features = seeded(attention, regions)
    found = region_values(model.attend, features)
    np.testing.assert_allclose(found.shapley.sum(0), found.full - found.empty, atol=1e-5)
    np.testing.assert_array_equal(found.empty, model.classifier.bias.detach().numpy())


@pytest.mark.parametrize("attention", ["sigmoid", "softmax"])
def test_a_coalition_is_the_network_given_those_regions(attention):
    model, features = seeded(attention, 5)
    found = coalition_logits(model.attend, features)
    assert found.shape == (32, 5)
    for size in range(1, 6):
        for coalition in combinations(range(5), size):
            with torch.no_grad():
                alone = model.attend(features[:, list(coalition)]).logits[0].numpy()
            row = sum(1 << region for region in coalition)
            np.testing.assert_allclose(found[row], alone, atol=1e-5)


@pytest.mark.parametrize("attention", ["sigmoid", "softmax"])
def test_identical_regions_are_worth_the_same(attention):
    model, features = seeded(attention, 5)
    features[:, 3] = features[:, 1]
    found = region_values(model.attend, features)
    for values in (found.shapley, found.leave_one_out):
        np.testing.assert_allclose(values[3], values[1], atol=1e-5)
        assert np.abs(values[2] - values[1]).max() > 1e-3


def test_regions_in_another_order_keep_their_values():
    model, features = seeded(regions=5)
    order = [3, 0, 4, 1, 2]
    usual, other = (region_values(model.attend, given) for given in (features, features[:, order]))
    np.testing.assert_allclose(other.shapley, usual.shapley[order], atol=1e-5)
    np.testing.assert_allclose(other.leave_one_out, usual.leave_one_out[order], atol=1e-5)


def test_captum_agrees_on_the_same_coalitions():
    from captum.attr import ShapleyValues

    model, features = seeded(regions=4)

    def logits(present):
        return torch.from_numpy(
            np.stack([answer(model, features, row.nonzero()[:, 0].tolist()) for row in present])
        )

    found = region_values(model.attend, features).shapley
    for target in range(5):
        theirs = ShapleyValues(lambda present, target=target: logits(present)[:, target])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            # All 24 orders by themselves, not samples of them.
            expected = theirs.attribute(torch.ones(1, 4), baselines=torch.zeros(1, 4))
        np.testing.assert_allclose(found[:, target], expected[0], atol=1e-5)


def test_what_adds_up_is_told_exactly_and_a_pair_shares_its_gain():
    def attend(features):
        """Each region brings its own number, and regions 0 and 2 together 6 more."""
        own = features[..., 0].sum(1)
        both = features[..., 1].sum(1) == 2
        logits = (own + 6 * both)[:, None]
        return RanOutput(logits, own[:, None], own[:, None], own[:, None], features)

    features = torch.tensor([[[1.0, 1.0], [2.0, 0.0], [4.0, 1.0]]])
    found = region_values(attend, features)
    np.testing.assert_allclose(found.shapley, [[4.0], [2.0], [7.0]], atol=1e-6)
    np.testing.assert_allclose(found.leave_one_out, [[7.0], [2.0], [10.0]], atol=1e-6)


def test_the_plain_networks_one_region_is_worth_all():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model, features = PlainNetwork(classes=5).eval(), torch.rand(1, 1, 512)
    found = region_values(model.attend, features)
    bias = model.classifier.bias.detach().numpy()
    expected = (model.classifier(features[:, 0])[0] - model.classifier.bias).detach().numpy()
    np.testing.assert_array_equal(found.empty, bias)
    np.testing.assert_allclose(found.shapley, expected[None], atol=1e-6)
    np.testing.assert_allclose(found.leave_one_out, expected[None], atol=1e-6)


def test_the_network_is_asked_once_a_size_and_its_features_stay():
    model, features = seeded(regions=6)
    before, asked = features.clone(), []

    def attend(given):
        asked.append(len(given))
        return model.attend(given)

    found = region_values(attend, features)
    assert asked == [1, 6, 15, 20, 15, 6, 1]
    assert torch.equal(features, before)
    with pytest.raises(ValueError, match="read-only"):
        found.shapley[0] = 0


def test_more_regions_than_can_be_answered_exactly_are_refused_with_the_next_step():
    model, features = seeded(regions=13)
    with pytest.raises(BadRequest, match="13 regions would need 8,192 coalitions") as refusal:
        region_values(model.attend, features)
    assert "at most 12" in refusal.value.hint


@pytest.mark.parametrize("shape", [(2, 3, 512), (3, 512), (1, 0, 512)])
def test_features_of_no_single_face_are_refused(shape):
    model, _ = seeded()
    with pytest.raises(ValueError, match=r"features must be \[1, R, D\]"):
        region_values(model.attend, torch.zeros(shape))
