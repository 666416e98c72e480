"""Maps of a window that slid over a face, side by side, each with its own scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ran.figures.paper.faces_drawn import (
    GAP,
    heat_scale,
    names_high,
    picture,
    picture_side,
    row_of,
)
from ran.figures.paper.ink import Place
from ran.figures.pictures import heat_overlay

_SCALE = 0.34
"""Inches of a scale below a picture, with its numbers."""
_INSET = 0.26
"""Inches between a picture's edge and its scale's: half of a number stands there."""


class WindowMap(NamedTuple):
    """A map of a number's change: what it is, f32[S, S], and the value of full colour."""

    title: str
    values: NDArray[np.float32]
    full: float


def row_wide(count: int, limit: float) -> float:
    """Return how many inches a row of so many maps is wide, at most `limit`."""
    return count * picture_side(limit, count) + GAP * (count - 1)


def window_maps(face: NDArray[np.uint8], maps: Sequence[WindowMap], *, limit: float) -> Figure:
    """Return the maps over the face, u8[S, S, 3], in one row of at most `limit` inches.

    They are of different numbers, so each has its own scale below it.
    """
    names = [one.title for one in maps]
    side, top = picture_side(limit, len(maps)), names_high(names, limit)
    width, height = row_wide(len(maps), limit), top + side + _SCALE
    figure = Figure(figsize=(width, height))
    # Places are reckoned as in the whole width, which a short row does not fill.
    place = Place(figure, 0.0, 0.0, limit, height)
    for number, (axes, one) in enumerate(zip(row_of(place, names), maps, strict=True)):
        picture(axes, np.asarray(heat_overlay(face, one.values, scale=one.full, signed=True)))
        left = number * (side + GAP)
        bar = place.axes(left + _INSET, top + side + 0.07, side - 2 * _INSET, 0.08)
        heat_scale(bar, one.full, signed=True)
    return figure
