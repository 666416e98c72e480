"""Values -> the curves of a cover that changes: random with its band, guided beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from numpy.typing import NDArray

from ran.figures.grammar import Theme
from ran.figures.traces import blank
from ran.words import _


@dataclass(frozen=True, eq=False)
class Swept:
    """What is drawn: f64[values] each; guided is None where no map guides the cover."""

    values: tuple[float, ...]
    random: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    guided: NDArray[Any] | None


def swept_curves(
    found: Swept, *, x: str, y: str, at: float, y_range: Sequence[float] | None, theme: Theme
) -> go.Figure:
    """Return both lines, the band of the random one, and where the slider stands.

    Args:
        found: the lines.
        x: title of the axis.
        y: what is read, its title.
        at: the value at which the slider stands.
        y_range: from where to where the axis goes, None as the lines do.
        theme: the colours.
    """
    xs = list(found.values)
    red, green, blue = (int(theme.muted[place : place + 2], 16) for place in (1, 3, 5))
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "x": [*xs, *xs[::-1]], "y": [*found.high, *found.low[::-1]],
            "fill": "toself", "fillcolor": f"rgba({red},{green},{blue},0.22)", "mode": "lines",
            "line": {"width": 0}, "hoverinfo": "skip",
        },
        _line(_("random"), xs, found.random, theme.muted, "solid"),
    ]  # fmt: skip
    if found.guided is not None:
        traces.append(_line(_("guided"), xs, found.guided, theme.after, "solid"))
    axis: dict[str, Any] = {"title": {"text": y, "font": {"size": 12}}, "nticks": 6}
    if y_range is not None:
        axis["range"] = list(y_range)
    return blank(
        300, theme, {"l": 56, "r": 16, "t": 12, "b": 44}, traces=traces,
        shapes=[{"type": "line", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1,
                 "line": {"color": theme.text, "width": 1, "dash": "dot"}}],
        xaxis={"tickvals": xs, "title": {"text": x, "font": {"size": 12}}},
        yaxis=axis,
    )  # fmt: skip


def _line(
    name: str, xs: Sequence[float], ys: NDArray[Any], colour: str, dash: str
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "x": list(xs), "y": list(ys), "name": name,
        "line": {"color": colour, "width": 2, "dash": dash}, "marker": {"size": 7},
        "hovertemplate": f"{name}, %{{x:g}}: %{{y:.3f}}<extra></extra>",
    }  # fmt: skip
