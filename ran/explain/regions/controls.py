"""Controls of attention: the same network's answers with other weights in place of its own.

The representation is P = sum_i w_i [F_i : F_m] (Wang et al. 2020, arXiv:1905.04075). A control puts
other weights in place of w and leaves F_m, the features and the classifier as they are. Where the
answers stay as good, w carries nothing about the face. Two more controls give the network fewer
regions, as in ran.explain.regions.intervene: then mu, nu and F_m are those of what is left.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ran.net.attention import weighted_mean
from ran.net.model import RegionAttentionNetwork
from ran.words import later

LEARNT = later("learnt")
CONTROLS = {
    LEARNT: later("the network's own weights"),
    later("another face"): later(
        "the weights of another face, drawn by a seed: no face keeps its own"
    ),
    later("mean"): later("the mean weights of all faces: one fixed order of regions"),
    later("uniform"): later("every region alike"),
    later("mu only"): later("self-attention alone"),
    later("nu only"): later("relation-attention alone"),
    later("reversed"): later("the face's own weights, the largest where the smallest is"),
    later("whole face alone"): later("the network is given the whole face and no crop"),
    later("without the whole face"): later("the network is given the crops alone"),
}
"""Names of the controls, the network's own answer first, and what each puts in place of w."""


@torch.no_grad()
def controlled(
    model: RegionAttentionNetwork, features: Tensor, *, seed: int = 0
) -> dict[str, Tensor]:
    """Return the logits f32[N, C] under each of CONTROLS.

    Args:
        model: the network behind its backbone, in eval mode.
        features: f32[N, R, D], whole face first, all cut by one layout; two faces at least.
        seed: which other face lends its weights.

    Raises:
        ValueError: if there are fewer than two faces or two regions.
    """
    faces, regions = features.shape[:2]
    if faces < 2 or regions < 2:
        raise ValueError(f"controls need two faces and two regions, got {faces} and {regions}")
    output = model.attend(features)
    mu, nu, w = output.self_weights, output.relation_weights, output.weights
    anchor = weighted_mean(features, mu)
    weights = {
        "another face": w[another_face(faces, seed).to(w.device)],
        "mean": w.mean(0, keepdim=True).expand_as(w),
        "uniform": torch.ones_like(w),
        "mu only": mu,
        "nu only": nu,
        "reversed": reversed_ranks(w),
    }
    answers = {
        name: model.classifier(torch.cat([weighted_mean(features, other), anchor], dim=1))
        for name, other in weights.items()
    }
    answers |= {
        LEARNT: output.logits,
        "whole face alone": model.attend(features[:, :1]).logits,
        "without the whole face": model.attend(features[:, 1:]).logits,
    }
    return {name: answers[name] for name in CONTROLS}


def another_face(faces: int, seed: int) -> Tensor:
    """Return a permutation i64[N] that leaves no face in its place, by the seed: one long cycle."""
    order = torch.randperm(faces, generator=torch.Generator().manual_seed(seed))
    lender = torch.empty_like(order)
    lender[order] = order.roll(1)
    return lender


def reversed_ranks(weights: Tensor) -> Tensor:
    """Return each row's values f32[B, R] in reversed order of rank: the largest changes places
    with the smallest.
    """
    order = weights.argsort(1)
    return torch.empty_like(weights).scatter(1, order, weights.gather(1, order.flip(1)))
