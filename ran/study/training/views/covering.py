"""Covers on the views that a network is trained on: halves, boxes, ovals and bands, in three fills.

What is random comes in as numbers, one row a face: a face's cover does not depend on who else is in
the batch. The kinds are those of the recipe that docs/training.md describes; stickers and parts of
a face, which the app offers, are not among them.
"""

from __future__ import annotations

import torch
from torch import Tensor

COVER_DRAWS = 10
"""Random numbers that one cover takes."""
KINDS = 7
"""Upper, lower, left and right part, box, oval, band across the eyes or the nose."""


def covered(views: Tensor, others: Tensor, draws: Tensor, *, share: float) -> Tensor:
    """Return views of which a share has a cover, f32[N, C, S, S].

    A cover is filled with one grey (one half of them), with noise (one quarter) or with what
    another face shows there (one quarter).

    Args:
        views: f32[N, C, S, S] in [0, 1], all channels alike.
        others: f32[N, C, S, S], another face's view for each.
        draws: f32[N, COVER_DRAWS] in [0, 1), on the views' device; equal rows give equal covers.
        share: of the views that are covered, in [0, 1].
    """
    chosen, which, grey, seed, *place = draws.unbind(1)
    side = views.shape[-1]
    hidden = _hidden(torch.stack(place, 1), side) & _wide(chosen < share)
    fill = torch.where(
        _wide(which < 0.5),
        _wide(grey).expand_as(views),
        torch.where(_wide(which < 0.75), _noise(seed, side), others),
    )
    return torch.where(hidden, fill, views)


def _hidden(draws: Tensor, side: int) -> Tensor:
    """Return what a cover of a random kind hides, bool[N, 1, S, S], for draws f32[N, 6]."""
    kind, part, height, width, down, across = draws.unbind(1)
    number = (kind * KINDS).floor().long()
    middle = (torch.arange(side, device=draws.device) + 0.5) / side
    y, x = middle.view(1, side, 1), middle.view(1, 1, side)

    def between(value: Tensor, low: float, high: float) -> Tensor:
        return (low + (high - low) * value).view(-1, 1, 1)

    depth = between(part, 0.25, 0.55)
    tall, wide = between(height, 0.2, 0.65), between(width, 0.2, 0.65)
    top, left = down.view(-1, 1, 1) * (1.0 - tall), across.view(-1, 1, 1) * (1.0 - wide)
    high, broad = between(height, 0.15, 0.36), between(width, 0.15, 0.36)
    middle_y, middle_x = between(down, 0.25, 0.75), between(across, 0.25, 0.75)
    brow = between(part, 0.275, 0.365)
    shapes = (
        y < depth,
        y > 1.0 - depth,
        x < depth,
        x > 1.0 - depth,
        (y >= top) & (y < top + tall) & (x >= left) & (x < left + wide),
        ((y - middle_y) / high) ** 2 + ((x - middle_x) / broad) ** 2 < 1.0,
        (y > brow) & (y < brow + 0.18),
    )
    every = torch.stack([shape.expand(len(draws), side, side) for shape in shapes], 1)
    return every.gather(1, number.view(-1, 1, 1, 1).expand(-1, 1, side, side))


def _noise(seed: Tensor, side: int) -> Tensor:
    """Return numbers in [0, 1) for each pixel, f32[N, 1, S, S], by the seed f32[N] alone."""
    pixel = torch.arange(side * side, device=seed.device)
    number = pixel * 2_654_435_761 + (seed * 2**24).long().view(-1, 1) * 40_503
    for shift, factor in ((15, 2_246_822_519), (13, 3_266_489_917)):
        number = ((number ^ (number >> shift)) * factor) & 0xFFFFFFFF
    return ((number >> 8).float() / 2**24).view(-1, 1, side, side)


def _wide(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)
