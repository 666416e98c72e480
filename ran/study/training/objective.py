"""What training makes small: the loss on soft labels, the region-biased loss, flip-consistency."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ran.net.attention import region_biased_loss
from ran.net.model import RanOutput
from ran.net.regions import RegionLayout
from ran.study.training.options import Recipe


def plain_loss(output: RanOutput, targets: Tensor) -> Tensor:
    """Return cross-entropy on soft labels, f32[B, C], rows that sum to one."""
    return F.cross_entropy(output.logits, targets)


def ran_loss(
    output: RanOutput, targets: Tensor, recipe: Recipe, *, present: Tensor | None = None
) -> Tensor:
    """Return cross-entropy on soft labels plus the region-biased loss (Wang et al. 2020).

    Args:
        output: of a RAN, for B faces.
        targets: f32[B, C], rows that sum to one.
        recipe: its alpha and the weight of the region-biased loss.
        present: bool[B, R], which regions are there; the region-biased loss is the mean over the
            faces that have the whole face and a crop. None: all of them are.
    """
    biased = region_biased_loss(output.self_weights, alpha=recipe.alpha)
    if present is not None:
        compared = present[:, 0] & present[:, 1:].any(1)
        biased = biased * compared * (len(compared) / compared.sum().clamp(min=1))
    return plain_loss(output, targets) + recipe.rb_loss * biased.mean()


def flip_disagreement(output: RanOutput, mirrored: RanOutput, order: Tensor) -> Tensor:
    """Return how far a face's answer is from its mirror image's, a scalar; zero if they agree.

    The Jensen-Shannon divergence of the probabilities, and half the absolute difference of the
    weights w, each region beside the one that its mirror image falls on.

    Args:
        output: of B faces.
        mirrored: of the same faces mirrored.
        order: i64[R], `mirror_order` of the layout.
    """
    logs = output.logits.log_softmax(1), mirrored.logits.log_softmax(1)
    middle = (torch.logaddexp(*logs) - math.log(2.0)).detach()
    apart = sum(F.kl_div(middle, each, reduction="batchmean", log_target=True) for each in logs)
    moved = (output.weights - mirrored.weights[:, order]).abs().sum(1).mean()
    return 0.5 * (apart + moved)


def mirror_order(layout: RegionLayout) -> Tensor:
    """Return for each region the one that its mirror image lies on, i64[R].

    Raises:
        ValueError: if a box has no mirror image in the layout.
    """
    boxes = [box.edges for box in layout.boxes]
    mirrored = [(1.0 - x1, y0, 1.0 - x0, y1) for x0, y0, x1, y1 in boxes]
    order = []
    for box, mirror in zip(layout.boxes, mirrored, strict=True):
        fits = [
            index
            for index, other in enumerate(boxes)
            if max(abs(a - b) for a, b in zip(mirror, other, strict=True)) < 1e-6
        ]
        if not fits:
            raise ValueError(
                f"the mirror image of {box.name!r} is no region of the layout; use the fixed one"
            )
        order.append(fits[0])
    return torch.tensor(order)
