"""Two faces in one view: mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

MIX_DRAWS = 4
"""Random numbers that one mixture takes."""


def mixed(
    views: Tensor,
    others: Tensor,
    targets: Tensor,
    other_targets: Tensor,
    draws: Tensor,
    *,
    mixup: float,
    cutmix: float,
) -> tuple[Tensor, Tensor]:
    """Return views with another face in some of them, and the labels shared out accordingly.

    A share `mixup` of the views is blended with the other by a uniform share; a share `cutmix`
    gets a rectangle of it, of a uniform share of the area and the view's own proportions.

    Args:
        views: f32[N, 3, S, S].
        others: f32[N, 3, S, S], another face's view for each.
        targets: f32[N, C], rows that sum to one.
        other_targets: f32[N, C], of the others.
        draws: f32[N, MIX_DRAWS] in [0, 1).
        mixup: in [0, 1]; together with `cutmix` at most 1.
        cutmix: in [0, 1].
    """
    which, share, across, down = draws.unbind(1)
    blended, pasted = which < mixup, (which >= mixup) & (which < mixup + cutmix)
    inside = _rectangle(share, across, down, views.shape[-1])
    # How much of the other's pixels is taken, f32[N, 1, S, S].
    taken = torch.where(
        _wide(blended), _wide(share), torch.where(_wide(pasted), inside, inside.new_zeros(()))
    )
    # Its label counts as much as its pixels: of a rectangle cut at whole pixels, what was pasted.
    part = taken.mean((1, 2, 3)).unsqueeze(1)
    return views + taken * (others - views), targets + part * (other_targets - targets)


def _rectangle(share: Tensor, across: Tensor, down: Tensor, side: int) -> Tensor:
    """Return 1 inside and 0 outside of a square of so much of the area, f32[N, 1, S, S]."""
    length = share.sqrt()
    middle = (torch.arange(side, device=share.device) + 0.5) / side
    rows, columns = (
        (middle >= (start * (1.0 - length))[:, None])
        & (middle < (start * (1.0 - length) + length)[:, None])
        for start in (down, across)
    )
    return (rows[:, :, None] & columns[:, None, :]).float().unsqueeze(1)


def _wide(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)
