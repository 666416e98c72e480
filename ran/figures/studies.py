"""Values -> Plotly charts of studies: what each part is worth, RB margins of many faces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from ran.figures.grammar import Theme
from ran.figures.numbers import signed
from ran.figures.traces import blank
from ran.words import _


def ablations(rows: Sequence[tuple[str, float, float]], theme: Theme) -> go.Figure:
    """Return the accuracy of each variant as a dot with its spread, and in words under its name.

    Args:
        rows: name, accuracy and spread over seeds, both in percent; the first is the reference,
            which the line marks and the differences are taken from.
        theme: the colours.
    """
    figure = blank(56 + 38 * len(rows), theme, {"l": 158, "r": 8, "t": 4, "b": 40})
    names = [row[0] for row in rows][::-1]
    reference = rows[0][1]
    figure.add_vline(x=reference, line={"color": theme.muted, "width": 1, "dash": "dot"})
    words = {}
    for number, (name, accuracy, spread) in enumerate(rows):
        figure.add_scatter(
            x=[accuracy - spread, accuracy + spread], y=[name, name], mode="lines",
            hoverinfo="skip", line={"width": 3, "color": theme.after},
        )  # fmt: skip
        figure.add_scatter(
            x=[accuracy], y=[name], mode="markers", marker={"size": 11, "color": theme.after},
            hovertemplate=_("{name}: {accuracy:.2f} %, standard deviation over seeds {spread:.2f}")
            .format(name=name, accuracy=accuracy, spread=spread) + "<extra></extra>",
        )  # fmt: skip
        # No mark of up or down: red and blue are for one face's change.
        difference = f", {signed(accuracy - reference, 1)}" if number else ""
        words[name] = f"{name}<br><i>{accuracy:.1f} %{difference}</i>"
    figure.update_yaxes(
        categoryorder="array", categoryarray=names, showgrid=False, ticklabelstandoff=5,
        tickvals=names, ticktext=[words[name] for name in names],
        tickfont={"color": theme.text, "size": 13},
    )  # fmt: skip
    low = min(accuracy - spread for _, accuracy, spread in rows)
    high = max(accuracy + spread for _, accuracy, spread in rows)
    room = 0.06 * max(high - low, 1.0)
    figure.update_xaxes(
        range=[low - room, high + room], nticks=5,
        title={"text": _("accuracy on FER2013Valid, %"), "font": {"size": 12}},
    )  # fmt: skip
    return figure


def rb_margins(
    edges: Sequence[float],
    without: Sequence[int],
    trained: Sequence[int],
    alpha: float,
    theme: Theme,
) -> go.Figure:
    """Return the RB margins of many faces, trained without (hollow) and with RB-loss (filled).

    Args:
        edges: of the bins, one more than counts.
        without: faces in each bin, trained without RB-loss.
        trained: faces in each bin, trained with it.
        alpha: left of it the loss is above zero.
        theme: the colours.
    """
    shares = [[100 * count / sum(counts) for count in counts] for counts in (without, trained)]
    used = [number for number in range(len(without)) if max(s[number] for s in shares) >= 0.05]
    low, high = edges[used[0]], edges[used[-1] + 1]
    figure = blank(250, theme, {"l": 44, "r": 8, "t": 22, "b": 40})
    figure.add_vrect(
        x0=min(low, 0.0), x1=alpha, fillcolor=theme.loss_zone, line_width=0, layer="below"
    )
    figure.add_vline(x=alpha, line={"color": theme.warn, "width": 2})
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    for name, values, hollow in (
        (_("trained with RB-loss"), shares[1], False),
        (_("trained without"), shares[0], True),
    ):
        figure.add_bar(
            x=middles, y=values, width=[b - a for a, b in pairwise(edges)],
            marker={
                "color": "rgba(0,0,0,0)" if hollow else theme.after,
                "opacity": 1.0 if hollow else 0.75,
                "line": {"color": theme.text if hollow else theme.paper, "width": 1.5},
            },
            customdata=[
                _("{low:.2f} to {high:.2f}").format(low=a, high=b) for a, b in pairwise(edges)
            ],
            hovertemplate=_("{name}: %{{y:.1f}} % of the faces have a margin of %{{customdata}}")
            .format(name=name) + "<extra></extra>",
        )  # fmt: skip
    figure.add_annotation(
        x=alpha,
        y=1.0,
        yref="paper",
        text=_("loss &gt; 0 | α = {alpha:.3g}").format(alpha=alpha),
        showarrow=False,
        yanchor="bottom",
        font={"color": theme.warn, "size": 12},
    )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(
        range=[min(low, 0.0) - 0.02, high + 0.02],
        title={"text": _("RB margin μ<sub>max</sub> − μ<sub>0</sub>"), "font": {"size": 12}},
    )
    figure.update_yaxes(title={"text": _("faces, %"), "font": {"size": 12}}, rangemode="tozero")
    return figure
