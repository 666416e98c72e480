"""Values -> Plotly charts: probabilities, the RB margin, scores."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ran.engine import Prediction
from ran.figures.grammar import Theme, blank, change, change_colour, dots, signed


def probabilities(clean: Prediction, covered: Prediction, theme: Theme) -> go.Figure:
    """Return the dumbbell of every expression's probability before and after."""
    order = np.argsort(np.maximum(clean.probabilities, covered.probabilities), kind="stable")
    names = [clean.classes[index] for index in order]
    before, after = clean.probabilities[order], covered.probabilities[order]
    differences = [float(b) - float(a) for a, b in zip(before, after, strict=True)]
    figure = blank(272, theme, {"l": 86, "r": 156, "t": 4, "b": 24})
    for name, a, b, difference in zip(names, before, after, differences, strict=True):
        figure.add_scatter(
            x=[a, b], y=[name, name], mode="lines", hoverinfo="skip",
            line={"width": 3, "color": change_colour(difference, theme)},
        )  # fmt: skip
    dots(figure, before, names, theme, hollow=True, face="clean face")
    dots(figure, after, names, theme, hollow=False, face="covered face")
    for name, a, b, difference in zip(names, before, after, differences, strict=True):
        common = {"xref": "paper", "x": 1, "y": name, "showarrow": False, "xanchor": "right"}
        figure.add_annotation(text=f"{a:.2f} → <b>{b:.2f}</b>", xshift=94, **common)
        figure.add_annotation(
            text=change(difference), xshift=156,
            font={"color": change_colour(difference, theme)}, **common,
        )  # fmt: skip
    figure.update_xaxes(range=[-0.045, 1.045], tickvals=[0, 0.5, 1])
    figure.update_yaxes(
        showgrid=False, ticklabelstandoff=7, tickfont={"color": theme.text, "size": 13}
    )
    return figure


def margin(clean: float, covered: float, alpha: float, theme: Theme) -> go.Figure:
    """Return the number line of the RB margin; left of alpha the loss is above zero."""
    points = (clean, covered, alpha, 0.0)
    reach = max(0.1, max(points) - min(points))
    # On the left there is room for "loss > 0" at the width of a phone.
    low, high = min(points) - 0.25 * reach, max(points) + 0.15 * reach
    figure = blank(84, theme, {"l": 8, "r": 8, "t": 4, "b": 24})
    figure.add_shape(
        type="rect", x0=low, x1=alpha, y0=-0.25, y1=0.25, fillcolor=theme.loss_zone,
        line_width=0, layer="below",
    )  # fmt: skip
    figure.add_shape(
        type="line", x0=alpha, x1=alpha, y0=-0.5, y1=0.5, line={"color": theme.warn, "width": 2}
    )
    difference = covered - clean
    figure.add_scatter(
        x=[clean, covered], y=[0, 0], mode="lines", hoverinfo="skip",
        line={"width": 3, "color": change_colour(difference, theme, 3)},
    )  # fmt: skip
    dots(figure, [clean], [0], theme, hollow=True, face="clean face", digits=3, what="RB margin")
    dots(
        figure, [covered], [0], theme, hollow=False, face="covered face", digits=3, what="RB margin"
    )
    apart = abs(difference) > 0.16 * (high - low)
    for value, bold, y in ((clean, False, 0.72), (covered, True, 0.72)):
        if bold or apart:
            text = signed(value, 3)
            figure.add_annotation(
                x=value, y=y, text=f"<b>{text}</b>" if bold else text, showarrow=False
            )
    notes = [
        (low, "left", "loss > 0", theme.warn),
        (alpha, "left", f" α = {alpha:.3g}", theme.warn),
    ]
    if high - alpha > 0.45 * (high - low):
        notes.append((high, "right", "no loss", theme.muted))
    for x, anchor, text, colour in notes:
        figure.add_annotation(
            x=x, y=-0.75, text=text, xanchor=anchor, showarrow=False,
            font={"color": colour, "size": 12},
        )  # fmt: skip
    figure.update_xaxes(range=[low, high], showgrid=False)
    figure.update_yaxes(visible=False, range=[-1, 1])
    return figure


def scores(rows: list[tuple[str, float, float, float, float | None]], theme: Theme) -> go.Figure:
    """Return accuracies with their intervals, and the paper's as open diamonds.

    Args:
        rows: name, accuracy, low, high and the published accuracy or None, all in percent.
        theme: the colours.
    """
    figure = blank(220, theme, {"l": 120, "r": 12, "t": 4, "b": 40})
    names = [row[0] for row in rows][::-1]
    for name, value, low, high, published in rows[::-1]:
        figure.add_scatter(
            x=[low, high], y=[name, name], mode="lines", hoverinfo="skip",
            line={"width": 3, "color": theme.after},
        )  # fmt: skip
        figure.add_scatter(
            x=[value], y=[name], mode="markers", marker={"size": 12, "color": theme.after},
            hovertemplate=f"{name}: {value:.1f} %, 95 % interval {low:.1f} to {high:.1f} %"
            "<extra></extra>",
        )  # fmt: skip
        if published is not None:
            figure.add_scatter(
                x=[published], y=[name], mode="markers",
                marker={"size": 12, "symbol": "diamond-open", "color": theme.text},
                hovertemplate=f"{name}, the paper: {published:.2f} %<extra></extra>",
            )  # fmt: skip
    figure.update_yaxes(
        categoryorder="array", categoryarray=names, showgrid=False, ticklabelstandoff=5
    )
    marks = [value for row in rows for value in row[2:] if value is not None]
    figure.update_xaxes(range=[min(marks) - 1.5, max(marks) + 1.5])
    figure.update_xaxes(title={"text": "accuracy, %", "font": {"size": 12}})
    return figure
