"""Values -> Plotly charts: scores."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ran.figures.grammar import Theme
from ran.figures.traces import bar, blank
from ran.words import _


def scores(rows: list[tuple[str, float, float, float, float | None]], theme: Theme) -> go.Figure:
    """Return accuracies with their intervals, and the paper's as open diamonds.

    Args:
        rows: name, accuracy, low, high and the published accuracy or None, all in percent.
        theme: the colours.
    """
    names = [row[0] for row in rows][::-1]
    traces: list[dict[str, Any]] = []
    for name, value, low, high, published in rows[::-1]:
        traces.append(bar([low, high], [name, name], theme.after))
        traces.append(
            {
                "type": "scatter",
                "x": [value],
                "y": [name],
                "mode": "markers",
                "marker": {"size": 12, "color": theme.after},
                "hovertemplate": _(
                    "{name}: {value:.1f} %, 95 % interval {low:.1f} to {high:.1f} %<extra></extra>"
                ).format(name=name, value=value, low=low, high=high),
            }
        )
        if published is not None:
            traces.append(
                {
                    "type": "scatter",
                    "x": [published],
                    "y": [name],
                    "mode": "markers",
                    "marker": {"size": 12, "symbol": "diamond-open", "color": theme.text},
                    "hovertemplate": _(
                        "{name}, the paper: {published:.2f} %<extra></extra>"
                    ).format(name=name, published=published),
                }
            )
    marks = [value for row in rows for value in row[2:] if value is not None]
    return blank(
        220, theme, {"l": 120, "r": 12, "t": 4, "b": 40}, traces=traces,
        xaxis={"range": [min(marks) - 1.5, max(marks) + 1.5],
               "title": {"text": _("accuracy, %"), "font": {"size": 12}}},
        yaxis={"categoryorder": "array", "categoryarray": names, "showgrid": False,
               "ticklabelstandoff": 5},
    )  # fmt: skip
