"""Values -> Plotly charts: probabilities, the RB margin, scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from ran.figures.grammar import Theme, bar, blank, change, change_colour, dots, signed
from ran.prediction import Prediction


def probabilities(clean: Prediction, covered: Prediction, theme: Theme) -> go.Figure:
    """Return the dumbbell of every expression's probability before and after."""
    order = np.argsort(np.maximum(clean.probabilities, covered.probabilities), kind="stable")
    names = [clean.classes[index] for index in order]
    before, after = (p.probabilities[order].tolist() for p in (clean, covered))
    bars: dict[str, tuple[list[float | None], list[str]]] = {}
    notes = []
    for name, a, b in zip(names, before, after, strict=True):
        colour = change_colour(b - a, theme)
        x, y = bars.setdefault(colour, ([], []))
        x += (a, b, None)
        y += (name, name, name)
        common = {"xref": "paper", "x": 1, "y": name, "showarrow": False, "xanchor": "right"}
        notes.append({"text": f"{a:.2f} → <b>{b:.2f}</b>", "xshift": 94, **common})
        notes.append({"text": change(b - a), "xshift": 156, "font": {"color": colour}, **common})
    # One line a colour, broken between the bars: a browser draws that faster than a line a bar.
    traces = [bar(x, y, colour) for colour, (x, y) in bars.items()]
    traces.append(dots(before, names, theme, hollow=True, face="clean face"))
    traces.append(dots(after, names, theme, hollow=False, face="covered face"))
    return blank(
        272, theme, {"l": 86, "r": 156, "t": 4, "b": 24}, traces=traces, annotations=notes,
        xaxis={"range": [-0.045, 1.045], "tickvals": [0, 0.5, 1]},
        yaxis={"showgrid": False, "ticklabelstandoff": 7,
               "categoryorder": "array", "categoryarray": names,
               "tickfont": {"color": theme.text, "size": 13}},
    )  # fmt: skip


def margin(clean: float, covered: float, alpha: float, theme: Theme) -> go.Figure:
    """Return the number line of the RB margin; left of alpha the loss is above zero."""
    points = (clean, covered, alpha, 0.0)
    reach = max(0.1, max(points) - min(points))
    # On the left there is room for "loss > 0" at the width of a phone.
    low, high = min(points) - 0.25 * reach, max(points) + 0.15 * reach
    zone = {
        "type": "rect", "x0": low, "x1": alpha, "y0": -0.25, "y1": 0.25,
        "fillcolor": theme.loss_zone, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    mark = {
        "type": "line", "x0": alpha, "x1": alpha, "y0": -0.5, "y1": 0.5,
        "line": {"color": theme.warn, "width": 2},
    }  # fmt: skip
    difference = covered - clean
    traces = [
        bar([clean, covered], [0, 0], change_colour(difference, theme, 3)),
        *(
            dots([value], [0], theme, hollow=hollow, face=face, digits=3, what="RB margin")
            for value, hollow, face in (
                (clean, True, "clean face"), (covered, False, "covered face"),
            )
        ),
    ]  # fmt: skip
    notes: list[dict[str, Any]] = [
        {"x": covered, "y": 0.72, "text": f"<b>{signed(covered, 3)}</b>"}
    ]
    if abs(difference) > 0.16 * (high - low):
        notes.append({"x": clean, "y": 0.72, "text": signed(clean, 3)})
    below = [
        (low, "left", "loss > 0", theme.warn),
        (alpha, "left", f" α = {alpha:.3g}", theme.warn),
    ]
    if high - alpha > 0.45 * (high - low):
        below.append((high, "right", "no loss", theme.muted))
    notes += [
        {"x": x, "y": -0.75, "text": text, "xanchor": anchor, "font": {"color": colour, "size": 12}}
        for x, anchor, text, colour in below
    ]
    return blank(
        84, theme, {"l": 8, "r": 8, "t": 4, "b": 24}, traces=traces, shapes=[zone, mark],
        annotations=[{**note, "showarrow": False} for note in notes],
        xaxis={"range": [low, high], "showgrid": False},
        yaxis={"visible": False, "range": [-1, 1]},
    )  # fmt: skip


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
        traces.append({
            "type": "scatter", "x": [value], "y": [name], "mode": "markers",
            "marker": {"size": 12, "color": theme.after},
            "hovertemplate": f"{name}: {value:.1f} %, 95 % interval {low:.1f} to {high:.1f} %"
            "<extra></extra>",
        })  # fmt: skip
        if published is not None:
            traces.append({
                "type": "scatter", "x": [published], "y": [name], "mode": "markers",
                "marker": {"size": 12, "symbol": "diamond-open", "color": theme.text},
                "hovertemplate": f"{name}, the paper: {published:.2f} %<extra></extra>",
            })  # fmt: skip
    marks = [value for row in rows for value in row[2:] if value is not None]
    return blank(
        220, theme, {"l": 120, "r": 12, "t": 4, "b": 40}, traces=traces,
        xaxis={"range": [min(marks) - 1.5, max(marks) + 1.5],
               "title": {"text": "accuracy, %", "font": {"size": 12}}},
        yaxis={"categoryorder": "array", "categoryarray": names, "showgrid": False,
               "ticklabelstandoff": 5},
    )  # fmt: skip
