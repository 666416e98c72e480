"""The expressions, in the orders in which networks answer."""

from __future__ import annotations

FERPLUS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
)  # fmt: skip
"""FERPlus' own column order (Barsoum et al. 2016), which the RAN authors keep."""
