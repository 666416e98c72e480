"""Hide the pixels under shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageFilter

from ran.errors import BadRequest
from ran.face.mask import rasterise, rasterise_look
from ran.face.shapes import Shape
from ran.words import _, later


@dataclass(frozen=True)
class Fill:
    """What stands where the face is hidden.

    "mean" is the face's mean colour, "noise" uniform noise drawn with `seed`, "blur" the face
    itself blurred beyond recognition, "colour" is `colour`, three numbers 0..255, "look" is a
    sticker's own look, and black for what is no sticker. `opacity` in [0, 1]: 0 hides nothing.
    """

    kind: str = "black"
    colour: tuple[int, int, int] | None = None
    seed: int = 0
    opacity: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in FILLS:
            raise BadRequest(
                _("There is no fill {kind!r}.").format(kind=self.kind),
                hint=_("Use one of {names}.").format(names=", ".join(FILLS)),
            )
        if not (math.isfinite(self.opacity) and 0.0 <= self.opacity <= 1.0):
            raise BadRequest(
                _("The opacity is {opacity}.").format(opacity=self.opacity),
                hint=_("Use a number from 0 to 1."),
            )
        if self.kind == "colour" and self.colour is None:
            raise BadRequest(
                _("The fill 'colour' has no colour."), hint=_("Give red, green and blue.")
            )
        colour = self.colour
        if colour is not None and not (len(colour) == 3 and all(0 <= c <= 255 for c in colour)):
            raise BadRequest(
                _("The colour is {colour}.").format(colour=colour),
                hint=_("Use three numbers from 0 to 255."),
            )
        if self.seed < 0:
            raise BadRequest(
                _("The seed is {seed}.").format(seed=self.seed),
                hint=_("Use a whole number from 0."),
            )


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
    return np.asarray(np.rint(_cover(pixels, fill)), np.uint8)


def _cover(pixels: NDArray[np.uint8], fill: Fill) -> NDArray[np.float32]:
    return np.broadcast_to(np.asarray(FILLS[fill.kind](pixels, fill), np.float32), pixels.shape)


def _blurred(pixels: NDArray[np.uint8], fill: Fill) -> NDArray[np.uint8]:
    radius = pixels.shape[0] / 12
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def _noise(pixels: NDArray[np.uint8], fill: Fill) -> NDArray[np.int64]:
    return np.random.default_rng(fill.seed).integers(0, 256, pixels.shape)


FILLS: dict[str, Callable[[NDArray[np.uint8], Fill], ArrayLike]] = {
    later("black"): lambda pixels, fill: 0.0,
    later("grey"): lambda pixels, fill: 128.0,
    later("mean"): lambda pixels, fill: pixels.reshape(-1, 3).mean(0),
    later("noise"): _noise,
    later("blur"): _blurred,
    later("colour"): lambda pixels, fill: fill.colour or 0.0,
    later("look"): lambda pixels, fill: 0.0,
}
"""By name: what stands where all of a face u8[S, S, 3] is hidden, 0 to 255; a number or a colour is
the same everywhere. "look" has it where there is no sticker."""
