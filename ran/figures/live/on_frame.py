"""A frame with its answer: what hides the face, its regions by weight, the expression."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ran.figures.grammar import Theme, weight_colour
from ran.figures.pictures import TAG_HEIGHT, outline_regions, tag
from ran.prediction import Prediction
from ran.scene import Scene

_SMALLEST, _LARGEST = 160, 640
"""Pixels of the square that is drawn on and laid back into the frame."""
Edges = tuple[float, float, float, float]


def on_frame(
    pixels: NDArray[np.uint8], scene: Scene | None, answer: Prediction | None, theme: Theme
) -> NDArray[np.uint8]:
    """Return a frame, u8[H, W, 3], with its face's stickers, regions and expression drawn on it.

    A line has the colour of its region's weight w; that of the highest is thick, and its name and
    number stand above the face.
    A frame without a face comes back as it is.
    """
    box = None if scene is None else scene.face.box
    if scene is None or answer is None or box is None:
        return pixels
    side = round(min(_LARGEST, max(_SMALLEST, box[2] - box[0])))
    square = _hidden(scene, side)
    weights = answer.relative_weights.tolist()
    outline_regions(
        square, answer.boxes, weights, theme, chosen=int(np.argmax(weights)), is_named=False
    )
    picture = Image.fromarray(pixels)
    laid = square.transform(
        picture.size, Image.Transform.AFFINE, _into_square(box, scene.face.roll, side),
        Image.Resampling.BILINEAR,
    )  # fmt: skip
    picture.paste(laid, mask=laid.getchannel("A"))
    _say(picture, box, answer, theme)
    return np.asarray(picture)


def _hidden(scene: Scene, side: int) -> Image.Image:
    """Return what hides the face, in mode RGBA, clear where nothing does."""
    share = (255 * scene.mask()).round().astype(np.uint8)
    hidden = np.dstack([scene.hidden_pixels(), share])
    return Image.fromarray(hidden).resize((side, side), Image.Resampling.BILINEAR)


def _into_square(box: Edges, roll: float, side: int) -> tuple[float, ...]:
    """Return what takes a frame's point into the square: x = a X + b Y + c, y = d X + e Y + f.

    The square lay in the frame turned by the face's roll about its middle (ran.face.framing).
    """
    x0, y0, x1, y1 = box
    middle, scale = ((x0 + x1) / 2, (y0 + y1) / 2), side / (x1 - x0)
    cos, sin = (scale * turn(math.radians(roll)) for turn in (math.cos, math.sin))
    across, down = (np.array([[cos, sin], [-sin, cos]]) @ middle).tolist()
    return cos, sin, side / 2 - across, -sin, cos, side / 2 - down


def _say(picture: Image.Image, box: Edges, answer: Prediction, theme: Theme) -> None:
    """Write the answer and the highest weight above the face, or where the frame has room."""
    draw, x = ImageDraw.Draw(picture), max(0, round(box[0]))
    y = max(0, round(box[1]) - 2 * TAG_HEIGHT - 8)
    text = f"{answer.expression} {answer.probabilities.max():.2f}"
    tag(draw, (x, y), text, theme.after, is_times=False)
    weights = answer.relative_weights.tolist()
    highest = int(np.argmax(weights))
    colour = weight_colour(weights[highest], theme)
    tag(draw, (x, y + TAG_HEIGHT), f"{answer.boxes[highest].name} {weights[highest]:.2f}", colour)
