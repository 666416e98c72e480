"""Interventions: what the network answers with regions left out, weights pinned, features swapped.

The equations are the network's own (ran.net.model); an intervention replaces single quantities:

- regions in use, S: mu, F_m and nu are those of the network given S alone;
- swapped regions: F_i is the donor's, and mu_i, nu_i and F_m follow from it;
- pinned regions: w_i is what was said, p_i. The others of S share what is left in the proportions
  of their mu nu, w_j = (1 - sum p) mu_j nu_j / sum over the others of mu nu. mu and F_m stay.

The logits are the classifier's for P = sum_i w_i [F_i : F_m]. Where every region in use is pinned
nothing is left to share: their w is p_i / sum p.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ran.errors import BadRequest
from ran.net.attention import weighted_mean
from ran.net.checkpoints import Network
from ran.net.model import RanOutput
from ran.words import _

ROUNDING = 1e-6
"""By how much pins may exceed 1 together: they may be weights that were read off an answer."""


@dataclass(frozen=True)
class Intervention:
    """What is changed, by the regions' indices; 0 is the whole face. Nothing, if left empty.

    used: the regions that the network is given, None for all; pinned: (region, w), w in [0, 1];
    swapped: the regions that take the features of the donor.
    """

    used: tuple[int, ...] | None = None
    pinned: tuple[tuple[int, float], ...] = ()
    swapped: tuple[int, ...] = ()

    def regions_used(self, regions: int) -> list[int]:
        """Return the regions in use of a face of `regions` regions, in order.

        Raises:
            BadRequest: if the intervention names a region that is not there, uses none, pins a
                region twice, out of use or out of [0, 1], or pins more than 1 together, or 0
                everything.
        """
        used = list(range(regions)) if self.used is None else sorted(set(self.used))
        pins = [region for region, _ in self.pinned]
        for region in (*used, *pins, *self.swapped):
            if not 0 <= region < regions:
                raise BadRequest(
                    _("There is no region {region}, this face has {regions}.").format(
                        region=region, regions=regions
                    ),
                    hint=_("Use 0 (the whole face) to {regions}.").format(regions=regions - 1)
                    if regions > 1
                    else "Use 0.",
                )
        if not used:
            raise BadRequest(_("No region is in use."), hint=_("Leave at least one region in use."))
        for region, weight in self.pinned:
            if not 0.0 <= weight <= 1.0:
                raise BadRequest(
                    _("Region {region} is pinned to {weight:g}.").format(
                        region=region, weight=weight
                    ),
                    hint=_("Pin weights from 0 to 1."),
                )
            if pins.count(region) > 1:
                raise BadRequest(
                    _("Region {region} is pinned twice.").format(region=region),
                    hint=_("Pin it once."),
                )
            if region not in used:
                raise BadRequest(
                    _("Region {region} is pinned and not in use.").format(region=region),
                    hint=_("Put it to use or take its pin away."),
                )
        total = sum(weight for _, weight in self.pinned)
        if total > 1.0 + ROUNDING:
            raise BadRequest(
                _("The pinned weights add up to {total:.3f}, more than 1.").format(total=total),
                hint=_("Lower them: all weights add up to 1."),
            )
        if total == 0.0 and len(pins) == len(used):
            raise BadRequest(
                _("Every region in use is pinned to 0."), hint=_("Leave one unpinned or above 0.")
            )
        return used


@torch.no_grad()
def intervene(
    model: Network, features: Tensor, intervention: Intervention, *, donor: Tensor | None = None
) -> RanOutput:
    """Answer from features under an intervention; one that changes nothing gives attend's answer.

    Args:
        model: the network behind its backbone.
        features: f32[1, R, D], whole face first.
        intervention: what is changed.
        donor: f32[1, R, D], where the swapped regions' features come from; of the same layout.

    Returns:
        An answer for one face and all R regions. mu, nu and w of a region out of use are 0.

    Raises:
        BadRequest: if the intervention is none for this face, or swaps without a donor.
        ValueError: if the features of the two do not fit each other.
    """
    used = intervention.regions_used(features.shape[1])
    swapped = list(intervention.swapped)
    if swapped:
        if donor is None:
            raise BadRequest(
                _("Regions are swapped, but there is no second face to take them from."),
                hint=_("Give a donor."),
            )
        if donor.shape != features.shape:
            raise ValueError(
                f"the donor's features must be {list(features.shape)}, got {list(donor.shape)}"
            )
        features = features.clone()
        features[:, swapped] = donor[:, swapped]
    seen = features[:, used]
    output = model.attend(seen)
    if intervention.pinned and len(used) > 1:  # alone, a region weighs 1 whatever it is pinned to
        weights = _pinned(output, {used.index(at): w for at, w in intervention.pinned})
        pooled = weighted_mean(seen, weights)
        anchor = weighted_mean(seen, output.self_weights)
        logits = model.classifier(torch.cat([pooled, anchor], dim=1))
        output = output._replace(logits=logits, weights=weights)

    def spread(values: Tensor) -> Tensor:
        row = torch.zeros_like(features[:, :, 0])
        row[:, used] = values
        return row

    mu, nu, w = map(spread, output[1:4])
    return RanOutput(output.logits, mu, nu, w, features)


def _pinned(output: RanOutput, pins: dict[int, float]) -> Tensor:
    """Return w f32[1, k] of the k regions in use, some of them pinned by their place among them."""
    shares = output.self_weights * output.relation_weights
    fixed = torch.zeros_like(shares)
    for place, weight in pins.items():
        fixed[:, place] = weight
        shares[:, place] = 0.0
    if len(pins) == shares.shape[1]:
        return fixed / fixed.sum()
    return fixed + (1.0 - fixed.sum()).clamp(min=0.0) * shares / shares.sum()
