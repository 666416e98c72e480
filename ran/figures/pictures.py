"""Values -> PIL pictures: a face with its regions, a face with a map over it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from ran.figures.grammar import Theme, ink_on, weight_colour
from ran.net.regions import Box

UNSIGNED: tuple[str, ...] = ("#FFF3C4", "#FDB733", "#E8590C", "#7A1300")
"""Colours of a map that only adds, from zero to the scale, evenly spaced."""
SIGNED: tuple[str, ...] = ("#2166AC", "#92C5DE", "#FFFFFF", "#F4A582", "#B2182B")
"""Colours of a map that adds and takes away, from minus the scale to the scale."""
TAG_HEIGHT = 32
"""Pixels."""


def outlined(
    pixels: NDArray[np.uint8],
    boxes: Sequence[Box],
    relative_weights: Sequence[float],
    theme: Theme,
    *,
    chosen: int,
    every: bool = True,
    is_named: bool = True,
    side: int = 640,
) -> Image.Image:
    """Return the face, enlarged, with the chosen region outlined and named; nothing is tinted.

    Args:
        pixels: the face, u8[S, S, 3].
        boxes: the regions.
        relative_weights: w_i * R of each, 1.0 is uniform: above it red, below it blue.
        theme: whose colours are used.
        chosen: the index of the region with a thick line and a tag.
        every: whether the others have thin lines.
        is_named: whether the chosen one has its name and weight on a tag.
        side: pixels of the picture's side.
    """
    picture = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    outline_regions(
        picture, boxes, relative_weights, theme, chosen=chosen, every=every, is_named=is_named
    )
    return picture


def outline_regions(
    picture: Image.Image,
    boxes: Sequence[Box],
    relative_weights: Sequence[float],
    theme: Theme,
    *,
    chosen: int,
    every: bool = True,
    is_named: bool = True,
) -> None:
    """Draw on a square picture of a face what `outlined` draws."""
    side = picture.width
    draw = ImageDraw.Draw(picture)
    if every:
        for index, box in enumerate(boxes):
            if index != chosen:
                _outline(draw, _inside(box, side), "#FFFFFF", 3)
                _outline(draw, _inside(box, side), weight_colour(relative_weights[index], theme), 1)
    edges, colour = _inside(boxes[chosen], side), weight_colour(relative_weights[chosen], theme)
    _outline(draw, edges, "#FFFFFF", 7)
    _outline(draw, edges, colour, 3)
    if is_named:
        tag(draw, edges[:2], f"{boxes[chosen].name} {relative_weights[chosen]:.2f}", colour)


def heat_overlay(
    face: NDArray[np.uint8], values: NDArray[np.float32], *, scale: float, signed: bool
) -> Image.Image:
    """Return the face in grey, as large as it came, with a map over it; zero is clear.

    Maps to be compared need the same scale. Beyond the scale a colour is that of its end.

    Args:
        face: u8[S, S, 3].
        values: f32[s, s], enlarged to the face.
        scale: the value of full colour; 0 if every map that shares it is zero.
        signed: whether a value below zero speaks against; otherwise it counts as zero.
    """
    if not (np.isfinite(scale) and (scale > 0 or (scale == 0 and not values.any()))):
        raise ValueError(
            f"scale must be above zero, or zero for maps without a value, got {scale}; take the "
            "largest absolute value of all maps shown together"
        )
    side = face.shape[0]
    enlarged = Image.fromarray(np.asarray(values, np.float32)).resize(
        (side, side), Image.Resampling.BILINEAR
    )
    shares = np.asarray(enlarged, np.float64) / (scale or 1.0)
    if signed:
        shares, stops = shares.clip(-1.0, 1.0), SIGNED
        opacity = (np.abs(shares) * 1.6).clip(0.0, 0.88)
    else:
        shares, stops = shares.clip(0.0, 1.0), UNSIGNED
        opacity = ((shares - 0.04) * 1.5).clip(0.0, 0.85)
    places = np.linspace(-1.0 if signed else 0.0, 1.0, len(stops))
    levels = np.array([ImageColor.getrgb(stop) for stop in stops])
    colours = np.stack([np.interp(shares, places, channel) for channel in levels.T], axis=-1)
    grey = np.asarray(Image.fromarray(face).convert("L"), np.float64)[..., None]
    mixed = grey + (colours - grey) * opacity[..., None]
    return Image.fromarray(mixed.round().astype(np.uint8))


def tag(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    text: str,
    colour: str,
    *,
    is_times: bool = True,
) -> None:
    """Write the text on a filled tag whose corner is there, or as near as the picture has room.

    is_times: whether a times sign follows, which Pillow's own font lacks.
    """
    font = ImageFont.load_default(20)
    width, height = (32 if is_times else 20) + round(font.getlength(text)), TAG_HEIGHT
    # A small region at the edge has less room than its name.
    x, y = (
        max(0, min(place, room - 1 - needed))
        for place, room, needed in zip(corner, draw.im.size, (width, height), strict=True)
    )
    end = x + width - 18
    ink = ink_on(colour)
    draw.rectangle((x, y, x + width, y + height), fill=colour)
    draw.text((x + 10, y + 16), text, fill=ink, font=font, anchor="lm")
    if not is_times:
        return
    draw.line((end, y + 12, end + 8, y + 20), fill=ink, width=2)
    draw.line((end, y + 20, end + 8, y + 12), fill=ink, width=2)


def _inside(box: Box, side: int) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (min(side - 5, max(4, round(edge * side))) for edge in box.edges)
    return x0, y0, x1, y1


def _outline(
    draw: ImageDraw.ImageDraw, edges: tuple[int, int, int, int], colour: str, width: int
) -> None:
    x0, y0, x1, y1 = edges
    half = width // 2
    draw.rectangle((x0 - half, y0 - half, x1 + half, y1 + half), outline=colour, width=width)
