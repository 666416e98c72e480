"""The backbones: dlib29 beside a plain restatement of the original, and what each row promises."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ran.net.backbones import BACKBONES
from ran.net.dlib29 import SMALLEST, Dlib29
from ran.net.folding import folded
from ran.net.model import PlainNetwork


def seeded():
    """A network whose normalisations differ from the identity."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = Dlib29().eval()
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(0, 0.1)
                part.running_var.uniform_(0.5, 1.5)
                part.weight.data.uniform_(0.5, 1.5)
                part.bias.data.normal_(0, 0.1)
    return network


def affine(norm, maps):
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shift = norm.bias - norm.running_mean * scale
    return maps * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)


def restated(network, picture):
    """The original's layers one by one, from its published description."""
    maps = torch.relu(affine(network.norm, F.conv2d(picture, network.conv.weight, stride=2)))
    maps = F.max_pool2d(maps, 3, 2)
    sides = [maps.shape[-1]]
    for stage in range(1, 6):
        for number, block in enumerate(getattr(network, f"stage{stage}")):
            down = stage > 1 and number == 0
            long = F.conv2d(maps, block.conv1.weight, stride=2 if down else 1,
                            padding=0 if down else 1)  # fmt: skip
            long = torch.relu(affine(block.norm1, long))
            long = affine(block.norm2, F.conv2d(long, block.conv2.weight, padding=1))
            short = F.avg_pool2d(maps, 2) if down else maps
            side = max(long.shape[-1], short.shape[-1])
            total = torch.zeros(1, long.shape[1], side, side)
            total[:, :, : long.shape[-1], : long.shape[-1]] += long
            total[:, : short.shape[1], : short.shape[-1], : short.shape[-1]] += short
            maps = torch.relu(total)
        sides.append(maps.shape[-1])
    return maps.mean((2, 3)), sides


@pytest.mark.parametrize(
    ("side", "sides"), [(150, [35, 35, 17, 8, 4, 2]), (112, [26, 26, 13, 6, 3, 1])]
)
def test_dlib29_computes_what_the_original_does(side, sides):
    network, picture = seeded(), torch.rand(1, 3, side, side)
    with torch.no_grad():
        wanted, found = restated(network, picture)
        torch.testing.assert_close(network(picture), wanted)
    assert found == sides


def test_dlib29_has_29_convolutions_and_5_6_million_parameters():
    network = Dlib29()
    assert sum(isinstance(part, nn.Conv2d) for part in network.modules()) == 29
    assert sum(isinstance(part, nn.BatchNorm2d) for part in network.modules()) == 29
    assert 5.5e6 < sum(value.numel() for value in network.parameters()) < 5.7e6


def test_dlib29_refuses_what_its_last_block_cannot_see():
    network = seeded()
    assert network(torch.rand(1, 3, SMALLEST, SMALLEST)).isfinite().all()
    with pytest.raises(ValueError, match="at least 103 pixels, got 102 x 102"):
        network(torch.rand(1, 3, SMALLEST - 1, SMALLEST - 1))


@pytest.mark.parametrize("name", BACKBONES)
def test_a_row_says_its_width_its_stage_and_its_smallest_picture(name):
    row = BACKBONES[name]
    model = PlainNetwork(name, classes=5).eval()
    assert isinstance(model.backbone.get_submodule(row.last_stage), nn.Module)
    pictures = torch.rand(2, 1, 3, row.smallest, row.smallest)
    with torch.no_grad():
        features = model.features(pictures)
        np.testing.assert_allclose(folded(model).features(pictures), features, rtol=1e-3, atol=1e-4)
    assert features.shape == (2, 1, model.width)
