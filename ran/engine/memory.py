"""What an engine remembers of the scenes that it was asked about lately."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ran.engine.recent import Recent
from ran.explain.regions.moved_covers import Reference
from ran.explain.regions.shapley import RegionValues
from ran.prediction import Prediction

REMEMBERED = 64
"""Predictions, features and region values that an engine keeps, the oldest dropped first.

Of six regions a prediction takes under 1 kB, its features 12 kB, its region values under 1 kB.
"""
REMEMBERED_CROPS = 16
"""Scenes whose crops an engine keeps as they were seen; at 224 pixels one is about 900 kB."""
REMEMBERED_CUTS = 2
"""Scenes of a page, clean and covered, whose crops stay on the device until they are seen."""


@dataclass(frozen=True, eq=False)
class Memory:
    """By the scene's key: answers, crops as they were seen and as they were cut, features, what
    regions are worth, what attention does under the same cover elsewhere.
    """

    answers: Recent[str, Prediction] = field(default_factory=lambda: Recent(REMEMBERED))
    seen: Recent[str, NDArray[np.uint8]] = field(default_factory=lambda: Recent(REMEMBERED_CROPS))
    crops: Recent[str, Tensor] = field(default_factory=lambda: Recent(REMEMBERED_CUTS))
    features: Recent[str, Tensor] = field(default_factory=lambda: Recent(REMEMBERED))
    values: Recent[str, RegionValues] = field(default_factory=lambda: Recent(REMEMBERED))
    references: Recent[str, Reference] = field(default_factory=lambda: Recent(REMEMBERED))
