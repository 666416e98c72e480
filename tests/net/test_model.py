"""RAN against a second, plainer statement of it, and the laws its attention obeys."""

import math
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ran.net.attention import rb_margin, region_biased_loss
from ran.net.backbones import BACKBONES, Backbone
from ran.net.model import PlainNetwork, RegionAttentionNetwork


class TinyBackbone(nn.Module):
    """Five features: stands where a ResNet would, so that the laws cost nothing."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3 * 4 * 4, 5)

    def forward(self, pictures):
        return self.layer(nn.functional.adaptive_avg_pool2d(pictures, 4).flatten(1))


def tiny(attention="sigmoid", *, grey=False):
    torch.manual_seed(0)
    with patch.dict(BACKBONES, {"tiny": Backbone(lambda: (TinyBackbone(), 5), "layer4", 8)}):
        return RegionAttentionNetwork("tiny", attention=attention, classes=3, grey=grey).eval()


def stated_plainly(model, features):
    """RAN for one face as loops over numbers: features is a list of R lists of D floats."""
    softmax = model.self_attention.attention == "softmax"

    def sigmoid(x):
        return 1 / (1 + math.exp(-x))

    def line(layer, values, row=0):
        weights = layer.weight[row].tolist()
        return sum(w * v for w, v in zip(weights, values, strict=True)) + layer.bias[row].item()

    def convention(scores):
        weights = [sigmoid(score) for score in scores]
        if not softmax:
            return weights
        total = sum(math.exp(w) for w in weights)
        return [math.exp(w) / total for w in weights]

    width = len(features[0])
    mu = convention([line(model.self_attention.query, f) for f in features])
    anchor = [
        sum(m * f[d] for m, f in zip(mu, features, strict=True)) / sum(mu) for d in range(width)
    ]
    pairs = [f + anchor for f in features]
    nu = convention([line(model.relation_attention.query, p) for p in pairs])
    products = [m * n for m, n in zip(mu, nu, strict=True)]
    pooled = [
        sum(p * pair[d] for p, pair in zip(products, pairs, strict=True)) / sum(products)
        for d in range(2 * width)
    ]
    logits = [line(model.classifier, pooled, c) for c in range(3)]
    return logits, mu, nu, [p / sum(products) for p in products]


@pytest.mark.parametrize("attention", ["sigmoid", "softmax"])
def test_the_network_agrees_with_a_plain_restatement(attention):
    model = tiny(attention)
    features = torch.randn(1, 6, 5)
    output = model.attend(features)
    for ours, plain in zip(output[:4], stated_plainly(model, features[0].tolist()), strict=True):
        assert ours[0].tolist() == pytest.approx(plain, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(0, 10**6), st.sampled_from(["sigmoid", "softmax"]))
def test_weights_are_positive_sum_to_one_and_follow_a_permutation(regions, seed, attention):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(2, regions, 5, generator=generator)
    order = torch.randperm(regions, generator=generator)
    model = tiny(attention)
    output, permuted = model.attend(features), model.attend(features[:, order])
    assert (output.weights > 0).all()
    assert output.weights.sum(1).tolist() == pytest.approx([1.0, 1.0], abs=1e-5)
    assert torch.allclose(output.weights[:, order], permuted.weights, atol=1e-5)
    assert torch.allclose(output.logits, permuted.logits, atol=1e-5)


def test_identical_regions_share_the_weight_equally():
    features = torch.randn(1, 1, 5).expand(1, 4, 5)
    assert tiny().attend(features).weights[0].tolist() == pytest.approx([0.25] * 4)


def test_without_queries_every_weight_is_uniform():
    model = tiny()
    for head in (model.self_attention.query, model.relation_attention.query):
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
    assert model.attend(torch.randn(1, 6, 5)).weights[0].tolist() == pytest.approx([1 / 6] * 6)


def test_softmax_weights_stay_inside_the_published_bounds():
    model = tiny("softmax")
    mu = model.attend(100 * torch.randn(50, 6, 5)).self_weights
    low, high = 1 / (1 + 5 * math.e), math.e / (math.e + 5)
    assert low - 1e-6 <= mu.min()
    assert mu.max() <= high + 1e-6
    assert rb_margin(mu).max() <= (math.e - 1) / (math.e + 5) + 1e-6


def test_a_batch_agrees_with_single_faces():
    model, faces = tiny(), torch.rand(3, 3, 32, 32)
    together = model(faces)
    for index in range(3):
        alone = model(faces[index : index + 1])
        assert torch.allclose(together.logits[index], alone.logits[0], atol=1e-5)


def test_a_grey_network_cannot_tell_colours_of_equal_luma_apart():
    model = tiny(grey=True)
    red, green = torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)
    red[:, 0], green[:, 1] = 0.587, 0.299
    assert torch.allclose(model(red).logits, model(green).logits, atol=1e-5)
    assert not torch.allclose(model(red).logits, model(2 * green).logits, atol=1e-3)


def test_the_plain_network_is_a_ran_output_of_one_region():
    model = PlainNetwork(classes=4).eval()
    output = model(torch.rand(2, 3, 32, 32))
    assert output.logits.shape == (2, 4)
    assert torch.equal(output.weights, torch.ones(2, 1))


@pytest.mark.parametrize("backbone", ["resnet18", "resnet34", "vgg16"])
def test_each_backbone_answers_512_features_a_region(backbone):
    model = RegionAttentionNetwork(backbone, classes=7).eval()
    with torch.no_grad():
        output = model.forward_regions(torch.rand(1, 2, 3, 32, 32))
    assert output.features.shape == (1, 2, 512)
    assert output.logits.shape == (1, 7)


def test_an_unknown_backbone_is_refused_with_the_list():
    with pytest.raises(ValueError, match="resnet18, resnet34, vgg16"):
        RegionAttentionNetwork("resnet19")


def test_the_margin_is_taken_over_crops_only():
    assert rb_margin(torch.tensor([[0.9, 0.2, 0.5]])).tolist() == pytest.approx([-0.4])


def test_the_loss_has_the_hand_computed_value():
    mu = torch.tensor([[0.50, 0.51, 0.2], [0.50, 0.60, 0.2], [0.50, 0.52, 0.1]])
    assert region_biased_loss(mu).tolist() == pytest.approx([0.01, 0.0, 0.0], abs=1e-6)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=8), st.floats(0, 1, width=32))
def test_the_loss_is_zero_exactly_where_the_margin_reaches_alpha(mu, alpha):
    weights = torch.tensor([mu])
    reached = rb_margin(weights).item() >= alpha
    assert (region_biased_loss(weights, alpha=alpha).item() == 0) == reached


def test_a_margin_without_crops_is_refused():
    with pytest.raises(ValueError, match="R >= 2"):
        rb_margin(torch.ones(3, 1))
