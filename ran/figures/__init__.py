"""Values -> figures and pictures, in one grammar; charts of Plotly's are asked of their modules."""

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
from ran.figures.tracks import margin

__all__ = [
    "CONFIG",
    "DARK",
    "LIGHT",
    "MINUS",
    "SIGNED",
    "UNSIGNED",
    "Moved",
    "Theme",
    "change",
    "change_colour",
    "heat_overlay",
    "ink_on",
    "margin",
    "outlined",
    "saving",
    "signed",
    "weight",
    "weight_colour",
]
