"""What `heads` keeps of an epoch: the parameters, or their moving average."""

from dataclasses import replace

import pytest
import torch

from ran.net.model import RegionAttentionNetwork
from ran.study.training.heads import head_epochs
from ran.study.training.options import Recipe

RECIPE = Recipe(head_epochs=4, head_rate=0.05)
"""Forty faces are one batch: an epoch is a step."""


def kept(recipe):
    """Return the classifier's weight as each epoch shows it, and as it is left."""
    torch.manual_seed(3)
    model = RegionAttentionNetwork(recipe.backbone, classes=8).eval()
    features = torch.randn(40, 6, model.classifier.in_features // 2)
    targets = torch.eye(8)[torch.arange(40) % 8]
    shown = [
        model.classifier.weight.detach().clone()
        for _ in head_epochs(model, features, targets, recipe)
    ]
    return shown, model.classifier.weight.detach()


def test_heads_keep_a_moving_average_and_learn_as_they_would_without():
    own, left = kept(RECIPE)
    assert torch.equal(left, own[-1]), "without an average the last parameters stay"
    expected = [own[0]]
    for step in own[1:]:
        expected.append(0.75 * expected[-1] + 0.25 * step)
    shown, left = kept(replace(RECIPE, head_ema=0.75))
    for found, right in zip(shown, expected, strict=True):
        torch.testing.assert_close(found, right)
    assert torch.equal(left, shown[-1]), "the average stays after the last epoch"
    assert (shown[-1] - own[-1]).abs().max() > 0.01, "the average lags behind"
    with pytest.raises(AssertionError):
        torch.testing.assert_close(shown[1], own[1])
