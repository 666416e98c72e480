"""Localisation: how much of a map lies about the landmarks, beside how large that part is.

Not a measure of right: a network may look elsewhere. It says whether a map is drawn to the eyes,
the nose and the corners of the mouth, where expressions are read, more than their area alone has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RADIUS = 0.12
"""Of the area about a landmark, in face sides."""


@dataclass(frozen=True)
class Localised:
    """Shares in [0, 1]: of the map's mass about the landmarks, and of the face's pixels there."""

    mass: float
    area: float


def localised(values: NDArray[np.float32], landmarks: NDArray[np.float32]) -> Localised | None:
    """Return how much of a map lies within RADIUS of a landmark; None of a map of zeros.

    Args:
        values: f32[S, S], the map; its mass is that of |values|.
        landmarks: f32[K, 2] in face units.
    """
    side = len(values)
    steps = (np.arange(side) + 0.5) / side
    away = (steps[None, None] - landmarks[:, 0, None, None]) ** 2
    away = away + (steps[None, :, None] - landmarks[:, 1, None, None]) ** 2
    inside = (away <= RADIUS**2).any(0)
    size = np.abs(values.astype(float))
    whole = float(size.sum())
    if whole == 0.0:
        return None
    return Localised(float(size[inside].sum()) / whole, float(inside.mean()))
