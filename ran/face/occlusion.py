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
from ran.face.shapes import Ellipse, Polygon, Rectangle, Shape, Stroke

FillKind = Literal["black", "grey", "mean", "noise", "blur", "colour"]
FILLS: tuple[str, ...] = get_args(FillKind)
SAMPLES = 2
"""Points along a pixel's side that decide how much of it is hidden: edges are smooth."""
AT_ONCE = 2**20
"""Pairs of a sample and a segment or edge that are compared at once: bounds the memory in use."""
ROUNDING = 0.01
"""In samples; far more than single precision loses in a distance."""
_Window = tuple[slice, slice]


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

    A pixel's share is the mean over SAMPLES x SAMPLES samples spread evenly over it. Shapes are
    laid down in order; at a sample, a shape hides as much as the most that was hidden there or
    that it hides itself, and an erasing stroke leaves of what was hidden the share that it does
    not cover.
    """
    fine = side * SAMPLES
    hidden = np.zeros((fine, fine), np.float32)
    for shape in shapes:
        window = _window(shape, fine)
        share, before = _share(shape, window, fine), hidden[window]
        if isinstance(shape, Stroke) and shape.erase:
            hidden[window] = before * (1.0 - share)
        else:
            hidden[window] = np.maximum(before, share)
    shares = np.zeros((side, side), np.float32)
    for row, column in product(range(SAMPLES), repeat=2):
        shares += hidden[row::SAMPLES, column::SAMPLES]
    return shares / np.float32(SAMPLES**2)


def _window(shape: Shape, fine: int) -> _Window:
    """Return the rows and columns of samples beyond which the shape hides nothing."""
    if isinstance(shape, Polygon | Stroke):
        reach = shape.width / 2 if isinstance(shape, Stroke) else 0.0
        columns, rows = (
            (min(along) - reach, max(along) + reach) for along in zip(*shape.points, strict=True)
        )
    else:
        half_width, half_height = (shape.x1 - shape.x0) / 2, (shape.y1 - shape.y0) / 2
        cos, sin = (abs(f(math.radians(shape.angle))) for f in (math.cos, math.sin))
        x, y = shape.x0 + half_width, shape.y0 + half_height
        across, down = half_width * cos + half_height * sin, half_width * sin + half_height * cos
        columns, rows = (x - across, x + across), (y - down, y + down)
    first_row, last_row, first_column, last_column = (
        min(max(turn(edge * fine), 0), fine)
        for edges in (rows, columns)
        for turn, edge in zip((math.floor, math.ceil), edges, strict=True)
    )
    return slice(first_row, last_row), slice(first_column, last_column)


def _share(shape: Shape, window: _Window, fine: int) -> NDArray[np.float32]:
    """Return how much the shape hides, f32 in [0, 1], at each sample of its window."""
    if isinstance(shape, Stroke):
        return _stroke_share(shape, window, fine)
    if isinstance(shape, Polygon):
        return _is_in_polygon(shape, window, fine).astype(np.float32)
    points = ((np.arange(fine) + 0.5) / fine).astype(np.float32)
    rows, columns = window
    return _is_inside(shape, points[None, columns], points[rows, None]).astype(np.float32)


def _is_inside(
    shape: Rectangle | Ellipse, x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.bool_]:
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


def _is_in_polygon(shape: Polygon, window: _Window, fine: int) -> NDArray[np.bool_]:
    """Walk along every row of samples and change sides wherever it meets an edge."""
    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    # Corners in samples: sample i of the window lies at i.
    ends = np.array(shape.points) * fine - 0.5 - (columns.start, rows.start)
    starts = np.roll(ends, 1, axis=0)
    # From the top down, so that two polygons with one edge in common agree where it runs.
    is_falling = (starts[:, 1] <= ends[:, 1])[:, None]
    top, bottom = np.where(is_falling, starts, ends), np.where(is_falling, ends, starts)
    first, last = (np.ceil(end[:, 1]).clip(0, height).astype(np.intp) for end in (top, bottom))
    meets = first < last
    top, bottom, first, last = top[meets], bottom[meets], first[meets], last[meets]
    slope = (bottom[:, 0] - top[:, 0]) / (bottom[:, 1] - top[:, 1])
    changes = np.zeros(height * (width + 1), np.intp)
    at_once = max(1, AT_ONCE // max(1, height))
    for part in range(0, len(top), at_once):
        counts = (last - first)[part : part + at_once]
        edge = np.repeat(np.arange(part, part + len(counts)), counts)
        row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
        meeting = top[edge, 0] + (row - top[edge, 1]) * slope[edge]
        column = np.ceil(meeting).clip(0, width).astype(np.intp)
        changes += np.bincount(row * (width + 1) + column, minlength=len(changes))
    return np.asarray(changes.reshape(height, width + 1)[:, :-1].cumsum(1) % 2 == 1)


def _stroke_share(stroke: Stroke, window: _Window, fine: int) -> NDArray[np.float32]:
    """Share by distance from the stroke's line: whole near it, none from half the width on.

    The window is cut into square tiles. A tile that lies all inside or all outside is done; any
    other is quartered, together with those segments of the line that may be the nearest somewhere
    in it: a distance changes by at most `half`, half the tile's diagonal, from its middle to any
    of its samples. The last tiles are samples. The work is thus spent along the edge.
    """
    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    radius = stroke.width / 2 * fine
    core = radius * (1.0 - stroke.softness)
    # In samples, as for a polygon.
    line = _Line.through(np.array(stroke.points) * fine - 0.5 - (columns.start, rows.start))
    size = 1 << max(0, (max(height, width) // 4).bit_length() - 1)
    down, across = -(-height // size), -(-width // size)
    share = np.zeros((down * size, across * size), np.float32)
    tiles = np.indices((down, across)).reshape(2, -1)
    counts = np.full(down * across, len(line.x))  # a tile's number of segments ...
    segments = np.tile(np.arange(len(line.x)), down * across)  # ... and they, tile after tile
    waiting = [(size, tiles, counts, segments)]
    while waiting:
        size, tiles, counts, segments = waiting.pop()
        if not len(counts):
            continue
        squares = line.squared_distances(tiles * size + (size - 1) / 2, counts, segments)
        firsts = np.cumsum(counts) - counts
        nearest = np.sqrt(np.minimum.reduceat(squares, firsts))
        tiled = share.reshape(len(share) // size, size, -1, size)
        if size == 1:
            tiled[tiles[0], 0, tiles[1], 0] = _fade(nearest, core, radius)
            continue
        half = (size - 1) * math.sqrt(0.5) + ROUNDING
        is_whole = nearest <= core - half
        tiled[tiles[0, is_whole], :, tiles[1, is_whole], :] = 1.0
        limits = np.where(is_whole, 0.0, np.minimum(nearest + half, radius) + half)
        is_kept = squares < (limits**2).repeat(counts)
        kept = np.add.reduceat(is_kept, firsts, dtype=np.intp)
        corners, counts, segments = tiles[:, kept > 0] * 2, kept[kept > 0], segments[is_kept]
        quarters = [corners + np.array([[y], [x]]) for y, x in product((0, 1), repeat=2)]
        if 4 * len(segments) > AT_ONCE:
            waiting += [(size // 2, quarter, counts, segments) for quarter in quarters]
        else:
            four = np.concatenate(quarters, 1), np.tile(counts, 4), np.tile(segments, 4)
            waiting.append((size // 2, *four))
    return share[:height, :width]


@dataclass(frozen=True, eq=False)
class _Line:
    """The segments of a line, f32[n] each: where they start, how they run, 1 / length squared."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    along_x: NDArray[np.float32]
    along_y: NDArray[np.float32]
    inverse: NDArray[np.float32]

    @staticmethod
    def through(points: NDArray[np.float64]) -> _Line:
        """Join the points; a single one is joined to itself."""
        starts, ends = (points[:-1], points[1:]) if len(points) > 1 else (points, points)
        along = ends - starts
        squared = (along**2).sum(1)
        inverse = np.divide(1.0, squared, out=np.zeros_like(squared), where=squared > 0)
        return _Line(*(part.astype(np.float32) for part in (*starts.T, *along.T, inverse)))

    def squared_distances(
        self, places: NDArray[np.float64], counts: NDArray[np.intp], segments: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Measure from each place, rows y and x, to as many of the segments as it counts."""
        y, x = (row.astype(np.float32).repeat(counts) for row in places)
        x, y = x - self.x.take(segments), y - self.y.take(segments)
        along_x, along_y = self.along_x.take(segments), self.along_y.take(segments)
        part = ((x * along_x + y * along_y) * self.inverse.take(segments)).clip(0.0, 1.0)
        x, y = x - part * along_x, y - part * along_y
        return np.asarray(x * x + y * y)


def _fade(distance: NDArray[np.float32], core: float, radius: float) -> NDArray[np.float32]:
    if radius - core < 1e-6:  # samples: a step, in single precision
        return (distance <= radius).astype(np.float32)
    return ((radius - distance) / (radius - core)).clip(0.0, 1.0).astype(np.float32)


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
