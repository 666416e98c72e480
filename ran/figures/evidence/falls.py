"""Values -> a Plotly chart: in how many regions mu, nu and w fall, by how much is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from ran.figures.grammar import Theme
from ran.figures.traces import blank
from ran.words import _

_Rows = Mapping[str, Mapping[str, float | None]]
_NAMES = {"w": "w", "mu": "μ", "nu": "ν"}


def under_covers(layouts: Mapping[str, _Rows], theme: Theme) -> go.Figure:
    """Return a panel a layout, a line a weight; 50 % is that of a coin.

    Args:
        layouts: by layout and by the hidden share in words, the columns of ran.net.measures's
            "under_covers"; one or two of them.
        theme: the colours.
    """
    marks = {"w": ("solid", theme.after, 3), "mu": ("dot", theme.text, 2),
             "nu": ("dash", theme.muted, 2)}  # fmt: skip
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    width = 1 / len(layouts)
    for number, (kind, rows) in enumerate(layouts.items()):
        suffix = "" if number == 0 else str(number + 1)
        for name, (dash, colour, thick) in marks.items():
            falls = [100 * (row[f"{name}_falls"] or 0.0) for row in rows.values()]
            traces.append(
                {
                    "type": "scatter", "x": list(rows), "y": falls, "mode": "lines+markers",
                    "line": {"dash": dash, "color": colour, "width": thick},
                    "marker": {"size": 7, "color": colour},
                    "xaxis": f"x{suffix}", "yaxis": f"y{suffix}",
                    "customdata": [[row["n"], row[name]] for row in rows.values()],
                    "hovertemplate": _(
                        "{symbol} falls in %{{y:.0f}} % of %{{customdata[0]:,.0f}} regions, "
                        "%{{x}} hidden; mean change %{{customdata[1]:+.3f}}<extra></extra>"
                    ).format(symbol=_NAMES[name]),
                }
            )  # fmt: skip
            if number == len(layouts) - 1:
                notes.append(
                    {"x": 1.0, "xref": f"x{suffix} domain", "xanchor": "left", "y": falls[-1],
                     "yref": f"y{suffix}", "showarrow": False, "text": f" {_NAMES[name]}",
                     "font": {"color": colour, "size": 14}}
                )  # fmt: skip
        low, high = number * width, (number + 1) * width
        axes[f"xaxis{suffix}"] = {
            "domain": [low + (0.04 if number else 0.0), high - 0.02], "tickangle": -35,
            "showgrid": False, "anchor": f"y{suffix}",
        }  # fmt: skip
        axes[f"yaxis{suffix}"] = {
            "range": [0, 100], "anchor": f"x{suffix}", "showticklabels": number == 0,
            "tickvals": [0, 25, 50, 75, 100], "ticksuffix": " %",
        }  # fmt: skip
        notes.append(
            {"x": 0.5, "xref": f"x{suffix} domain", "y": 1.0, "yref": "paper", "yanchor": "bottom",
             "showarrow": False, "text": _("{kind} crops").format(kind=kind)}
        )  # fmt: skip
    coin = [
        {"type": "line", "xref": f"x{'' if n == 0 else n + 1} domain", "x0": 0, "x1": 1,
         "yref": f"y{'' if n == 0 else n + 1}", "y0": 50, "y1": 50,
         "line": {"color": theme.muted, "width": 1, "dash": "dot"}}
        for n in range(len(layouts))
    ]  # fmt: skip
    notes = _apart(notes)
    return blank(
        260, theme, {"l": 48, "r": 24, "t": 24, "b": 70}, traces=traces, annotations=notes,
        shapes=coin, **axes,
    )  # fmt: skip


def _apart(notes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the notes with those at the ends of lines moved apart where they would overlap."""
    ends = sorted((note for note in notes if note["yref"] != "paper"), key=lambda note: note["y"])
    for lower, upper in pairwise(ends):
        upper["y"] = max(upper["y"], lower["y"] + 9)
    return notes
