"""Accuracies that others published on the lists, in percent, each with its source."""

from __future__ import annotations

from ran.words import later

PAPER = {"ferplus": 88.55, "occlusion": 83.63, "pose30": 82.23, "pose45": 80.40}
"""RAN, ResNet-18 pretrained on MS-Celeb-1M faces (Wang et al. 2020, arXiv:1905.04075)."""

LIST_NAMES = {
    "ferplus": "FERPlus",
    "occlusion": later("Occlusion"),
    "pose30": later("Pose > 30°"),
    "pose45": later("Pose > 45°"),
}
"""What the lists are called on the page."""


def wilson_interval(accuracy: float, count: int, *, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share `accuracy` in [0, 1] seen over `count` faces.

    Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if count < 1 or not 0.0 <= accuracy <= 1.0:
        raise ValueError(
            f"expected a share in [0, 1] over at least one face, got {accuracy} over {count}"
        )
    middle = (accuracy + z**2 / (2 * count)) / (1 + z**2 / count)
    half = (
        z * ((accuracy * (1 - accuracy) + z**2 / (4 * count)) / count) ** 0.5 / (1 + z**2 / count)
    )
    return middle - half, middle + half
