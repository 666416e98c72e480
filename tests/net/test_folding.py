"""Folding batch normalisation changes no answer, and leaves the network it was made from alone."""

import pytest
import torch
from torch import nn

from ran.engine import Engine
from ran.net.checkpoints import load_checkpoint
from ran.net.folding import folded
from ran.net.model import PlainNetwork, RegionAttentionNetwork


def seeded(make, backbone):
    """A network whose normalisations have learnt something, as training would leave it."""
    torch.manual_seed(0)
    network = make(backbone).eval()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.2)
            nn.init.normal_(part.running_mean, 0, 0.2)
            nn.init.uniform_(part.running_var, 0.5, 2.0)
    return network.to(memory_format=torch.channels_last)


@pytest.mark.parametrize("make", [RegionAttentionNetwork, PlainNetwork])
@pytest.mark.parametrize("backbone", ["resnet18", "resnet34", "vgg16"])
@torch.no_grad()
def test_a_folded_network_answers_as_the_one_it_was_made_from(make, backbone):
    network = seeded(make, backbone)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    new = folded(network)
    faces = torch.rand(2, 3, 64, 64)
    old_answer, new_answer = network(faces), new(faces)
    for old, now in zip(old_answer, new_answer, strict=True):
        torch.testing.assert_close(now, old, rtol=1e-4, atol=1e-5 * float(old.abs().max()))
    assert not any(isinstance(part, nn.BatchNorm2d) for part in new.modules())
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_what_is_not_folded_is_shared_and_nothing_asks_for_gradients():
    network = seeded(RegionAttentionNetwork, "resnet18")
    new = folded(network)
    assert new.classifier.weight.data_ptr() == network.classifier.weight.data_ptr()
    assert network.classifier.weight.requires_grad
    assert not any(parameter.requires_grad for parameter in new.parameters())
    for part in new.backbone.modules():
        if isinstance(part, nn.Conv2d):
            assert part.weight.is_contiguous(memory_format=torch.channels_last)


def test_a_network_in_training_is_refused():
    with pytest.raises(ValueError, match="eval mode"):
        folded(seeded(RegionAttentionNetwork, "resnet18").train())


@torch.no_grad()
def test_the_engine_answers_with_the_folded_network_and_keeps_the_trained_one(checkpoint):
    network, card = load_checkpoint(checkpoint)
    engine = Engine(network, card, device="cpu")
    assert any(isinstance(part, nn.BatchNorm2d) for part in engine.model.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in engine.asked.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in engine.explainer.twin.modules())
    crops = torch.rand(1, 6, 3, card.input_size, card.input_size)
    one, other = engine.model.features(crops), engine.asked.features(crops)
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
