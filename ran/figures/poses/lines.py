"""How each line over poses is drawn: colour is identity here alone, and dash helps it.

The centred regions are grey. No two of a chart's lines are alike, up to 25 crops and ten classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ran.figures.grammar import LIGHT, Theme
from ran.study.poses.posed import Answered

_COLOURS = (
    ("#D97706", "#1D7FC4", "#6D4AA8", "#B4317A", "#6B7A00"),
    ("#F2B65A", "#74AEE8", "#BBA0E8", "#EE8FC0", "#BFCB4A"),
)
"""Of the first five regions that are not centred, light and dark; so are the likeliest classes."""
_GREYS = ("#5F6B6D", "#A9B5B3")
_DASHES = ("dot", "dash", "longdashdot", "longdash", "dashdot")
STAND_OUT = 3
"""So many classes are in colour."""
Line = tuple[str, str]
"""A colour and a dash, by Plotly's names."""


def lines(names: Sequence[str], theme: Theme) -> dict[str, Line]:
    """Return how each region's line is drawn, by its name: the same wherever it is shown."""
    colours, grey = _of(theme)
    centred = [name for name in names if name.startswith(("Centre", "Whole"))]
    others = [name for name in names if name not in centred]
    dashes, count = ("solid", *_DASHES), len(colours)
    found = {name: (grey, _DASHES[k % len(_DASHES)]) for k, name in enumerate(centred)}
    for k, name in enumerate(others):
        found[name] = (colours[k % count], dashes[k // count % len(dashes)])
    return {name: found[name] for name in names}


def likeliest(found: Sequence[Answered]) -> list[str]:
    """Return all classes, those first that are likeliest somewhere."""
    highest = np.max([one.answer.probabilities for one in found], axis=0)
    return [found[0].answer.classes[k] for k in np.argsort(-highest, kind="stable")]


def class_lines(names: Sequence[str], theme: Theme) -> dict[str, Line]:
    """Return how each class's line is drawn: the first ones in colour, the rest grey."""
    colours, grey = _of(theme)
    return {
        name: (colours[k], "solid")
        if k < STAND_OUT
        else (grey, _DASHES[(k - STAND_OUT) % len(_DASHES)])
        for k, name in enumerate(names)
    }


def _of(theme: Theme) -> tuple[tuple[str, ...], str]:
    which = 0 if theme is LIGHT else 1
    return _COLOURS[which], _GREYS[which]
