"""How training asks a RAN's regions: some left out, some another face's, each alone as well.

A network whose whole face and crops are always there, all of one face, need not use its weights.
What follows makes regions earn theirs (docs/training.md says what each part did).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ran.net.model import RanOutput, RegionAttentionNetwork
from ran.net.regions import crop_regions
from ran.study.training.objective import ran_loss
from ran.study.training.options import Recipe

REGION_DRAWS = 2
"""Random numbers that one region of one face takes."""
TEMPERATURE = 0.5
"""By which the regions' own errors become the shares that `responsibility` draws w to."""


class Asked(NamedTuple):
    """What a RAN answers when its regions are asked this way.

    output: of the regions that are there; alone f32[B, R, C], the logits of each region by itself,
    of [F_i : F_i]; present bool[B, R], which are there; own bool[B, R], which are the face's own.
    """

    output: RanOutput
    alone: Tensor
    present: Tensor
    own: Tensor


def ask(model: RegionAttentionNetwork, features: Tensor, draws: Tensor, recipe: Recipe) -> Asked:
    """Ask a network behind its backbone for B faces; one own region at least is there of each.

    Args:
        model: its attention modules and classifier answer.
        features: f32[B, R, D], whole face first.
        draws: f32[B, REGION_DRAWS, R] in [0, 1).
        recipe: its exchanged, drop_whole and drop_crops.
    """
    exchange, drop = draws.unbind(1)
    exchanged = exchange < _rates(recipe.exchanged / 2, recipe.exchanged, exchange)
    own = ~(exchanged & ~exchanged.all(1, keepdim=True))
    present = drop >= _rates(recipe.drop_whole, recipe.drop_crops, drop)
    lost = ~(present & own).any(1, keepdim=True)
    present = torch.where(lost, own, present)
    features = torch.where(own.unsqueeze(-1), features, features.roll(1, 0))
    alone = model.classifier(torch.cat([features, features], dim=-1))
    return Asked(model.attend(features, present), alone, present, own)


def asked_loss(asked: Asked, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return what training makes small, a scalar: RAN's own loss and the recipe's further terms.

    With CE_i the error of region i by itself and p_i its probabilities:

        alone           the mean of CE_i over the face's own regions
        mixture         -sum_y t_y log sum_i w_i p_i(y)
        responsibility  KL(r || w), r_i = softmax_i(-CE_i / TEMPERATURE) without gradient, as the
                        gate of a mixture of experts is trained (Jacobs and others 1991)

    Args:
        asked: of B faces.
        targets: f32[B, C], rows that sum to one.
        recipe: its alpha, rb_loss, alone, mixture and responsibility.
    """
    output, alone, present, own = asked
    loss = ran_loss(output, targets, recipe, present=present)
    logs = alone.float().log_softmax(2)
    errors = -(targets.unsqueeze(1) * logs).sum(2)
    if recipe.alone > 0:
        loss = loss + recipe.alone * (errors * own).sum() / own.sum()
    weights = output.weights.float().clamp(min=1e-9).log().masked_fill(~present, -torch.inf)
    if recipe.mixture > 0:
        mixed = (weights.unsqueeze(2) + logs).logsumexp(1)
        loss = loss - recipe.mixture * (targets * mixed).sum(1).mean()
    if recipe.responsibility > 0:
        scores = (-errors.detach() / TEMPERATURE).masked_fill(~present, -torch.inf)
        shares = scores.softmax(1)
        apart = torch.xlogy(shares, shares) - shares * weights.masked_fill(~present, 0.0)
        loss = loss + recipe.responsibility * apart.sum(1).mean()
    return loss


class AskedNetwork(nn.Module):
    """A RAN that is asked so in one forward pass, as several processes need it.

    Args:
        network: what is trained.
        recipe: how its regions are asked.
    """

    def __init__(self, network: RegionAttentionNetwork, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe

    def forward(self, faces: Tensor, boxes: Tensor, draws: Tensor) -> Asked:
        """Cut faces f32[B, 3, S, S] by boxes i64[R, 4], draws f32[B, REGION_DRAWS, R], and ask."""
        features = self.network.features(crop_regions(faces, boxes))
        return ask(self.network, features, draws, self.recipe)


def _rates(whole: float, crops: float, like: Tensor) -> Tensor:
    """Return one rate a region, f32[R], the whole face's first."""
    rates = like.new_full(like.shape[1:], crops)
    rates[0] = whole
    return rates
