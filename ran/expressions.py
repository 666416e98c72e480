"""The expressions, in the orders in which networks answer."""

from __future__ import annotations

FERPLUS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
)  # fmt: skip
"""FERPlus' own column order (Barsoum et al. 2016), which the RAN authors keep."""

RAFDB = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""RAF-DB's own labels 1 to 7 in order (Li et al. 2017)."""

AFFECTNET = (
    "neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt",
)  # fmt: skip
"""AffectNet's own labels 0 to 7 in order (Mollahosseini et al. 2017)."""

CLASS_ORDERS = {"ferplus": FERPLUS, "rafdb": RAFDB, "affectnet": AFFECTNET}
