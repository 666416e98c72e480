"""RAN as a plain loop over regions, the way its authors run it: what the engine is compared with.

    F_i = r(I_i);  mu_i = sigmoid(q0 . F_i);  F_m = sum_i mu_i F_i / sum_i mu_i
    nu_i = sigmoid(q1 . [F_i : F_m]);  P = sum_i mu_i nu_i [F_i : F_m] / sum_i mu_i nu_i

The logits are one linear layer of P (Wang et al. 2020, arXiv:1905.04075). Nothing here is ours but
the names of the parameters, so that the same values can be put into both, and the backbone where a
network of another one is compared (`reference_around`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torchvision import models

from ran.net.model import RegionAttentionNetwork


class ReferenceRan(nn.Module):
    """A RAN, colour in, values in [0, 1], one region after another.

    Args:
        classes: how many it tells apart.
        backbone: of `width` features; None is ResNet-18.
        width: how many features the backbone gives.
    """

    def __init__(self, classes: int, backbone: nn.Module | None = None, width: int = 512) -> None:
        super().__init__()
        if backbone is None:
            backbone = models.resnet18(weights=None)
            backbone.fc = nn.Identity()
        self.backbone = backbone
        self.q0 = nn.Linear(width, 1)
        self.q1 = nn.Linear(2 * width, 1)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, regions: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return logits f32[B, C] and combined weights f32[B, R] for R crops f32[B, 3, H, W]."""
        features, self_weights = [], []
        for region in regions:
            feature = self.backbone(region)
            features.append(feature)
            self_weights.append(torch.sigmoid(self.q0(feature)))
        total = sum(self_weights)
        mean = sum(mu * f for mu, f in zip(self_weights, features, strict=True)) / total
        pairs, products = [], []
        for feature, mu in zip(features, self_weights, strict=True):
            pair = torch.cat([feature, mean], dim=1)
            nu = torch.sigmoid(self.q1(pair))
            pairs.append(pair)
            products.append(mu * nu)
        total = sum(products)
        answer = sum(w * pair for w, pair in zip(products, pairs, strict=True)) / total
        return self.fc(answer), torch.cat([w / total for w in products], dim=1)


class _Seeing(nn.Module):
    """A network's own backbone as it was trained, with what it does to a crop before."""

    def __init__(self, network: RegionAttentionNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, region: Tensor) -> Tensor:
        found: Tensor = self.network.features(region[:, None])[:, 0]
        return found


def reference_around(network: RegionAttentionNetwork) -> ReferenceRan:
    """Return the reference, in eval mode, whose backbone and parameters are the network's."""
    plainly = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    model = ReferenceRan(network.classifier.out_features, _Seeing(plainly), network.width)
    model.q0.load_state_dict(network.self_attention.query.state_dict())
    model.q1.load_state_dict(network.relation_attention.query.state_dict())
    model.fc.load_state_dict(network.classifier.state_dict())
    return model.eval()


def reference_from(state: Mapping[str, Tensor]) -> ReferenceRan:
    """Return the reference, in eval mode, with the parameters of our network's `state_dict`."""
    names = {
        "self_attention.query.": "q0.",
        "relation_attention.query.": "q1.",
        "classifier.": "fc.",
        "backbone.": "backbone.",
    }
    renamed = {
        theirs + key.removeprefix(ours): value.clone()
        for key, value in state.items()
        for ours, theirs in names.items()
        if key.startswith(ours)
    }
    model = ReferenceRan(renamed["fc.weight"].shape[0])
    model.load_state_dict(renamed)
    return model.eval()
