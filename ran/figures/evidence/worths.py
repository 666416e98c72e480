"""Values -> the Explain page's charts: attention beside what the regions were worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from ran.figures.grammar import Theme, change_colour
from ran.figures.numbers import MINUS, letters
from ran.figures.traces import bar, blank, dots
from ran.words import _

_LETTER = 7
"""Pixels that a letter of a region's name takes, at most in the mean."""
_ROW = 36
_AXES = ("x", "x2")


@dataclass(frozen=True)
class Panel:
    """One of the two dot panels: a value a region, of one face or of two that are compared.

    `faces` are the values by the face's name, the one that the other is compared with first;
    `reference` is the value of the grey line, and
    `reference_name` what stands below it; `what` and `unit` say in hover what a number is,
    `tick` stands behind a number at the axis.
    """

    title: str
    what: str
    faces: Sequence[tuple[str, Sequence[float]]]
    reference: float
    reference_name: str
    unit: str = ""
    digits: int = 2
    tick: str = ""


def side_by_side(names: Sequence[str], panels: tuple[Panel, Panel], theme: Theme) -> go.Figure:
    """Return two dot panels with shared rows, one row a region, the first on top.

    Args:
        names: the regions.
        panels: the left and the right one; each has a value for every name.
        theme: the colours.
    """
    counts = [len(values) for panel in panels for _, values in panel.faces]
    if any(count != len(names) for count in counts):
        raise ValueError(
            f"each face of a panel needs {len(names)} values, one a region, got {counts}; give "
            "both panels the same regions"
        )
    traces: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, dict[str, Any]] = {}
    for axis, panel in zip(_AXES, panels, strict=True):
        traces += [{**trace, "xaxis": axis} for trace in _traces(names, panel, theme)]
        shapes.append({
            "type": "line", "xref": axis, "yref": "paper", "x0": panel.reference,
            "x1": panel.reference, "y0": 0, "y1": 1, "layer": "between",
            "line": {"color": theme.muted, "width": 2},
        })  # fmt: skip
        notes.append({
            "text": panel.title, "xref": f"{axis} domain", "yref": "paper", "x": 0.5, "y": 1,
            "yshift": 20, "showarrow": False, "font": {"color": theme.muted, "size": 12},
        })  # fmt: skip
        axes[f"{axis[0]}axis{axis[1:]}"] = {
            "fixedrange": True, "gridcolor": theme.grid, "zeroline": False,
            "domain": [0, 0.47] if axis == "x" else [0.53, 1],
            "tickfont": {"color": theme.muted, "size": 12}, **_scale(panel),
        }  # fmt: skip
    left = 16 + _LETTER * max(map(letters, names))
    return blank(
        _ROW * len(names) + 76, theme, {"l": left, "r": 16, "t": 48, "b": 28},
        traces=traces, shapes=shapes, annotations=notes, **axes,
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
        yaxis={"categoryorder": "array", "categoryarray": list(names)[::-1], "showgrid": False,
               "ticklabelstandoff": 7, "tickfont": {"color": theme.text, "size": 13},
               "range": [-0.6, len(names) - 0.4]},
    )  # fmt: skip


def _traces(names: Sequence[str], panel: Panel, theme: Theme) -> list[dict[str, Any]]:
    rows = list(names)
    bars = []
    if len(panel.faces) > 1:
        (_name, before), (_other, after) = panel.faces
        for name, a, b in zip(rows, before, after, strict=True):
            bars.append(bar([a, b], [name, name], change_colour(b - a, theme, panel.digits)))
    marks = []
    for place, (name, values) in enumerate(panel.faces):
        face = _("{name} face").format(name=name)
        mark = dots(list(values), rows, theme, hollow=place == 0, face=face)
        said = f"%{{customdata}}, {face}: {panel.what} %{{x:.{panel.digits}f}}{panel.unit}"
        marks.append({**mark, "hovertemplate": f"{said}<extra></extra>"})
    return bars + marks


def _scale(panel: Panel) -> dict[str, Any]:
    """Return range and ticks: the reference by its name, and the outermost values by number."""
    values = [panel.reference, *(value for _, face in panel.faces for value in face)]
    low, high = min(values), max(values)
    room = max(high - low, 10.0**-panel.digits) * 0.12
    ticks = {panel.reference: panel.reference_name}
    for end in (low, high):
        # Closer to the reference its name would be written over.
        if abs(end - panel.reference) > 0.42 * (high - low):
            ticks[end] = f"{end:.{panel.digits}f}{panel.tick}".replace("-", MINUS)
    return {
        "range": [low - room, high + room], "tickvals": list(ticks), "ticktext": [*ticks.values()],
        "tickangle": 0,
    }  # fmt: skip
