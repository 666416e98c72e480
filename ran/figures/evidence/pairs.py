"""Values -> what two regions add together, a small matrix for each face, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ran.figures.grammar import Moved
from ran.figures.html import render
from ran.figures.numbers import signed
from ran.words import called

_DEEPEST = 35
"""Percent of its colour that the largest value has: numbers stay readable on it."""


def pairs(
    names: Sequence[str], faces: Sequence[tuple[str, NDArray[np.float32]]], title: str
) -> str:
    """Return a triangle of numbers for each face; one scale of colour for all.

    Args:
        names: the regions.
        faces: by the face's name, a value for every two regions, f32[R, R], the same either way.
        title: what the numbers are, for those who do not see them.
    """
    count = len(names)
    if any(values.shape != (count, count) for _face, values in faces):
        raise ValueError(f"each face needs {count} x {count} values, one for every two regions")
    largest = max((float(np.abs(values).max()) for _face, values in faces), default=0.0) or 1.0
    tables = [
        (face, [_row(names, values, index, largest) for index in range(count)])
        for face, values in faces
    ]
    return render("pairs", tables=tables, names=list(names), title=title)


def _row(
    names: Sequence[str], values: NDArray[np.float32], index: int, largest: float
) -> list[tuple[str, str, int, str]]:
    """Return the cells left of the diagonal: text, way, percent of colour, and what they are."""
    cells = []
    for other, value in enumerate(values[index, :index].tolist()):
        depth = round(_DEEPEST * abs(value) / largest)
        said = f"{called(names[index])}, {called(names[other])}: {signed(value, 3)}"
        cells.append((signed(value), Moved.by(value).way, depth, said))
    return cells
