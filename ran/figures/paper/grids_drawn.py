"""Tables whose cells are shaded by their numbers, for a paper: confusion, pairs, mean weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ran.figures.grammar import LIGHT, ink_on, weight_colour
from ran.figures.numbers import signed
from ran.figures.paper.ink import Place, fitted, words_wide
from ran.words import called

_ROW, _HEAD, _GAP, _EDGE = 0.19, 0.19, 0.12, 0.06
"""Inches: of a row, of a grid's own line, between two grids, beside a name."""
_DEEPEST = 0.75
"""Of its colour that the largest share or value has."""


class Shaded(NamedTuple):
    """A cell: what stands in it, and its ground as a colour."""

    text: str
    ground: str


class Grid(NamedTuple):
    """A table: its rows by name, each with a cell or None a column; a title above it, or ""."""

    rows: Sequence[tuple[str, Sequence[Shaded | None]]]
    title: str = ""


def confusion(classes: Sequence[str], counts: Sequence[Sequence[int]], *, width: float) -> Figure:
    """Return counts, a row a class as labelled, a column as answered, shaded by the row's share."""
    names = [called(name) for name in classes]
    rows = [
        (
            f"{name} ({sum(row):,})",
            [
                Shaded(str(count), _mixed(LIGHT.after if at == place else LIGHT.warn,
                                          count / (sum(row) or 1)))
                for at, count in enumerate(row)
            ],
        )
        for place, (name, row) in enumerate(zip(names, counts, strict=True))
    ]  # fmt: skip
    return grids([Grid(rows)], names, width=width)


def pairs(
    regions: Sequence[str], faces: Sequence[tuple[str, NDArray[np.float32]]], *, width: float
) -> Figure:
    """Return what every two regions add together, a triangle a face, all on one scale of colour."""
    names = [called(name) for name in regions]
    largest = max((float(np.abs(values).max()) for _face, values in faces), default=0.0) or 1.0

    def cell(value: float) -> Shaded:
        return Shaded(
            signed(value), _mixed(LIGHT.up if value > 0 else LIGHT.down, abs(value) / largest)
        )

    count = len(names)
    made = [
        Grid(
            [(names[row], [cell(float(values[row, at])) if at < row else None
                           for at in range(count - 1)]) for row in range(1, count)],
            called(face),
        )
        for face, values in faces
    ]  # fmt: skip
    return grids(made, names[:-1], width=width)


def mean_weights(
    regions: Sequence[str], rows: Sequence[tuple[str, int, Sequence[float]]], *, width: float
) -> Figure:
    """Return w of each region relative to uniform, a row a group with its count."""
    made = [
        (f"{name} ({count:,})",
         [Shaded(f"{value:.2f}", weight_colour(value, LIGHT)) for value in values])
        for name, count, values in rows
    ]  # fmt: skip
    return grids([Grid(made)], [called(name) for name in regions], width=width)


def grids(made: Sequence[Grid], columns: Sequence[str], *, width: float) -> Figure:
    """Return grids one below the other, which share their columns.

    Args:
        made: one at least, each with a row at least.
        columns: their names, above the first grid; upright where they are too long to lie.
        width: in inches.
    """
    labels = [name for grid in made for name, _cells in grid.rows]
    left = min(0.4 * width, words_wide(labels) + _EDGE)
    wide = (width - left) / len(columns)
    lies = words_wide(columns) <= wide - 0.02
    top = _HEAD if lies else words_wide(columns) + 2 * _EDGE
    high = [(_HEAD if grid.title else 0.0) + _ROW * len(grid.rows) for grid in made]
    height = top + sum(high) + _GAP * (len(made) - 1) + 0.02
    figure = Figure((width, height))
    down = top
    for number, (grid, inches) in enumerate(zip(made, high, strict=True)):
        if grid.title:
            Place(figure, 0, down, width, _HEAD).title(grid.title)
        rows = len(grid.rows)
        axes = Place(figure, 0, 0, width, height).axes(
            left, down + inches - _ROW * rows, width - left, _ROW * rows
        )
        axes.set_xlim(0, len(columns))
        axes.set_ylim(rows, 0)
        axes.set_xticks([])
        axes.set_yticks(
            [row + 0.5 for row in range(rows)],
            [fitted(name, left - _EDGE + 0.01, lines=1) for name, _cells in grid.rows],
        )
        axes.tick_params(length=0, pad=3)
        axes.spines[:].set_visible(False)
        for row, (_name, cells) in enumerate(grid.rows):
            for at, one in enumerate(cells):
                if one is not None:
                    axes.add_patch(Rectangle((at, row), 1, 1, facecolor=one.ground, linewidth=0))
                    axes.text(at + 0.5, row + 0.5, one.text, ha="center", va="center",
                              color=ink_on(one.ground), fontsize=6)  # fmt: skip
        if number == 0:
            above = down + inches - _ROW * rows
            for at, name in enumerate(columns):
                figure.text(
                    (left + (at + 0.5) * wide) / width,
                    1 - ((above if not grid.title else top) - _EDGE) / height, name,
                    ha="center", va="bottom", rotation=0 if lies else 90,
                )  # fmt: skip
        down += inches + _GAP
    return figure


def _mixed(colour: str, share: float) -> str:
    """Return a colour as light as its share is small, on paper."""
    part = _DEEPEST * min(1.0, max(0.0, share))
    red, green, blue = (
        part * one + (1 - part) * other
        for one, other in zip(to_rgb(colour), to_rgb(LIGHT.paper), strict=True)
    )
    return to_hex((red, green, blue))
