"""The expressions, in the orders in which networks answer."""

from __future__ import annotations

from ran.words import later

FERPLUS = (
    later("neutral"), later("happiness"), later("surprise"), later("sadness"), later("anger"),
    later("disgust"), later("fear"), later("contempt"),
)  # fmt: skip
"""FERPlus' own column order (Barsoum et al. 2016), which the RAN authors keep."""

RAFDB = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""RAF-DB's own labels 1 to 7 in order (Li et al. 2017)."""

AFFECTNET = (
    "neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt",
)  # fmt: skip
"""AffectNet's own labels 0 to 7 in order (Mollahosseini et al. 2017)."""

CLASS_ORDERS = {"ferplus": FERPLUS, "rafdb": RAFDB, "affectnet": AFFECTNET}
