"""The Region Attention Network, and the plain network it is compared with.

    F_i = r(I_i);  mu_i = sigmoid(q0 . F_i);  F_m = sum_i mu_i F_i / sum_i mu_i
    nu_i = sigmoid(q1 . [F_i : F_m]);  P = sum_i mu_i nu_i [F_i : F_m] / sum_i mu_i nu_i

One linear layer turns P into logits (Wang et al. 2020, arXiv:1905.04075). A region's combined
weight is w_i = mu_i nu_i / sum_j mu_j nu_j. The number of regions is free.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ran.deadline import check
from ran.net.attention import Attention, RelationAttention, SelfAttention, weighted_mean
from ran.net.backbones import BACKBONES
from ran.net.regions import RegionLayout, crop_regions, fixed_layout, pixel_boxes

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a grey picture (ITU-R BT.601, as Pillow's mode L)."""


class RanOutput(NamedTuple):
    """What a network returns: its answer and the attention that led to it.

    logits f32[B, C]; self_weights (mu), relation_weights (nu) and weights (w, rows sum to one)
    f32[B, R]; features f32[B, R, D]. A plain network has R = 1 and weights 1.
    """

    logits: Tensor
    self_weights: Tensor
    relation_weights: Tensor
    weights: Tensor
    features: Tensor


class _FaceNetwork(nn.Module):
    """What both networks share: the backbone, the input's colour and its normalisation."""

    mean: Tensor
    std: Tensor
    luma: Tensor

    def __init__(self, backbone: str, grey: bool) -> None:
        super().__init__()
        if backbone not in BACKBONES:
            raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, got {backbone!r}")
        self.backbone, self.width = BACKBONES[backbone].make()
        self.grey = grey
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))
        self.register_buffer("std", torch.ones(1, 3, 1, 1))
        self.register_buffer("luma", torch.tensor(LUMA).view(1, 3, 1, 1), persistent=False)

    @property
    def parameter_count(self) -> int:
        """Return how many numbers it learnt."""
        return sum(one.numel() for one in self.parameters())

    def restore_constants(self) -> None:
        """Rebuild what no checkpoint holds, after the network was built without memory."""
        self.luma = torch.tensor(LUMA).view(1, 3, 1, 1)

    def see(self, pictures: Tensor) -> Tensor:
        """Return f32[..., 3, H, W] as the backbone sees it before normalisation: grey if grey."""
        if not self.grey:
            return pictures
        return (pictures * self.luma.to(pictures.dtype)).sum(-3, keepdim=True).expand_as(pictures)

    def features(self, crops: Tensor) -> Tensor:
        """Return F_i, f32[B, R, D], for crops f32[B, R, 3, S, S] in [0, 1].

        Raises:
            TookTooLong: if the time set by ran.deadline is up.
        """
        check()
        batch, regions = crops.shape[:2]
        pictures = (self.see(crops.flatten(0, 1)) - self.mean) / self.std
        features: Tensor = self.backbone(pictures)
        return features.view(batch, regions, -1)


class RegionAttentionNetwork(_FaceNetwork):
    """RAN: one backbone for all regions, self-attention, relation-attention, one classifier.

    Args:
        backbone: a name of BACKBONES.
        classes: C, how many expressions it tells apart.
        attention: "sigmoid" (the paper) or "softmax" (the authors' released code).
        grey: whether pictures are made grey before they are seen.
        layout: how `forward` cuts a face; None is the paper's fixed layout.
    """

    def __init__(
        self,
        backbone: str = "resnet18",
        *,
        classes: int = 8,
        attention: Attention = "sigmoid",
        grey: bool = True,
        layout: RegionLayout | None = None,
    ) -> None:
        super().__init__(backbone, grey)
        self.self_attention = SelfAttention(self.width, attention)
        self.relation_attention = RelationAttention(self.width, attention)
        self.classifier = nn.Linear(2 * self.width, classes)
        self.layout = fixed_layout() if layout is None else layout

    def forward(self, faces: Tensor, boxes: Tensor | None = None) -> RanOutput:
        """Cut faces f32[B, 3, S, S] in [0, 1] into regions and answer for each face.

        `boxes`, i64[R, 4] in pixels with the whole face first, replaces the network's own layout;
        i64[B, R, 4] cuts each face in its own way.
        """
        if boxes is None:
            boxes = pixel_boxes(self.layout, faces.shape[-1])
        return self.forward_regions(crop_regions(faces, boxes))

    def forward_regions(self, crops: Tensor) -> RanOutput:
        """Answer for crops f32[B, R, 3, S, S] in [0, 1], whole face first."""
        return self.attend(self.features(crops))

    def attend(self, features: Tensor, present: Tensor | None = None) -> RanOutput:
        """Answer for the regions' features f32[B, R, D]: everything behind the backbone.

        `present`, bool[B, R] with one true a row at least, says which regions are there: the
        answer is that of these alone, mu, nu and w of the others are 0.
        """
        mu = self.self_attention(features, present)
        nu, pairs = self.relation_attention(features, mu, present)
        products = mu * nu
        logits = self.classifier(weighted_mean(pairs, products))
        weights = products / products.sum(1, keepdim=True)
        return RanOutput(logits, mu, nu, weights, features)


class PlainNetwork(_FaceNetwork):
    """The baseline: the same backbone on the whole face alone. R = 1, every weight 1."""

    def __init__(self, backbone: str = "resnet18", *, classes: int = 8, grey: bool = True) -> None:
        super().__init__(backbone, grey)
        self.classifier = nn.Linear(self.width, classes)
        self.layout = RegionLayout(fixed_layout().boxes[:1], "whole")

    def forward(self, faces: Tensor, boxes: Tensor | None = None) -> RanOutput:
        """Answer for faces f32[B, 3, S, S] in [0, 1]; `boxes` may only be the whole face."""
        if boxes is not None and len(boxes) != 1:
            raise ValueError(f"a plain network sees the whole face alone, got {len(boxes)} boxes")
        return self.forward_regions(faces.unsqueeze(1))

    def forward_regions(self, crops: Tensor) -> RanOutput:
        """Answer for crops f32[B, 1, 3, S, S] in [0, 1]."""
        return self.attend(self.features(crops))

    def attend(self, features: Tensor) -> RanOutput:
        """Answer for the whole face's features f32[B, 1, D]."""
        if features.shape[1] != 1:
            raise ValueError(f"a plain network has one region, got {features.shape[1]}")
        ones = features.new_ones(features.shape[:2])
        return RanOutput(self.classifier(features[:, 0]), ones, ones, ones, features)
