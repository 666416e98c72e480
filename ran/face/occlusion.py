"""Turn shapes into a mask and hide the pixels under it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ran.errors import BadRequest
from ran.face.shapes import Ellipse, Shape

FillKind = Literal["black", "grey", "mean", "noise", "blur", "colour"]
FILLS: tuple[str, ...] = get_args(FillKind)
SAMPLES = 2
"""Points along a pixel's side that decide how much of it is hidden: edges are smooth."""


@dataclass(frozen=True)
class Fill:
    """What stands where the face is hidden.

    "mean" is the face's mean colour, "noise" uniform noise drawn with `seed`, "blur" the face
    itself blurred beyond recognition, "colour" is `colour`, three numbers 0..255.
    `opacity` in [0, 1]: 0 hides nothing.
    """

    kind: FillKind = "black"
    colour: tuple[int, int, int] | None = None
    seed: int = 0
    opacity: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in FILLS:
            raise BadRequest(
                f"There is no fill {self.kind!r}.", hint=f"Use one of {', '.join(FILLS)}."
            )
        if not (math.isfinite(self.opacity) and 0.0 <= self.opacity <= 1.0):
            raise BadRequest(f"The opacity is {self.opacity}.", hint="Use a number from 0 to 1.")
        if self.kind == "colour" and self.colour is None:
            raise BadRequest("The fill 'colour' has no colour.", hint="Give red, green and blue.")
        colour = self.colour
        if colour is not None and not (len(colour) == 3 and all(0 <= c <= 255 for c in colour)):
            raise BadRequest(f"The colour is {colour}.", hint="Use three numbers from 0 to 255.")
        if self.seed < 0:
            raise BadRequest(f"The seed is {self.seed}.", hint="Use a whole number from 0.")


def rasterise(shapes: Sequence[Shape], side: int) -> NDArray[np.float32]:
    """Return the mask of the shapes, f32[side, side] in [0, 1]: the hidden share of each pixel.

    A pixel's share is counted on SAMPLES x SAMPLES points spread evenly over it.
    """
    fine = side * SAMPLES
    points = ((np.arange(fine) + 0.5) / fine).astype(np.float32)
    hidden = np.zeros((fine, fine), np.bool_)
    for shape in shapes:
        rows, columns = _reach(shape, fine)
        hidden[rows, columns] |= _is_inside(shape, points[None, columns], points[rows, None])
    shares = np.zeros((side, side), np.float32)
    for row, column in product(range(SAMPLES), repeat=2):
        shares += hidden[row::SAMPLES, column::SAMPLES]
    return shares / np.float32(SAMPLES**2)


def _reach(shape: Shape, fine: int) -> tuple[slice, slice]:
    """Return the rows and columns beyond which no point of the turned shape lies."""
    half_width, half_height = (shape.x1 - shape.x0) / 2, (shape.y1 - shape.y0) / 2
    cos, sin = (abs(f(math.radians(shape.angle))) for f in (math.cos, math.sin))
    reaches = (half_width * sin + half_height * cos, half_width * cos + half_height * sin)
    middles = (shape.y0 + half_height, shape.x0 + half_width)
    rows, columns = (
        slice(
            max(0, math.floor((middle - reach) * fine)), max(0, math.ceil((middle + reach) * fine))
        )
        for middle, reach in zip(middles, reaches, strict=True)
    )
    return rows, columns


def _is_inside(shape: Shape, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
    half_width, half_height = (shape.x1 - shape.x0) / 2, (shape.y1 - shape.y0) / 2
    x, y = x - np.float32(shape.x0 + half_width), y - np.float32(shape.y0 + half_height)
    # Into the shape's own axes, where its edges lie at -1 and 1. With y pointing down, a positive
    # angle turns clockwise.
    cos, sin = math.cos(math.radians(shape.angle)), math.sin(math.radians(shape.angle))
    along = x * np.float32(cos / half_width) + y * np.float32(sin / half_width)
    across = y * np.float32(cos / half_height) - x * np.float32(sin / half_height)
    if isinstance(shape, Ellipse):
        return np.asarray(along * along + across * across <= 1.0)
    return np.asarray((abs(along) <= 1.0) & (abs(across) <= 1.0))


def hide(pixels: NDArray[np.uint8], shapes: Sequence[Shape], fill: Fill) -> NDArray[np.uint8]:
    """Return the picture u8[S, S, 3] with the shapes laid over it; the argument is not changed."""
    if not shapes or fill.opacity == 0.0:
        return pixels.copy()
    mask = rasterise(shapes, pixels.shape[0])[..., None] * np.float32(fill.opacity)
    mixed = pixels * (1.0 - mask) + _cover(pixels, fill) * mask
    return np.asarray(np.rint(mixed), np.uint8)


def _cover(pixels: NDArray[np.uint8], fill: Fill) -> NDArray[np.float32]:
    if fill.kind == "blur":
        radius = pixels.shape[0] / 12
        blurred = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius))
        return np.asarray(blurred, np.float32)
    if fill.kind == "noise":
        noise = np.random.default_rng(fill.seed).integers(0, 256, pixels.shape)
        return noise.astype(np.float32)
    flat = {
        "black": (0.0, 0.0, 0.0),
        "grey": (128.0, 128.0, 128.0),
        "colour": fill.colour or (0, 0, 0),
        "mean": pixels.reshape(-1, 3).mean(0),
    }[fill.kind]
    return np.broadcast_to(np.asarray(flat, np.float32), pixels.shape)
