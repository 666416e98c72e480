"""Values -> the curves of insertion and deletion: a map's and those of a centre blob."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ran.figures.grammar import Theme
from ran.figures.traces import blank
from ran.words import _


def insertion_curves(
    own: tuple[Sequence[float], Sequence[float]],
    centre: tuple[Sequence[float], Sequence[float]],
    unit: str,
    theme: Theme,
) -> go.Figure:
    """Return the target against the share of pixels, shown (solid) or taken away (dashed).

    Args:
        own: insertion and deletion of the map, of as many values each.
        centre: the same of the centre blob.
        unit: of the target.
        theme: the colours.
    """
    traces = []
    for (name, colour), pair in zip(
        ((_("map"), theme.after), (_("centre blob"), theme.muted)), (own, centre), strict=True
    ):
        for way, dash, values in zip(
            (_("shown"), _("taken away")), ("solid", "dash"), pair, strict=True
        ):
            traces.append(_line(f"{name}, {way}", values, colour, dash))
    percent = [0, 25, 50, 75, 100]
    return blank(
        236, theme, {"l": 48, "r": 28, "t": 28, "b": 40}, traces=traces,
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
        xaxis={
            "range": [0, 100],
            "tickvals": percent, "ticktext": [f"{tick} %" for tick in percent],
            "title": {"text": _("pixels, the map's first ones first"), "font": {"size": 12}},
        },
        yaxis={"title": {"text": unit, "font": {"size": 12}}, "nticks": 5},
    )  # fmt: skip


def _line(name: str, values: Sequence[float], colour: str, dash: str) -> dict[str, Any]:
    shares = [100 * place / (len(values) - 1) for place in range(len(values))]
    return {
        "type": "scatter", "mode": "lines", "x": shares, "y": list(values), "name": name,
        "line": {"color": colour, "width": 2, "dash": dash},
        "hovertemplate": f"{name}: %{{y:.2f}}<extra></extra>",
    }  # fmt: skip
