"""Shapes -> a mask: how much of each pixel they hide, and what a sticker's own look puts there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ran.deadline import check
from ran.face.covers.sticker_art import ART
from ran.face.shapes import Ellipse, Polygon, Rectangle, Shape, Sticker, Stroke

SAMPLES = 2
"""Points along a pixel's side that decide how much of it is hidden: edges are smooth."""
AT_ONCE = 2**20
"""Pairs of a sample and a segment or edge that are compared at once: bounds the memory in use."""
ROUNDING = 0.01
"""In samples; far more than single precision loses in a distance."""
SHORTEST = 1e-6
"""Square of a segment's length in samples: a shorter one is a point."""
_Window = tuple[slice, slice]


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
        check()
        window = _window(shape, fine)
        _lay(hidden[window], shape, _share(shape, window, fine))
    return _mean_of_samples(hidden)


def rasterise_look(
    shapes: Sequence[Shape], side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mask, as `rasterise` does, and the light that what hides sends from each pixel.

    The light is f32[side, side, 3] in 0..255, the colour on top times the share that it hides. A
    sticker has its parts' colours, every other shape is black. Where a shape hides part of what
    lies below it, their colours mix in the shares that are seen of them.
    """
    fine = side * SAMPLES
    hidden = np.zeros((fine, fine), np.float32)
    colours = np.zeros((fine, fine, 3), np.float32)
    for shape in shapes:
        check()
        window = _window(shape, fine)
        before, below = hidden[window], colours[window]
        if isinstance(shape, Sticker):
            share, colour = _sticker_share(shape, window, fine)
        else:
            share, colour = _share(shape, window, fine), np.zeros(3, np.float32)
        is_plain = not isinstance(shape, Sticker) and not below.any()  # black on black stays
        if not is_plain and not (isinstance(shape, Stroke) and shape.erase):
            above, seen = share[..., None], ((1.0 - share) * before)[..., None]
            below[...] = (above * colour + seen * below) / np.maximum(above + seen, 1e-9)
        _lay(before, shape, share)
    return _mean_of_samples(hidden), _mean_of_samples(hidden[..., None] * colours)


def _lay(hidden: NDArray[np.float32], shape: Shape, share: NDArray[np.float32]) -> None:
    """Lay a shape over what was hidden, in place."""
    if isinstance(shape, Stroke) and shape.erase:
        hidden *= 1.0 - share
    else:
        np.maximum(hidden, share, out=hidden)


def _mean_of_samples(values: NDArray[np.float32]) -> NDArray[np.float32]:
    total = np.zeros_like(values[::SAMPLES, ::SAMPLES])
    for row, column in product(range(SAMPLES), repeat=2):
        total += values[row::SAMPLES, column::SAMPLES]
    return total / np.float32(SAMPLES**2)


def _window(shape: Shape, fine: int) -> _Window:
    """Return the rows and columns of samples beyond which the shape hides nothing."""
    if isinstance(shape, Sticker):
        return _window_of(np.concatenate(shape.outlines()), fine)
    if isinstance(shape, Polygon | Stroke):
        reach = shape.width / 2 if isinstance(shape, Stroke) else 0.0
        return _window_of(np.array(shape.points), fine, reach=reach)
    half_width, half_height = (shape.x1 - shape.x0) / 2, (shape.y1 - shape.y0) / 2
    cos, sin = (abs(f(math.radians(shape.angle))) for f in (math.cos, math.sin))
    x, y = shape.x0 + half_width, shape.y0 + half_height
    across, down = half_width * cos + half_height * sin, half_width * sin + half_height * cos
    return _window_of(np.array([(x - across, y - down), (x + across, y + down)]), fine)


def _window_of(points: NDArray[np.float64], fine: int, *, reach: float = 0.0) -> _Window:
    """Return the rows and columns of samples that hold the points f64[N, 2] and their reach."""
    first = np.floor((points.min(0) - reach) * fine).clip(0, fine).astype(int)
    last = np.ceil((points.max(0) + reach) * fine).clip(0, fine).astype(int)
    return slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))


def _share(shape: Shape, window: _Window, fine: int) -> NDArray[np.float32]:
    """Return how much the shape hides, f32 in [0, 1], at each sample of its window."""
    if isinstance(shape, Stroke):
        return _stroke_share(shape, window, fine)
    if isinstance(shape, Sticker):
        return _sticker_share(shape, window, fine)[0]
    if isinstance(shape, Polygon):
        return _is_in_polygon(np.array(shape.points), window, fine).astype(np.float32)
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


def _sticker_share(
    sticker: Sticker, window: _Window, fine: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much the sticker hides at each sample, and the colour of its part on top there."""
    rows, columns = window
    size = rows.stop - rows.start, columns.stop - columns.start
    share, colour = np.zeros(size, np.float32), np.zeros((*size, 3), np.float32)
    for part, outline in zip(ART[sticker.name].parts, sticker.outlines(), strict=True):
        own = _window_of(outline, fine)
        inside = _is_in_polygon(outline, own, fine)
        here = tuple(
            slice(mine.start - all_of_it.start, mine.stop - all_of_it.start)
            for mine, all_of_it in zip(own, window, strict=True)
        )
        share[here][inside] = part.share
        colour[here][inside] = part.colour
    return share, colour


def _is_in_polygon(corners: NDArray[np.float64], window: _Window, fine: int) -> NDArray[np.bool_]:
    """Walk along every row of samples and change sides wherever it meets an edge."""
    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    # Corners in samples: sample i of the window lies at i.
    ends = corners * fine - 0.5 - (columns.start, rows.start)
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

    A hard edge is a line, and the work is spent along it; a soft one is an area, and there plain
    boxes are quicker. MAX_WORK bounds both.
    """
    draw = _soft_share if stroke.softness else _hard_share
    return draw(stroke, window, fine)


def _hard_share(stroke: Stroke, window: _Window, fine: int) -> NDArray[np.float32]:
    """Whole within half the width of the line, and none beyond.

    The window is cut into square tiles. A tile that lies all inside or all outside is done; any
    other is quartered, together with those segments of the line that may be the nearest somewhere
    in it: a distance changes by at most `half`, half the tile's diagonal, from its middle to any
    of its samples. The last tiles are samples. The work is thus spent along the edge.
    """
    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    radius = stroke.width / 2 * fine
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
            tiled[tiles[0], 0, tiles[1], 0] = nearest <= radius
            continue
        half = (size - 1) * math.sqrt(0.5) + ROUNDING
        is_whole = nearest <= radius - half
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


def _soft_share(stroke: Stroke, window: _Window, fine: int) -> NDArray[np.float32]:
    """Whole near the line, none from half its width on, by distance between.

    Every segment is measured from the samples of its own box alone, which holds all that it can
    hide.
    """
    rows, columns = window
    radius = stroke.width / 2 * fine
    core = radius * (1.0 - stroke.softness)
    # In samples, as for a polygon.
    points = np.array(stroke.points) * fine - 0.5 - (columns.start, rows.start)
    starts, ends = (points[:-1], points[1:]) if len(points) > 1 else (points, points)
    size = np.array([rows.stop - rows.start, columns.stop - columns.start])
    squares = np.full(size, np.inf, np.float32)
    lowest, highest = np.minimum(starts, ends) - radius, np.maximum(starts, ends) + radius
    firsts = np.floor(lowest).clip(0, size[::-1]).astype(int).tolist()
    lasts = (np.floor(highest) + 1).clip(0, size[::-1]).astype(int).tolist()
    places = [np.arange(count, dtype=np.float32) for count in size]
    for start, along, (left, top), (right, bottom) in zip(
        starts.astype(np.float32), (ends - starts).astype(np.float32), firsts, lasts, strict=True
    ):
        box = squares[top:bottom, left:right]
        x, y = places[1][left:right] - start[0], (places[0][top:bottom] - start[1])[:, None]
        squared = along[0] * along[0] + along[1] * along[1]
        if squared > SHORTEST:
            part = ((x * along[0] + y * along[1]) / squared).clip(0.0, 1.0)
            x, y = x - part * along[0], y - part * along[1]
        np.minimum(box, x * x + y * y, out=box)
    return _fade(np.sqrt(squares), core, radius)


def _fade(distance: NDArray[np.float32], core: float, radius: float) -> NDArray[np.float32]:
    if radius - core < 1e-6:  # samples: a step, in single precision
        return (distance <= radius).astype(np.float32)
    return ((radius - distance) / (radius - core)).clip(0.0, 1.0).astype(np.float32)
