"""How far a heatmap can be trusted: four measures, each of the map against the network.

- Insertion minus deletion (ran.explain.trust.insertion): whether the pixels that the map names
  first are those that count.

- Infidelity (Yeh et al. 2019, arXiv:1901.09392): hide squares of the face and compare how much the
  map says was hidden with how much the target falls.
- Max-sensitivity (the same): how much the map changes when the face hardly does.
- Parameter randomisation (Adebayo et al. 2018, arXiv:1810.03292): whether the map changes when the
  network forgets what it learnt (ran.explain.trust.redrawn). One that does not is about the face
  alone.

Infidelity and max-sensitivity are Captum's; what they are fed is made here, so that a map can be
made step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ran.explain.heatmap import Heatmap
from ran.explain.maps.methods import METHODS
from ran.explain.trust.insertion import Inserted
from ran.explain.trust.ranks import spearman

RADIUS = 0.02
"""How far each value of a shaken face may lie from its own, in units of [0, 1]: five levels."""
SIDES = (0.25, 0.5)
"""Smallest and largest side of a hidden square, in units of the face's side."""
REDRAWN = 2
"""Networks that learnt nothing: by chance, one alone had 15 % of Grad-CAMs at UNCHANGED."""
UNCHANGED = 0.5
"""The rho from which a map counts as that of networks that learnt nothing (docs/explain.md)."""


@dataclass(frozen=True)
class Faithfulness:
    """What is known of a map after `draws` hidden squares and as many shaken faces.

    gap_share as Heatmap's; infidelity in [0, 1], the share of the target's falls that the map does
    not account for, 0 for a map that tells each of them, 1 for one that tells none; by its side
    those of a flat map and of a centre blob as wide as the map; inserted, insertion and deletion of
    the map and of its controls;
    max_sensitivity, the largest change of the map, relative to the map; randomised in [0, 1],
    Spearman of the map and those of redrawn parameters, the least. None where something is not
    known yet or not defined: a flat map has no rank, a target that no square moves no falls.
    """

    gap_share: float | None
    infidelity: float | None
    max_sensitivity: float | None
    randomised: float | None
    draws: int
    infidelity_flat: float | None = None
    infidelity_centre: float | None = None
    inserted: Inserted | None = None

    @property
    def is_unchanged(self) -> bool:
        """Return whether networks that learnt nothing give much the same map."""
        return self.randomised is not None and self.randomised >= UNCHANGED

    @property
    def tells_no_more(self) -> bool:
        """Return whether a flat map or a centre blob tells the falls as well as the map."""
        others = (self.infidelity_flat, self.infidelity_centre)
        known = [value for value in others if value is not None]
        return self.infidelity is not None and bool(known) and self.infidelity >= min(known)


@dataclass(frozen=True)
class Checking:
    """How far a check is: `done` of `of` steps, and what is known so far.

    `faithfulness` is None until the map itself is there; its `draws` says on how much it rests. The
    last one, with done == of, rests on all draws.
    """

    done: int
    of: int
    faithfulness: Faithfulness | None


def infidelity(values: Tensor, holes: Tensor, falls: Tensor) -> float | None:
    """Return how badly a map tells what hiding does, in [0, 1].

    Captum's infidelity of the face as a mask of shown pixels (Yeh et al. 2019, Definition 2.1, with
    their square removal): the mean of (beta I.a - fall)^2, I the hole and a the map, for the best
    factor beta, because a Grad-CAM is in no unit of the target. It is given as a share of the mean
    fall^2. A factor below zero would turn the map round: such a map gets 1. None for one hole, of
    which the factor makes anything, and where hiding does nothing.

    Args:
        values: f32[S, S], the map.
        holes: f32[N, S, S], 1 where the baseline is shown in place of the face, else 0.
        falls: f32[N], f(face) - f(face with the hole).
    """
    from captum.metrics import infidelity as captum_infidelity

    whole = float((falls.double() ** 2).mean())
    if whole == 0.0 or len(holes) < 2:
        return None
    if float((holes.flatten(1).double() @ values.flatten().double()) @ falls.double()) <= 0.0:
        return 1.0

    def score(shown: Tensor) -> Tensor:
        return torch.zeros_like(falls[:1]) if bool(shown.all()) else -falls

    (error,) = captum_infidelity(
        score,
        lambda shown: (holes[:, None], shown - holes[:, None]),
        torch.ones_like(values)[None, None],
        values[None, None],
        n_perturb_samples=len(holes),
        normalize=True,
    ).tolist()
    return float(np.clip(error / whole, 0.0, 1.0))


