"""How a number is spread over many faces, a row a group, for a paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ran.figures.grammar import LIGHT
from ran.figures.numbers import plain
from ran.figures.paper.labelled_rows import labelled_rows
from ran.words import _

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def spreads(
    rows: Sequence[tuple[str, Sequence[float]]],
    title: str,
    *,
    width: float,
    line: float | None = None,
    is_log: bool = False,
) -> Figure:
    """Return a row for each group: nine of ten as a line, half as a bar, the median as a dot.

    Args:
        rows: the group's name and its values, one at least.
        title: of the axis.
        width: in inches.
        line: a value that the eye should have, or None.
        is_log: whether the axis is logarithmic, to the base of 2; then every value is above 0.
    """
    labels = [f"{_(name)} ({len(values):,})" for name, values in rows]
    found = [np.quantile(np.asarray(values, float), QUANTILES).tolist() for _name, values in rows]
    said = [plain(middle) for _low, _first, middle, _third, _high in found]
    figure, axes = labelled_rows(labels, said, title, width=width)
    if is_log:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda value, _place: f"{value:g}")
        axes.minorticks_off()
    if line is not None:
        axes.axvline(line, color=LIGHT.muted, linewidth=0.6, zorder=0)
    for row, (low, first, middle, third, high) in enumerate(found):
        axes.plot([low, high], [row, row], color=LIGHT.before, linewidth=0.9, zorder=1)
        axes.plot(
            [first, third], [row, row], color=LIGHT.after, linewidth=3.0, alpha=0.45, zorder=2,
            solid_capstyle="butt",
        )  # fmt: skip
        axes.plot([middle], [row], marker="o", markersize=4.2, color=LIGHT.after, zorder=3)
    return figure
