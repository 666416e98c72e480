"""Values -> Plotly figures and PIL pictures, in one grammar."""

from ran.figures.charts import scores
from ran.figures.explain import Panel, side_by_side
from ran.figures.grammar import (
    CONFIG,
    DARK,
    LIGHT,
    MINUS,
    Theme,
    change,
    change_colour,
    saving,
    signed,
    weight,
)
from ran.figures.pictures import SIGNED, UNSIGNED, heat_overlay, outlined
from ran.figures.studies import ablations, rb_margins
from ran.figures.tracks import margin, probabilities

__all__ = [
    "CONFIG",
    "DARK",
    "LIGHT",
    "MINUS",
    "SIGNED",
    "UNSIGNED",
    "Panel",
    "Theme",
    "ablations",
    "change",
    "change_colour",
    "heat_overlay",
    "margin",
    "outlined",
    "probabilities",
    "rb_margins",
    "saving",
    "scores",
    "side_by_side",
    "signed",
    "weight",
]
