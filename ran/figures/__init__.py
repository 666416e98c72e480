"""Values -> Plotly figures and PIL pictures, in one grammar."""

from ran.figures.charts import scores
from ran.figures.grammar import (
    CONFIG,
    DARK,
    LIGHT,
    Moved,
    Theme,
    change,
    change_colour,
    ink_on,
    saving,
    weight_colour,
)
from ran.figures.numbers import MINUS, signed, weight
from ran.figures.pictures import SIGNED, UNSIGNED, heat_overlay, outlined
from ran.figures.studies import ablations, rb_margins
from ran.figures.tracks import margin
from ran.figures.worths import Panel, side_by_side

__all__ = [
    "CONFIG",
    "DARK",
    "LIGHT",
    "MINUS",
    "SIGNED",
    "UNSIGNED",
    "Moved",
    "Panel",
    "Theme",
    "ablations",
    "change",
    "change_colour",
    "heat_overlay",
    "ink_on",
    "margin",
    "outlined",
    "rb_margins",
    "saving",
    "scores",
    "side_by_side",
    "signed",
    "weight",
    "weight_colour",
]
