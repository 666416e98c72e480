"""Insertion minus deletion: whether the pixels that a map names first are those that count.

The face is uncovered on the baseline, pixel by pixel in the order of the map, and in the same order
taken away; the target is read on the way (Petsiuk, Das and Saenko 2018, RISE, arXiv:1806.07421). A
map that names what counts makes it rise early and fall early. Beside it stand a centre blob, which
knows no more than that a face is in the middle, and a random order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LEVELS = 8
"""Into so many equal shares of the pixels the way is cut."""


@dataclass(frozen=True)
class Curves:
    """The target on the way, in its own unit: at shares 0, 1/LEVELS, ... 1 of the pixels.

    insertion: that share is shown on the baseline; deletion: it is taken away from the face.
    """

    insertion: tuple[float, ...]
    deletion: tuple[float, ...]

    @property
    def area(self) -> float:
        """Return insertion minus deletion, the means of both over the way, in the target's unit."""
        between = np.subtract(self.insertion, self.deletion)
        return float(np.trapezoid(between, dx=1 / LEVELS))


@dataclass(frozen=True)
class Inserted:
    """The curves of a map and of its controls, on one face."""

    map: Curves
    centre: Curves
    random: Curves

    @property
    def is_no_better(self) -> bool:
        """Return whether a centre blob or a random order does as well as the map."""
        return self.map.area <= max(self.centre.area, self.random.area)


def orders(values: NDArray[np.float32], seed: int) -> dict[str, NDArray[np.intp]]:
    """Return the order of pixels i[S * S] of a map, of a centre blob, and a random one.

    Largest first, signs kept: what speaks against the target comes last. Equal values come in the
    random order, which the seed draws.
    """
    side = len(values)
    shuffled = np.random.default_rng(seed).permutation(side * side)
    steps = (np.arange(side) + 0.5) / side - 0.5
    away = steps[:, None] ** 2 + steps[None] ** 2

    def largest_first(of: NDArray[np.floating]) -> NDArray[np.intp]:
        order = np.argsort(-of.ravel()[shuffled], kind="stable")
        return np.asarray(shuffled[order])

    return {"map": largest_first(values), "centre": largest_first(-away), "random": shuffled}


def curves(
    order: NDArray[np.intp], face: Tensor, blank: Tensor, scores: Callable[[Tensor], Tensor]
) -> Curves:
    """Return the target while pixels come and go in an order; 2 LEVELS faces are answered.

    Args:
        order: of the pixels, i[S * S].
        face, blank: the face and its baseline, f32[1, 3, S, S].
        scores: the target of faces f32[B, 3, S, S], f32[B].
    """
    side = face.shape[-1]
    rank = np.empty(side * side, np.int64)
    rank[order] = np.arange(side * side)
    ranks = torch.from_numpy(rank.reshape(side, side)).to(face.device)
    ends = [round(side * side * level / LEVELS) for level in range(LEVELS + 1)]
    first = torch.stack([ranks < end for end in ends])[:, None]
    # Nothing shown is the baseline, nothing taken away the face.
    shown = torch.where(first, face, blank)
    left = torch.where(first, blank, face)
    found = scores(torch.cat([shown, left[1:-1]])).tolist()
    inside = found[LEVELS + 1 :]
    return Curves(tuple(found[: LEVELS + 1]), (found[LEVELS], *inside, found[0]))
