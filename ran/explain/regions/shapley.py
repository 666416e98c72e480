"""What each region is worth: exact Shapley values over all coalitions, and leave-one-out.

A RAN answers for any set of regions, so that the answer of a coalition S is defined without a
stand-in for what is missing: f(S) is the network given those regions and no others. Its mu, F_m,
nu and w follow from S alone; under "softmax" attention the softmax runs over S.

    phi_i = sum over S without i of  |S|! (R - |S| - 1)! / R!  (f(S + i) - f(S))

(Shapley 1953, "A value for n-person games"). The values of a class sum to f(all) - f(none).

    phi_ij = sum over S without i, j of  |S|! (R - |S| - 2)! / (R - 1)!
             (f(S + i + j) - f(S + i) - f(S + j) + f(S))

is what two regions add together beyond what each adds alone (Grabisch and Roubens 1999, "An
axiomatic approach to the concept of interaction among players in cooperative games"): above 0 they
complete each other, below 0 they tell the same.

**The empty coalition** has no attention: its weights would be 0 / 0. It is defined as P = 0, the
classifier given nothing, so that f(none) is the classifier's bias: the answer to features of zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ran.errors import BadRequest
from ran.net.model import RanOutput
from ran.words import _

MOST_REGIONS = 12
"""The most regions that are answered exactly: 2^12 = 4096 coalitions."""


@dataclass(frozen=True, eq=False)
class RegionValues:
    """What the regions of one face are worth to each class, in logits; the arrays are read-only.

    shapley f32[R, C], whose columns sum to full - empty; interactions f32[R, R, C] of two regions,
    the same either way, 0 for one with itself; leave_one_out f32[R, C], f(all) minus
    f(all but this region); full f32[C], the logits of all regions; empty f32[C], those of none: the
    classifier's bias.
    """

    shapley: NDArray[np.float32]
    interactions: NDArray[np.float32]
    leave_one_out: NDArray[np.float32]
    full: NDArray[np.float32]
    empty: NDArray[np.float32]

    def __post_init__(self) -> None:
        for array in vars(self).values():
            array.setflags(write=False)

    def pairs(self, regions: Sequence[str], classes: Sequence[str]) -> list[dict[str, Any]]:
        """Return the interaction of every two regions as plain values, by the names of both."""
        return [
            {
                "regions": [regions[one], regions[other]],
                "interaction": dict(
                    zip(classes, self.interactions[one, other].tolist(), strict=True)
                ),
            }
            for one, other in combinations(range(len(regions)), 2)
        ]


def region_values(attend: Callable[[Tensor], RanOutput], features: Tensor) -> RegionValues:
    """Return the exact Shapley values and leave-one-out of every region, for every class.

    And the exact interaction of every two regions.

    Cost: R calls of `attend` for the 2^R coalitions, one a size; the backbone is not asked again.

    Args:
        attend: answers for features f32[B, k, D] of any k regions, as `attend` of a network does.
        features: f32[1, R, D], what the backbone made of the regions, whole face first.

    Raises:
        BadRequest: if there are more than MOST_REGIONS regions.
        ValueError: if the features are not of one face.
    """
    if features.ndim != 3 or len(features) != 1 or features.shape[1] < 1:
        raise ValueError(
            f"features must be [1, R, D] with R >= 1, got {list(features.shape)}; "
            "give one face at a time"
        )
    regions = features.shape[1]
    if regions > MOST_REGIONS:
        raise BadRequest(
            _(
                "Exact Shapley values of {regions} regions would need {coalitions:,} coalitions; "
                "the limit is {most_regions} regions."
            ).format(regions=regions, coalitions=2**regions, most_regions=MOST_REGIONS),
            hint=_("Choose a layout with at most {most_regions} regions.").format(
                most_regions=MOST_REGIONS
            ),
        )
    answers, members = coalition_logits(attend, features), _members(regions)
    left_out = answers[-1] - answers[[-1 - (1 << region) for region in range(regions)]]
    return RegionValues(
        shapley=(_shares(members) @ answers).astype(np.float32),
        interactions=(_pair_shares(members) @ answers).astype(np.float32),
        leave_one_out=left_out.astype(np.float32),
        full=answers[-1].astype(np.float32),
        empty=answers[0].astype(np.float32),
    )


@torch.no_grad()
def coalition_logits(
    attend: Callable[[Tensor], RanOutput], features: Tensor
) -> NDArray[np.float64]:
    """Return the logits of every coalition, f64[2^R, C]; row m holds region i if bit i of m is set.

    Args and cost as for `region_values`.
    """
    regions = features.shape[1]
    members = _members(regions)
    sizes = members.sum(1)
    rows = [attend(torch.zeros_like(features[:, :1])).logits]
    order = [np.zeros(1, np.int64)]
    for size in range(1, regions + 1):
        of_size = np.flatnonzero(sizes == size)
        chosen = np.nonzero(members[of_size])[1].reshape(-1, size)
        rows.append(attend(features[0, torch.from_numpy(chosen).to(features.device)]).logits)
        order.append(of_size)
    in_order = torch.cat(rows).cpu().double().numpy()
    answers = np.empty_like(in_order)
    answers[np.concatenate(order)] = in_order
    return answers


def _members(regions: int) -> NDArray[np.bool_]:
    """Return who is in each coalition, bool[2^R, R]."""
    bits = (np.arange(2**regions)[:, None] >> np.arange(regions)) & 1
    return bits.astype(np.bool_)


def _shares(members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how much f(S) counts in each region's value, f64[R, 2^R].

    f(S) is the upper end of a step for those in S and the lower end for those outside.
    """
    regions = members.shape[1]
    step = [1.0 / (regions * math.comb(regions - 1, size)) for size in range(regions)]
    sizes = members.sum(1)
    entered = np.array([0.0, *step])[sizes]
    not_yet = np.array([*step, 0.0])[sizes]
    shares: NDArray[np.float64] = np.where(members, entered[:, None], -not_yet[:, None]).T
    return shares


def _pair_shares(members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how much f(S) counts in the interaction of two regions, f64[R, R, 2^R].

    It counts against them where one of the two is in S, and for them where both are or neither is.
    """
    regions = members.shape[1]
    one, other = members.T[:, None], members.T[None]
    others = members.sum(1) - one - other  # how many of the rest are in S
    steps = [1.0 / ((regions - 1) * math.comb(regions - 2, size)) for size in range(regions - 1)]
    # A region with itself is no pair.
    shares = np.array([*steps, 0.0, 0.0])[others] * (1 - np.eye(regions))[..., None]
    return np.asarray(np.where(one == other, shares, -shares))
