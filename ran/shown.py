"""Shown: what stands side by side anywhere, on a page, in a figure or in a file."""

from __future__ import annotations

from dataclasses import dataclass

from ran.prediction import Prediction
from ran.scene import Scene


@dataclass(frozen=True, eq=False)
class Shown:
    """A scene under the name that tells it from those beside it, and a network's answer to it.

    Two covers of a face, two faces, two poses, two networks: panels, figures and files take a
    sequence of these, the one that the others are compared with first.
    """

    name: str
    scene: Scene
    answer: Prediction
