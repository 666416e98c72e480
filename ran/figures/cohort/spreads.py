"""Values -> Plotly charts of a cohort, a row a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ran.figures.grammar import Theme
from ran.figures.traces import bar, blank
from ran.words import _

_ROW, _MARGINS = 34, {"l": 150, "r": 16, "t": 8, "b": 44}


@dataclass(frozen=True)
class Reached:
    """What a network reaches on a group, in percent: accuracy and its 95 % interval."""

    accuracy: float
    low: float
    high: float


def accuracies(
    rows: Sequence[tuple[str, Reached, Reached | None]], majority: float, theme: Theme
) -> go.Figure:
    """Return the accuracy of each group with its interval; a second network's hollow, below.

    Args:
        rows: the group's name, the network's and the second one's, or None.
        majority: what answering the commonest label always would reach over all, in percent.
        theme: the colours.
    """
    names = [name for name, _own, _other in rows][::-1]
    places = {name: place for place, name in enumerate(names)}
    traces: list[dict[str, Any]] = []
    for name, own, other in rows:
        for found, shift, colour, symbol in (
            (other, -0.16, theme.before, "circle-open"),
            (own, 0.16 if other else 0.0, theme.after, "circle"),
        ):
            if found is None:
                continue
            y = places[name] + shift
            traces.append(bar([found.low, found.high], [y, y], colour))
            traces.append(
                {
                    "type": "scatter", "x": [found.accuracy], "y": [y], "mode": "markers",
                    "marker": {"size": 11, "color": colour, "symbol": symbol,
                               "line": {"width": 2, "color": colour}},
                    "hovertemplate": _(
                        "{name}: {accuracy:.1f} %, 95 % interval {low:.1f} to {high:.1f} %"
                        "<extra></extra>"
                    ).format(
                        name=name, accuracy=found.accuracy, low=found.low, high=found.high
                    ),
                }
            )  # fmt: skip
    ends = [end for _name, own, other in rows for one in (own, other) if one
            for end in (one.low, one.high)]  # fmt: skip
    low = min([*ends, majority])
    return blank(
        _ROW * len(rows) + 60, theme, _MARGINS, traces=traces,
        xaxis={"range": [max(-2.0, low - 3), min(102.0, max(ends) + 3)],
               "title": {"text": _("accuracy, %"), "font": {"size": 12}}},
        yaxis=_names(names),
        shapes=[{"type": "line", "x0": majority, "x1": majority, "y0": -0.5, "y1": len(rows) - 0.5,
                 "line": {"color": theme.muted, "width": 1, "dash": "dot"}}],
    )  # fmt: skip


def distributions(
    rows: Sequence[tuple[str, Sequence[float]]], title: str, line: float | None, theme: Theme
) -> go.Figure:
    """Return how a number is spread in each group: a box of its quarters, the median marked.

    Args:
        rows: the group's name and its values, one at least.
        title: of the axis.
        line: a value that the eye should have, or None.
        theme: the colours.
    """
    names = [f"{name} ({len(values):,})" for name, values in rows][::-1]
    traces: list[dict[str, Any]] = []
    for place, (_name, values) in enumerate(rows[::-1]):
        low, first, middle, third, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
        traces.append(
            {
                "type": "box", "orientation": "h", "y": [place], "q1": [first],
                "median": [middle], "q3": [third], "lowerfence": [low], "upperfence": [high],
                "fillcolor": "rgba(0,0,0,0)", "line": {"color": theme.after, "width": 2},
                "hoverinfo": "skip", "width": 0.5,
            }
        )  # fmt: skip
        traces.append(
            {
                "type": "scatter", "x": [middle], "y": [place], "mode": "markers",
                "marker": {"size": 10, "color": theme.after},
                "hovertemplate": _(
                    "{name}: median {middle:.3f}, half from {first:.3f} to {third:.3f}, nine of "
                    "ten from {low:.3f} to {high:.3f}<extra></extra>"
                ).format(
                    name=names[place], middle=middle, first=first, third=third, low=low, high=high
                ),
            }
        )  # fmt: skip
    shapes = [] if line is None else [
        {"type": "line", "x0": line, "x1": line, "y0": -0.5, "y1": len(rows) - 0.5,
         "line": {"color": theme.muted, "width": 1, "dash": "dot"}}
    ]  # fmt: skip
    return blank(
        _ROW * len(rows) + 60, theme, _MARGINS, traces=traces, shapes=shapes,
        xaxis={"title": {"text": title, "font": {"size": 12}}}, yaxis=_names(names),
    )  # fmt: skip


def _names(names: Sequence[str]) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(names))), "ticktext": list(names), "showgrid": False,
        "range": [-0.6, len(names) - 0.4], "ticklabelstandoff": 5,
    }  # fmt: skip
