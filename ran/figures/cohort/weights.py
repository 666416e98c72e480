"""Values -> mean weights of regions by group, as a table in the colours of weights."""

from __future__ import annotations

from collections.abc import Sequence

from ran.figures.grammar import Theme, ink_on, weight_colour
from ran.figures.html import render


def mean_weights(
    regions: Sequence[str], rows: Sequence[tuple[str, int, Sequence[float]]], theme: Theme
) -> str:
    """Return a table, a row a group: its name, how many it has, and w relative to uniform.

    Args:
        regions: their names, R.
        rows: name, count and R means, 1 for uniform.
        theme: the colours, those of weights everywhere.
    """
    cells = [
        (
            name,
            count,
            [(f"{value:.2f}", colour, ink_on(colour))
             for value, colour in ((value, weight_colour(value, theme)) for value in values)],
        )
        for name, count, values in rows
    ]  # fmt: skip
    return render("mean_weights", regions=list(regions), rows=cells)
