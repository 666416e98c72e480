"""How a face is cut out of a photo: a similarity takes its landmarks to where they should lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

STRAIGHTEN_FROM = 5.0
"""Degrees of roll from which a face is straightened: what less of it does is within what the
network was trained to bear, and the photo's own pixels stay."""
_SMALLEST_SIDE = 8


@dataclass(frozen=True)
class Framing:
    """How a face is cut out: where its five landmarks should lie, in units of the square's side.

    Order: left eye, right eye, nose, left and right mouth corner, as the viewer sees them.
    """

    name: str
    landmarks: tuple[tuple[float, float], ...]


FERPLUS = Framing("ferplus", ((0.32, 0.39), (0.69, 0.39), (0.51, 0.60), (0.36, 0.79), (0.67, 0.79)))
"""Median MTCNN landmarks of 300 FERPlus test pictures, measured for this project."""
FRAMINGS = {framing.name: framing for framing in (FERPLUS,)}
"""By the names that a Face and a card give."""


@dataclass(frozen=True)
class Fit:
    """A similarity from a framing's square to the photo: points = side * R(roll) * unit + shift.

    side in pixels of the photo; roll in degrees, above 0 where the head leans clockwise; centre,
    x y of the square's middle in the photo; misfit, the root mean square distance of the landmarks
    from where they should lie, in sides.
    """

    side: float
    roll: float
    centre: tuple[float, float]
    misfit: float


def fit(points: NDArray[np.float64], framing: Framing = FERPLUS) -> Fit:
    """Return the similarity that takes a framing's landmarks to f64[5, 2] by least squares.

    Scale, rotation and shift in closed form, without reflection (Umeyama 1991). A fit of scale and
    shift alone would shrink the square with the cosine of the roll.
    """
    unit = np.asarray(framing.landmarks, np.float64)
    a, b = unit - unit.mean(0), points - points.mean(0)
    along = float((a * b).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    side = max(math.hypot(along, across) / float((a**2).sum()), 1e-6)
    roll = math.degrees(math.atan2(across, along))
    turn = _rotation(roll)
    rest = b - side * a @ turn.T
    misfit = float(np.sqrt((rest**2).sum(1).mean())) / side
    centre = points.mean(0) + side * turn @ (0.5 - unit.mean(0))
    return Fit(side, roll, (float(centre[0]), float(centre[1])), misfit)


def _rotation(degrees: float) -> NDArray[np.float64]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]])


@dataclass(frozen=True, eq=False)
class Cut:
    """A square cut out of a photo: its pixels u8[S, S, 3], where it lay and what lies in it.

    box x0 y0 x1 y1 in photo pixels, before it is turned by `roll` degrees about its middle;
    landmarks f32[5, 2] in units of the square.
    """

    pixels: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    roll: float
    landmarks: NDArray[np.float32]


def cut_straight(
    pixels: NDArray[np.uint8], points: NDArray[np.float64], framing: Framing, *, size: int
) -> Cut:
    """Cut the square in which the landmarks lie as they should, straightened where they are tilted.

    A head that leans by less than STRAIGHTEN_FROM degrees is cut as it stands. Beyond the photo's
    edge, edge pixels are repeated.

    Args:
        pixels: u8[H, W, 3], the whole photo.
        points: the landmarks f64[5, 2], x y in photo pixels.
        framing: where they should lie.
        size: pixels of the side that is returned.
    """
    found = fit(points, framing)
    if abs(found.roll) < STRAIGHTEN_FROM:
        return _upright(pixels, points, _at_least(found.side, points), framing, size=size)
    side = _at_least(found.side, points @ _rotation(found.roll))
    half = side / 2
    square = _turned(pixels, found.centre, side, found.roll, size)
    x, y = found.centre
    unit = (points - np.array([x, y])) @ _rotation(found.roll) / side + 0.5
    box = (x - half, y - half, x + half, y + half)
    return Cut(square, box, found.roll, unit.astype(np.float32))


def cut_upright(
    pixels: NDArray[np.uint8], points: NDArray[np.float64], framing: Framing, *, size: int
) -> Cut:
    """Cut a square as recipes before version 3 were cut: scale and shift alone, nothing turned."""
    side, _ = square_of(points, framing)
    return _upright(pixels, points, _at_least(side, points), framing, size=size)


def _at_least(side: float, points: NDArray[np.float64]) -> float:
    return max(side, float(np.ptp(points, axis=0).max()), float(_SMALLEST_SIDE))


def _upright(
    pixels: NDArray[np.uint8],
    points: NDArray[np.float64],
    side: float,
    framing: Framing,
    *,
    size: int,
) -> Cut:
    corner = points.mean(0) - side * np.asarray(framing.landmarks, np.float64).mean(0)
    x0, y0 = (round(float(edge)) for edge in corner)
    whole = max(_SMALLEST_SIDE, round(side))
    square = _square(pixels, x0, y0, whole)
    resized = Image.fromarray(square).resize((size, size), Image.Resampling.BICUBIC)
    unit = ((points - np.array([x0, y0])) / whole).astype(np.float32)
    box = (float(x0), float(y0), float(x0 + whole), float(y0 + whole))
    return Cut(np.asarray(resized), box, 0.0, unit)


def _turned(
    pixels: NDArray[np.uint8], centre: tuple[float, float], side: float, roll: float, size: int
) -> NDArray[np.uint8]:
    """Return the turned square, made smaller with antialiasing where the photo has more pixels."""
    reach = math.ceil(side * math.sqrt(0.5)) + 2
    x0, y0 = round(centre[0]) - reach, round(centre[1]) - reach
    around = Image.fromarray(_square(pixels, x0, y0, 2 * reach))
    # Turning a much larger square than is asked for would take seconds and show nothing more.
    step = max(1, math.floor(side / (2 * size)))
    if step > 1:
        around = around.reduce(step)
    whole = max(_SMALLEST_SIDE, round(side / step))
    scale = side / step / whole
    cos, sin = math.cos(math.radians(roll)) * scale, math.sin(math.radians(roll)) * scale
    x, y = (centre[0] - x0) / step, (centre[1] - y0) / step
    middle = whole / 2
    # Pillow asks where in `around` each pixel of the square comes from.
    back = (
        cos, -sin, x - cos * middle + sin * middle, sin, cos, y - sin * middle - cos * middle,
    )  # fmt: skip
    straight = around.transform(
        (whole, whole), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC
    )
    return np.asarray(straight.resize((size, size), Image.Resampling.BICUBIC))


def _square(pixels: NDArray[np.uint8], x0: int, y0: int, side: int) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    rows = np.arange(y0, y0 + side).clip(0, height - 1)
    columns = np.arange(x0, x0 + side).clip(0, width - 1)
    return np.ascontiguousarray(pixels[rows[:, None], columns[None, :]])


def square_of(
    points: NDArray[np.float64], framing: Framing = FERPLUS
) -> tuple[float, NDArray[np.float64]]:
    """Return side and corner f64[2] of the square in which landmarks f64[5, 2] lie as they should.

    points = side * framing's + corner, by least squares over scale and shift: nothing is turned.
    """
    target = np.asarray(framing.landmarks, np.float64)
    centred = target - target.mean(0)
    side = float(((points - points.mean(0)) * centred).sum() / (centred**2).sum())
    return side, points.mean(0) - side * target.mean(0)
