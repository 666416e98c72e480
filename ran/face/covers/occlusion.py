"""Hide the pixels under shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ran.errors import BadRequest
from ran.face.mask import rasterise, rasterise_look
from ran.face.shapes import Shape

FillKind = Literal["black", "grey", "mean", "noise", "blur", "colour", "look"]
FILLS: tuple[FillKind, ...] = get_args(FillKind)


@dataclass(frozen=True)
class Fill:
    """What stands where the face is hidden.

    "mean" is the face's mean colour, "noise" uniform noise drawn with `seed`, "blur" the face
    itself blurred beyond recognition, "colour" is `colour`, three numbers 0..255, "look" is a
    sticker's own look, and black for what is no sticker. `opacity` in [0, 1]: 0 hides nothing.
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


def hide(pixels: NDArray[np.uint8], shapes: Sequence[Shape], fill: Fill) -> NDArray[np.uint8]:
    """Return the picture u8[S, S, 3] with the shapes laid over it; the argument is not changed."""
    return hide_and_mask(pixels, shapes, fill)[0]


def hide_and_mask(
    pixels: NDArray[np.uint8], shapes: Sequence[Shape], fill: Fill
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return what `hide` does, and the hidden share of each pixel, f32[S, S], opacity included."""
    side, opacity = pixels.shape[0], np.float32(fill.opacity)
    if not shapes or opacity == 0.0:
        return pixels.copy(), np.zeros((side, side), np.float32)
    if fill.kind == "look":
        mask, light = rasterise_look(shapes, side)
    else:
        mask = rasterise(shapes, side)
        light = _cover(pixels, fill) * mask[..., None]
    hidden = mask * opacity
    mixed = pixels * (1.0 - hidden[..., None]) + light * opacity
    return np.asarray(np.rint(mixed), np.uint8), hidden


def covering(pixels: NDArray[np.uint8], fill: Fill) -> NDArray[np.uint8]:
    """Return what stands where the face is hidden, u8[S, S, 3], as if all of it were, opaque.

    For "look" it is what stands there where there is no sticker.
    """
    plain = Fill() if fill.kind == "look" else fill
    return np.asarray(np.rint(_cover(pixels, plain)), np.uint8)


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
