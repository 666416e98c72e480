"""What an accuracy leaves out: what is taken for what, and what guessing would reach."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ran.study.data.ferplus import CLASSES
from ran.study.evaluation.published import wilson_interval


def confusion_matrix(answers: Tensor, labels: Tensor, *, classes: int = CLASSES) -> Tensor:
    """Return how often each class, a row, was answered as each, a column: i64[C, C].

    Args:
        answers: i64[N] in 0..C-1.
        labels: i64[N] in 0..C-1.
        classes: C.
    """
    return torch.bincount(labels * classes + answers, minlength=classes**2).view(classes, classes)


def report(answers: Tensor, labels: Tensor, *, classes: int = CLASSES) -> dict[str, Any]:
    """Return what the answers of a list reach, all shares in [0, 1].

    Returns:
        n; accuracy, with low and high, its 95 % interval (Wilson 1927); balanced, the mean of each
        class's share answered rightly, and macro_f1, the mean of each class's F1, both over the
        classes that have a face; majority, what answering the commonest class would reach;
        confusion, counts, a row a class as it is labelled, a column as it is answered.

    Args:
        answers: i64[N], one face at least.
        labels: i64[N].
        classes: how many there are.
    """
    counts = confusion_matrix(answers, labels, classes=classes)
    faces, answered, right = counts.sum(1), counts.sum(0), counts.diagonal()
    there = faces > 0
    accuracy = int(right.sum()) / len(labels)
    low, high = wilson_interval(accuracy, len(labels))
    return {
        "n": len(labels),
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "balanced": float((right[there].double() / faces[there]).mean()),
        "macro_f1": float((2.0 * right[there].double() / (faces + answered)[there]).mean()),
        "majority": int(faces.max()) / len(labels),
        "confusion": counts.tolist(),
    }
