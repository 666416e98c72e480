"""Covered list 1: every face of a list under one cover, drawn by a seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ran.study.data.ferplus import Faces

VALID_SEED = 7
"""Of the covered copy of FER2013Valid, by which epochs are chosen and attention is judged."""


def covered_list(faces: Faces, *, seed: int) -> Faces:
    """Return the faces, each under one cover; equal names and seed give equal pixels.

    In order of name, each gets with the same chance the upper, lower, left or right part of .33 to
    .52 of the side, a box of .4 to .7 by .4 to .7, or an oval of radii 10 to 17 pixels of 48 about
    a point of the middle half; it is one grey (chance .6) or noise.
    """
    generator = np.random.default_rng(seed)
    pixels = faces.pixels.copy()
    for row in sorted(range(len(faces)), key=lambda row: faces.names[row]):
        hidden = _cover(generator, pixels.shape[-1])
        grey = generator.integers(0, 256)
        noise = generator.integers(0, 256, hidden.shape, dtype=np.uint8)
        pixels[row][hidden] = grey if generator.random() < 0.6 else noise[hidden]
    return replace(faces, pixels=pixels)


def _cover(generator: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """Return one random cover, bool[side, side]."""
    down, across = np.mgrid[:side, :side]
    kind = generator.integers(6)
    depth = round(side * generator.uniform(0.33, 0.52))
    if kind < 4:
        far = side - depth
        return np.asarray((down < depth, down >= far, across < depth, across >= far)[kind])
    if kind == 4:
        height, width = (round(side * size) for size in generator.uniform(0.4, 0.7, 2))
        top, left = generator.integers(0, [side - height + 1, side - width + 1])
        inside = (down >= top) & (down < top + height) & (across >= left)
        return np.asarray(inside & (across < left + width))
    y, x = generator.uniform(0.25 * side, 0.75 * side, 2)
    high, broad = generator.uniform(10 / 48 * side, 17 / 48 * side, 2)
    return np.asarray(((down - y) / high) ** 2 + ((across - x) / broad) ** 2 < 1.0)
