"""Sharpness-aware minimisation (Foret et al. 2021, arXiv:2010.01412): gradients from uphill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def uphill(parameters: Iterable[Tensor], radius: float) -> Iterator[None]:
    """Move the parameters `radius` along their gradients, and back afterwards.

    The gradients are taken away in between: those of a backward pass inside remain, for a step from
    where the parameters were. Nothing moves where all gradients are zero.
    """
    with torch.no_grad():
        moved = [each for each in parameters if each.grad is not None]
        norm = torch.stack([torch.linalg.vector_norm(each.grad) for each in moved]).norm()
        before = [each.clone() for each in moved]
        for each in moved:
            each.add_(each.grad * (radius / norm.clamp(min=1e-12)))
            each.grad = None
    yield
    with torch.no_grad():
        for each, old in zip(moved, before, strict=True):
            each.copy_(old)
