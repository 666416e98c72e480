"""Axes with a name at the left of each row and a number at its right, for a paper."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ran.figures.grammar import LIGHT
from ran.figures.paper.ink import Place, words_wide

_ROW, _FRAME = 0.21, 0.44
"""Inches of a row, and of the axis below the rows."""


def labelled_rows(
    labels: Sequence[str], said: Sequence[str], title: str, *, width: float
) -> tuple[Figure, Axes]:
    """Return a figure of rows, the first on top, and its axes, in which row n stands at y = n.

    Args:
        labels: left of each row.
        said: right of each row.
        title: of the axis below.
        width: in inches.
    """
    left, right = words_wide(labels) + 0.08, words_wide(said) + 0.1
    high = _ROW * len(labels)
    figure = Figure((width, high + _FRAME))
    axes = Place(figure, 0, 0, width, high + _FRAME).axes(left, 0, width - left - right, high)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_yticks(range(len(labels)), labels)
    axes.grid(axis="x", color=LIGHT.grid, linewidth=0.4)
    axes.set_axisbelow(True)
    for row, words in enumerate(said):
        axes.annotate(
            words, (1, row), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", annotation_clip=False,
        )  # fmt: skip
    axes.set_xlabel(title, labelpad=1)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure, axes
