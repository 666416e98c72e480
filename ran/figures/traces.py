"""What Plotly's charts are made of: a blank one, the dots of a face, the bar between two dots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from ran.figures.grammar import Theme


def blank(
    height: int,
    theme: Theme,
    margins: dict[str, int],
    *,
    traces: Sequence[dict[str, Any]] = (),
    xaxis: Mapping[str, Any] | None = None,
    yaxis: Mapping[str, Any] | None = None,
    **more: Any,
) -> go.Figure:
    """Return a figure as all of ours begin, with what is given on it.

    Everything at once: each later `add_...` copies and checks all that is there already, which took
    ten times as long for a chart with sixteen annotations.

    Args:
        height: in pixels.
        theme: the colours.
        margins: l r t b, in pixels.
        traces: the figure's, as plain dicts with their type.
        xaxis: what differs from the axis that all have.
        yaxis: the same.
        more: of the layout: annotations, shapes, further axes (yaxis2).
    """
    axis = {
        "fixedrange": True, "gridcolor": theme.grid, "zeroline": False,
        "tickfont": {"color": theme.muted, "size": 12},
    }  # fmt: skip
    layout = {
        "template": None, "height": height, "margin": margins, "showlegend": False,
        "dragmode": False, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Source Sans, sans-serif", "size": 13, "color": theme.text},
        "hoverlabel": {"bgcolor": theme.panel, "font": {"color": theme.text}},
        "xaxis": {**axis, **(xaxis or {})}, "yaxis": {**axis, **(yaxis or {})},
        **{key: {**axis, **value} if "axis" in key else value for key, value in more.items()},
    }  # fmt: skip
    return go.Figure(data=list(traces), layout=layout)


def dots(
    x: Any,
    y: Any,
    theme: Theme,
    *,
    hollow: bool,
    face: str,
    digits: int = 3,
    what: str = "probability",
) -> dict[str, Any]:
    """Return the dots of one face: hollow where the other is compared with it, else filled."""
    marker = (
        {"color": theme.paper, "line": {"color": theme.before, "width": 2}}
        if hollow
        else {"color": theme.after}
    )
    return {
        "type": "scatter", "x": x, "y": y, "mode": "markers", "marker": {"size": 12, **marker},
        "customdata": y, "cliponaxis": False,
        "hovertemplate": (f"%{{customdata}}, {face}: " if what == "probability" else f"{face}: ")
        + f"{what} %{{x:.{digits}f}}<extra></extra>",
    }  # fmt: skip


def bar(x: Any, y: Any, colour: str) -> dict[str, Any]:
    """Return the bar between two dots: the change."""
    return {
        "type": "scatter", "x": x, "y": y, "mode": "lines", "hoverinfo": "skip",
        "line": {"width": 3, "color": colour},
    }  # fmt: skip
