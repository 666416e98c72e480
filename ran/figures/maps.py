"""Heatmaps to compare -> one scale, and their pictures with that of the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.figures.pictures import heat_overlay

_SHARE = 99.5
_FAR = 1.5
CHANGE = "change"


@dataclass(frozen=True)
class Scale:
    """What maps shown together share: full colour from `full` on, and the `largest` value."""

    full: float
    largest: float

    @property
    def is_cut(self) -> bool:
        """Return whether some values lie beyond full colour."""
        return self.largest > self.full


def shared_scale(maps: Sequence[NDArray[np.float32]]) -> Scale:
    """Return the one scale of maps: the largest absolute value of all.

    A map of single pixels may have a few that stand far above all others, and would be blank
    otherwise: where the largest is more than 1.5 times the 99.5th percentile of all absolute
    values that are not zero, full colour begins at that percentile.
    """
    sizes = np.abs(np.concatenate([values.ravel() for values in maps]))
    largest = float(sizes.max())
    if largest == 0:
        return Scale(0.0, 0.0)
    usual = float(np.percentile(sizes[sizes > 0], _SHARE))
    return Scale(usual if largest > _FAR * usual else largest, largest)


@dataclass(frozen=True, eq=False)
class Mapped:
    """A face u8[S, S, 3] under its name, and its map f32[s, s]."""

    name: str
    face: NDArray[np.uint8]
    values: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Overlay:
    """One picture, u8[S, S, 3], by its name or CHANGE, and the values laid over it."""

    name: str
    pixels: NDArray[np.uint8]
    values: NDArray[np.float32]
    signed: bool


def overlays(
    found: Sequence[Mapped], *, signed: bool, scale: Scale, compare: bool = True
) -> list[Overlay]:
    """Return each face under its map and, of two or more, the change from the first to the last.

    Args:
        found: the faces with their maps, that which the others are compared with first.
        signed: whether the maps have values below zero; the change always has.
        scale: of all of them.
        compare: whether the maps compare; those of unequal steps do not.
    """
    pictures = [
        Overlay(one.name, _laid(one.face, one.values, scale, signed), one.values, signed)
        for one in found
    ]
    if compare and len(found) > 1:
        change = found[-1].values - found[0].values
        pictures.append(Overlay(CHANGE, _laid(found[0].face, change, scale, True), change, True))
    return pictures


def in_one_row(pictures: Sequence[Overlay], side: int = 480) -> Image.Image:
    """Return the pictures side by side, as a file holds them."""
    row = Image.new("RGB", (side * len(pictures), side))
    for place, picture in enumerate(pictures):
        enlarged = Image.fromarray(picture.pixels).resize((side, side), Image.Resampling.BICUBIC)
        row.paste(enlarged, (place * side, 0))
    return row


def _laid(
    face: NDArray[np.uint8], values: NDArray[np.float32], scale: Scale, signed: bool
) -> NDArray[np.uint8]:
    return np.asarray(heat_overlay(face, values, scale=scale.full, signed=signed))
