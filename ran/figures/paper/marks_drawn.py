"""Numbers with their intervals, a row each, for a paper."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ran.figures.grammar import LIGHT
from ran.figures.paper.labelled_rows import labelled_rows
from ran.words import _


def with_intervals(
    rows: Sequence[tuple[str, float, float, float, float | None]], title: str, *, width: float
) -> Figure:
    """Return a dot and its interval for each row, and as an open diamond what was published.

    Args:
        rows: name, value, low, high and the published value or None, one at least.
        title: of the axis.
        width: in inches.
    """
    figure, axes = labelled_rows(
        [_(row[0]) for row in rows], [f"{row[1]:.1f}" for row in rows], title, width=width
    )
    for place, (_name, value, low, high, published) in enumerate(rows):
        axes.plot([low, high], [place, place], color=LIGHT.after, linewidth=1.4, zorder=1)
        axes.plot([value], [place], marker="o", markersize=4.2, color=LIGHT.after, zorder=3)
        if published is not None:
            axes.plot(
                [published], [place], marker="D", markersize=4.2, markerfacecolor="none",
                markeredgecolor=LIGHT.text, markeredgewidth=0.8, zorder=4,
            )  # fmt: skip
    return figure
