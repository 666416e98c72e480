"""Curves and a canvas to paint them on.

Lengths are in units of half a head's width, the origin lies between the eyes, x points to the
viewer's right and y down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE = 400
"""Pixels of a picture's side."""
UNIT = 92.0
"""Pixels in half a head's width."""
ORIGIN = (200.0, 200.0)
FINE = 4
"""Curves are drawn this many times as large and shrunk: their edges are smooth."""

Points = Sequence[tuple[float, float]]
Colour = tuple[float, float, float]
Mask = NDArray[np.float64]
"""f64[SIDE, SIDE] in [0, 1], the share of each pixel that is meant."""

_SHADOW, _GLOW = np.array([1.0, 1.12, 1.18]), np.array([1.0, 0.97, 0.93])
"""Skin is redder in the shade, and light on it is warm."""


class Canvas:
    """A picture in the making: levels f64[SIDE, SIDE, 3] in 0..255, x and y of each pixel."""

    def __init__(self) -> None:
        self.levels = np.zeros((SIDE, SIDE, 3))
        rows, columns = np.mgrid[0:SIDE, 0:SIDE] + 0.5
        self.x, self.y = (columns - ORIGIN[0]) / UNIT, (rows - ORIGIN[1]) / UNIT

    def paint(self, mask: Mask, colour: Colour | NDArray[np.float64], opacity: float = 1.0) -> None:
        """Lay a colour, one or one for each pixel, over what is there."""
        share = (mask * opacity)[..., None]
        self.levels = self.levels * (1.0 - share) + np.asarray(colour, np.float64) * share

    def shade(self, mask: Mask, strength: float) -> None:
        """Darken what is there by a share; below zero brighten it."""
        tint = _SHADOW if strength > 0 else _GLOW
        self.levels *= np.maximum(0.0, 1.0 - strength * mask[..., None] * tint)

    def picture(self) -> Image.Image:
        """Return what was painted."""
        return Image.fromarray(np.rint(self.levels.clip(0, 255)).astype(np.uint8))


def filled(*curves: Points, blur: float = 0.0) -> Mask:
    """Return the share of each pixel inside closed curves, the edges blurred by `blur` units."""
    large = Image.new("L", (SIDE * FINE, SIDE * FINE))
    ink = ImageDraw.Draw(large)
    for points in curves:
        corners = (np.asarray(points, np.float64) * UNIT + ORIGIN) * FINE
        ink.polygon([tuple(corner) for corner in corners.tolist()], fill=255)
    return blurred(np.asarray(large.reduce(FINE)) / 255.0, blur)


def blurred(mask: Mask, blur: float) -> Mask:
    """Return the mask with its edges blurred by `blur` units."""
    if not blur:
        return mask
    sharp = Image.fromarray(np.rint(mask * 255.0).astype(np.uint8))
    return np.asarray(sharp.filter(ImageFilter.GaussianBlur(blur * UNIT))) / 255.0


def closed(points: Points) -> Points:
    """Return a smooth closed curve through the points."""
    return _catmull_rom([points[-1], *points, points[0], points[1]], 12)


def line(points: Points | NDArray[np.float64], count: int) -> Points:
    """Return `count` points along a smooth open curve through the points."""
    fine = [*_catmull_rom([points[0], *points, points[-1]], 24), tuple(points[-1])]
    return [fine[index] for index in np.linspace(0, len(fine) - 1, count).round().astype(int)]


def stroke(
    points: Points | NDArray[np.float64], width: float, *, taper: tuple[float, float] = (1.0, 1.0)
) -> Points:
    """Return the outline of a brush drawn through the points; `taper` scales the two ends."""
    spine = np.asarray(line(points, 24))
    along = np.gradient(spine, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    t = np.linspace(0.0, 1.0, len(spine))
    full = (taper[0] * (1 - t) + taper[1] * t) * np.clip(6 * np.minimum(t, 1 - t) + 0.3, 0, 1)
    half = across * (0.5 * width * full)[:, None]
    return [(x, y) for x, y in (*(spine + half).tolist(), *(spine - half)[::-1].tolist())]


def ellipse(x: float, y: float, half_width: float, half_height: float) -> Points:
    """Return an ellipse round x, y."""
    turn = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    return list(zip(x + half_width * np.cos(turn), y + half_height * np.sin(turn), strict=True))


def between(x: Iterable[float], top: Iterable[float], low: Iterable[float]) -> Points:
    """Return the outline of what lies between two curves over the same x."""
    columns = list(x)
    above, below = zip(columns, top, strict=True), zip(columns, low, strict=True)
    return [*above, *reversed(list(below))]


def _catmull_rom(points: Points, each: int) -> list[tuple[float, float]]:
    p = np.asarray(points, np.float64)
    a, b, c, d = (p[start : len(p) - 3 + start, None] for start in range(4))
    t = (np.arange(each) / each)[None, :, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
                   + (3 * b - a - 3 * c + d) * t**3)  # fmt: skip
    return [(x, y) for x, y in curve.reshape(-1, 2).tolist()]
