"""Two networks on the same faces, and how far probabilities can be taken at their word."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

BINS = 15
"""Of the expected calibration error, evenly wide (Guo et al. 2017)."""


def paired(first: Tensor, second: Tensor) -> dict[str, float]:
    """Compare two networks by whether each answered each face rightly, bool[N].

    Returns:
        n; difference, the first's accuracy minus the second's; first_only and second_only, faces
        that one alone answers rightly; p of the exact McNemar test.
    """
    first_only, second_only = int((first & ~second).sum()), int((second & ~first).sum())
    return {
        "n": len(first),
        "difference": (first_only - second_only) / len(first),
        "first_only": first_only,
        "second_only": second_only,
        "p": exact_mcnemar(first_only, second_only),
    }


def exact_mcnemar(one: int, other: int) -> float:
    """Return the two-sided p of an even split of so many disagreements (McNemar 1947, exact)."""
    total = one + other
    tail = sum(math.comb(total, k) for k in range(min(one, other) + 1))
    return min(1.0, float(2 * tail / 2**total))


def calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Return the expected calibration error in [0, 1] (Guo et al. 2017, arXiv:1706.04599).

    Against whether the answer is the label: see `error_against`.

    Args:
        probabilities: f32[N, C], rows that sum to one.
        labels: i64[N].
    """
    return error_against(probabilities, probabilities.argmax(1) == labels)


def error_against(probabilities: Tensor, truth: Tensor) -> float:
    """Return how far the highest probability lies from what it stands for, in [0, 1].

    Over BINS bins of it: the mean distance between it and the mean of the truth, each bin counted
    by its faces (Guo et al. 2017, arXiv:1706.04599).

    Args:
        probabilities: f32[N, C], rows that sum to one.
        truth: bool[N], whether the answer is right, or f32[N], the share of raters who gave it.
    """
    sure = probabilities.double().max(1).values
    bins = (sure * BINS).ceil().long().clamp(1, BINS) - 1
    gaps = torch.zeros(BINS, dtype=torch.double).index_add(0, bins, truth.double() - sure)
    return float(gaps.abs().sum() / len(truth))


def fitted_temperature(logits: Tensor, truth: Tensor) -> float:
    """Return the temperature under which labels or votes are likeliest, from 0.05 to 20.

    Dividing logits by it changes no answer (Guo et al. 2017, temperature scaling). Fitted to votes
    a probability is the share of raters who would say so; fitted to labels, how often the answer
    is what most of them said.

    Args:
        logits: f32[N, C].
        truth: i64[N], the labels, or f32[N, C], each face's shares of votes.
    """
    if truth.is_floating_point():
        truth = truth.double()
    logits, low, high = logits.double(), math.log(0.05), math.log(20.0)
    golden = (math.sqrt(5.0) - 1.0) / 2.0

    def loss(log: float) -> float:
        return float(F.cross_entropy(logits / math.exp(log), truth))

    # The loss is convex in 1 / T, so it has one valley in log T: golden-section search.
    while high - low > 1e-4:
        near, far = high - golden * (high - low), low + golden * (high - low)
        if loss(near) < loss(far):
            high = far
        else:
            low = near
    return math.exp((low + high) / 2.0)