def max_sensitivity(values: Tensor, shaken: Tensor) -> float | None:
    """Return the largest |map of a shaken face - map| / |map|, Euclidean; None for a map of zeros.

    Captum's sensitivity_max (Yeh et al. 2019, Definition 3.1, Monte Carlo), given the maps instead
    of the faces. It hands the explanation a tuple and must get one back: a bare tensor is taken
    apart along its first axis, which makes the result up to hundreds of times too large.

    Args:
        values: f32[S, S], the map of the face.
        shaken: f32[N, S, S], the maps of the shaken faces.
    """
    from captum.metrics import sensitivity_max

    if not bool(values.any()):
        return None

    def explain(maps: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return maps if isinstance(maps, tuple) else (maps,)

    (largest,) = sensitivity_max(
        explain,
        values[None, None],
        perturb_func=lambda _: shaken[:, None],
        n_perturb_samples=len(shaken),
    ).tolist()
    return float(largest)


def randomised(heatmap: Heatmap, others: Sequence[Heatmap]) -> float | None:
    """Return the least likeness of a map and those of networks that learnt nothing, in [0, 1].

    Spearman's rho with signs, of Grad-CAM before its ReLU; of maps of single pixels also without
    signs, the greater of both: edges of the face that either shows are not what was learnt. A map
    that is turned round counts 0 else. The least over the networks, because two coarse maps are
    alike by chance, and a map that ignores the parameters is like all of them. A flat map has no
    order and says nothing. None where that is the map, or where no other says that it has changed
    and one is flat.
    """
    found = [_likeness(heatmap, other) for other in others]
    known = [rho for rho in found if rho is not None]
    if not known or (len(known) < len(found) and min(known) >= UNCHANGED):
        return None
    return max(0.0, min(known))


def flattened(heatmap: Heatmap) -> Heatmap:
    """Return the map with zeros for all values: what is known of one that is no number."""
    return replace(heatmap, values=np.zeros_like(heatmap.values), before_relu=None)


def _likeness(heatmap: Heatmap, other: Heatmap) -> float | None:
    """Return the rank correlation of two maps, None where one has no order."""
    if heatmap.before_relu is not None and other.before_relu is not None:
        return spearman(heatmap.before_relu, other.before_relu)
    signed = spearman(heatmap.values, other.values)
    if signed is None or heatmap.method not in METHODS or not METHODS[heatmap.method].is_of_pixels:
        return signed
    unsigned = spearman(np.abs(heatmap.values), np.abs(other.values))
    return signed if unsigned is None else max(signed, unsigned)


def draw_holes(side: int, count: int, generator: torch.Generator) -> Tensor:
    """Return squares at random places inside the face, f32[count, S, S]: 1 inside, 0 outside.

    Their sides are drawn evenly from SIDES. More draws begin with the same ones.
    """
    holes = torch.zeros(count, side, side)
    low, high = (max(1, round(share * side)) for share in SIDES)
    for hole in holes:
        length = int(torch.randint(low, high + 1, (), generator=generator))
        x, y = torch.randint(side - length + 1, (2,), generator=generator).tolist()
        hole[y : y + length, x : x + length] = 1.0
    return holes


def shake(face: Tensor, generator: torch.Generator) -> Tensor:
    """Return the face with every value moved evenly by up to RADIUS and clipped to [0, 1]."""
    moved = RADIUS * (2.0 * torch.rand(face.shape, generator=generator) - 1.0)
    return (face + moved.to(face)).clamp(0.0, 1.0)


def centre_blob(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a Gaussian about the middle that is as wide as a map f32[S, S].

    As wide: (sum |v|)^2 / sum v^2 is the same, the area over which a map of one value would lie. Of
    a map of zeros it is as wide as the face.
    """
    side = len(values)
    size = np.abs(values.astype(float))
    spread = (size**2).sum()
    area = size.sum() ** 2 / spread if spread > 0 else float(side * side)
    steps = np.arange(side) + 0.5 - side / 2
    away = steps[:, None] ** 2 + steps[None] ** 2
    # A Gaussian of variance v covers 4 pi v in this sense.
    return np.exp(-away / (2 * area / (4 * np.pi))).astype(np.float32)


def known_of(
    heatmap: Heatmap,
    others: Sequence[Heatmap],
    holes: Tensor,
    falls: list[float],
    shaken: list[NDArray[np.float32]],
    inserted: Inserted | None = None,
) -> Faithfulness:
    """Return what is known of a map after some draws.

    Args:
        heatmap: the map.
        others: those of networks that learnt nothing.
        holes: f32[N, S, S], at least as many as were drawn.
        falls: what each hole drawn so far takes from the target.
        shaken: the map of each face shaken so far, f32[S, S].
        inserted: insertion and deletion, once they are known.
    """
    values, draws = torch.tensor(heatmap.values), len(falls)

    def told_by(tried: Tensor) -> float | None:
        return infidelity(tried, holes[:draws], torch.tensor(falls)) if draws else None

    return Faithfulness(
        gap_share=heatmap.gap_share,
        infidelity=told_by(values),
        infidelity_flat=told_by(torch.ones_like(values)),
        infidelity_centre=told_by(torch.tensor(centre_blob(heatmap.values))),
        inserted=inserted,
        max_sensitivity=max_sensitivity(values, torch.tensor(np.stack(shaken))) if draws else None,
        randomised=randomised(heatmap, others),
        draws=draws,
    )
