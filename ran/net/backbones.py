"""The backbones r(.): one row each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import nn
from torchvision import models

from ran.net import dlib29


class Backbone(NamedTuple):
    """A backbone: how it is made, where its maps are taken, what it needs.

    make: an untrained module f32[N, 3, H, W] -> f32[N, D], and D. last_stage: the stage of
    convolutions that Grad-CAM looks at, its ReLU included, by the module's name. smallest: pixels
    of the smallest picture that it takes.
    """

    make: Callable[[], tuple[nn.Module, int]]
    last_stage: str
    smallest: int = 32


def _resnet(make: Callable[..., models.ResNet]) -> tuple[nn.Module, int]:
    network = make(weights=None)
    features = network.fc.in_features
    network.fc = nn.Identity()
    return network, features


def _vgg16() -> tuple[nn.Module, int]:
    network = models.vgg16(weights=None)
    network.avgpool = nn.AdaptiveAvgPool2d(1)
    network.classifier = nn.Identity()
    return network, 512


BACKBONES = {
    "resnet18": Backbone(lambda: _resnet(models.resnet18), "layer4"),
    "resnet34": Backbone(lambda: _resnet(models.resnet34), "layer4"),
    "vgg16": Backbone(_vgg16, "features.29"),
    "dlib29": Backbone(lambda: (dlib29.Dlib29(), dlib29.WIDTH), dlib29.LAST_STAGE, dlib29.SMALLEST),
}
"""By the names that cards and recipes give.

Stages on faces of 224 pixels: 7 x 7 positions for a ResNet; 14 x 14 for VGG16, whose last ReLU
stands before a max pooling (relu5_3, the layer that the authors of Grad-CAM released their code
with). dlib29 at 150 pixels: 8 x 8; its later stages, 4 x 4 and 2 x 2, are too
coarse to say where.
"""
