"""The stickers' pictures: flat parts with straight edges, drawn by the lines below.

All are drawn on one upright face, the framing's median made symmetric: eyes, nose and mouth
corners lie at LANDMARKS, the chin near y = 1. Left and right are the viewer's. Every curve is cut
into short straight pieces here, so that the browser and Python fill the very same outlines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ran.words import later

Point = tuple[float, float]
LANDMARKS: tuple[Point, ...] = (
    (0.315, 0.39), (0.685, 0.39), (0.5, 0.60), (0.345, 0.79), (0.655, 0.79),
)  # fmt: skip
"""Left eye, right eye, nose, left and right mouth corner of the face that art is drawn on."""
EYES, MOUTH, LOWER, ALL = (0, 1), (3, 4), (2, 3, 4), (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Part:
    """One outline of one colour; inside is where a ray meets it an odd number of times.

    `share` is how much it hides, 0 to 1. `points` are in units of the sticker's width, from the
    middle of its bounds.
    """

    colour: tuple[int, int, int]
    share: float
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Art:
    """A sticker: its parts, from the bottom up, and where it lies on the face it is drawn on.

    centre: of its bounds. width, height: of its bounds, in face sides. anchors: the landmarks that
    it goes with.
    """

    label: str
    parts: tuple[Part, ...]
    centre: Point
    width: float
    height: float
    anchors: tuple[int, ...]

    @cached_property
    def count(self) -> int:
        """Return how many points its outlines have together."""
        return sum(len(part.points) for part in self.parts)


_Shade = tuple[str, float, list[Point]]


def _art(label: str, anchors: tuple[int, ...], *shades: _Shade) -> Art:
    xs, ys = zip(*(point for _, _, points in shades for point in points), strict=True)
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    width, (x, y) = x1 - x0, ((x0 + x1) / 2, (y0 + y1) / 2)
    parts = tuple(
        Part(
            _levels(colour),
            share,
            tuple((round((px - x) / width, 4), round((py - y) / width, 4)) for px, py in points),
        )
        for colour, share, points in shades
    )
    return Art(label, parts, (x, y), width, y1 - y0, anchors)


def _levels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


# ---- outlines


def _through(corners: Iterable[Point], *, closed: bool = True, pieces: int = 5) -> list[Point]:
    """Return a smooth line through the corners (Catmull and Rom 1974), as points along it."""
    given = list(corners)
    if closed:
        before, after, last = given[-1:], given[:2], len(given)
    else:
        before, after, last = given[:1], given[-1:], len(given) - 1
    line = before + given + after
    found = []
    for start in range(last):
        a, b, c, d = line[start : start + 4]
        for piece in range(pieces):
            t = piece / pieces
            x, y = (
                0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t
                       + (3 * q - p - 3 * r + s) * t**3)
                for p, q, r, s in zip(a, b, c, d, strict=True)
            )  # fmt: skip
            found.append((x, y))
    return found if closed else [*found, given[-1]]


def _oval(x: float, y: float, across: float, down: float, count: int = 36) -> list[Point]:
    turns = (2 * math.pi * step / count for step in range(count))
    return [(x + across * math.cos(turn), y + down * math.sin(turn)) for turn in turns]


def _band(corners: Iterable[Point], width: float, *, pieces: int = 4) -> list[Point]:
    """Return the outline of a smooth line of some width, its ends round."""
    line = _through(corners, closed=False, pieces=pieces)
    angles = [
        math.atan2(line[min(n + 1, len(line) - 1)][1] - line[max(n - 1, 0)][1],
                   line[min(n + 1, len(line) - 1)][0] - line[max(n - 1, 0)][0])
        for n in range(len(line))
    ]  # fmt: skip
    half = width / 2

    def beside(place: int, turn: float) -> Point:
        angle = angles[place] + turn
        return line[place][0] + half * math.cos(angle), line[place][1] + half * math.sin(angle)

    quarter, every = math.pi / 2, range(len(line))
    end = [beside(-1, quarter - step * math.pi / 6) for step in range(1, 6)]
    start = [beside(0, -quarter - step * math.pi / 6) for step in range(1, 6)]
    left = [beside(place, quarter) for place in every]
    right = [beside(place, -quarter) for place in reversed(every)]
    return left + end + right + start


def _ring(outer: list[Point], inner: list[Point]) -> list[Point]:
    """Return one outline that goes round both; between the two is inside."""
    return [*outer, outer[0], *inner, inner[0]]


def _flipped(points: list[Point]) -> list[Point]:
    return [(1.0 - x, y) for x, y in points]


def _pair(colour: str, share: float, points: list[Point]) -> tuple[_Shade, _Shade]:
    return (colour, share, points), (colour, share, _flipped(points))


# ---- the stickers

_LENS = _through(
    [(0.15, 0.335), (0.30, 0.315), (0.455, 0.34), (0.44, 0.43), (0.37, 0.495), (0.26, 0.50),
     (0.18, 0.45)]
)  # fmt: skip
_ROUND = _oval(0.315, 0.405, 0.135, 0.115)
_ROUND_INSIDE = _oval(0.315, 0.405, 0.113, 0.093)
_SKIN, _SKIN_LINE, _NAIL = "#D7A27C", "#B07A55", "#EBC7AC"


def _fingers(*lines: tuple[Point, ...], width: float) -> tuple[_Shade, ...]:
    """Return fingers, each a band with a darker rim and a nail at its end."""
    shades: list[_Shade] = []
    for line in lines:
        (ax, ay), (bx, by) = line[-2], line[-1]
        length = math.hypot(bx - ax, by - ay)
        back = (bx - (bx - ax) / length * width * 0.25, by - (by - ay) / length * width * 0.25)
        shades += [
            (_SKIN_LINE, 1.0, _band(line, width + 0.014)),
            (_SKIN, 1.0, _band(line, width)),
            (_NAIL, 1.0, _oval(*back, width * 0.28, width * 0.24, 14)),
        ]
    return tuple(shades)


ART: dict[str, Art] = {
    later("sunglasses"): _art(
        later("Sunglasses"), EYES,
        *_pair("#22282C", 1.0, _band([(0.02, 0.345), (0.10, 0.35), (0.17, 0.36)], 0.032)),
        ("#22282C", 1.0, _band([(0.43, 0.375), (0.5, 0.352), (0.57, 0.375)], 0.030)),
        *_pair("#0F1214", 1.0, _LENS),
        *_pair("#39434A", 1.0, _band([(0.20, 0.365), (0.27, 0.350), (0.33, 0.352)], 0.016)),
    ),
    later("glasses"): _art(
        later("Clear glasses"), EYES,
        *_pair("#3A2A22", 1.0, _band([(0.02, 0.365), (0.11, 0.37), (0.19, 0.385)], 0.022)),
        ("#3A2A22", 1.0, _band([(0.44, 0.39), (0.5, 0.368), (0.56, 0.39)], 0.022)),
        *_pair("#D6E8EE", 0.15, _ROUND_INSIDE),
        *_pair("#3A2A22", 1.0, _ring(_ROUND, _ROUND_INSIDE)),
    ),
    later("mask"): _art(
        later("Surgical mask"), LOWER,
        *_pair("#E3EAEC", 1.0, _band([(0.17, 0.61), (0.09, 0.53), (0.02, 0.47)], 0.016)),
        *_pair("#E3EAEC", 1.0, _band([(0.21, 0.87), (0.10, 0.74), (0.02, 0.62)], 0.016)),
        ("#86BBD2", 1.0, _through(
            [(0.15, 0.585), (0.33, 0.555), (0.44, 0.51), (0.5, 0.50), (0.56, 0.51), (0.67, 0.555),
             (0.85, 0.585), (0.845, 0.74), (0.77, 0.90), (0.65, 1.005), (0.5, 1.04),
             (0.35, 1.005), (0.23, 0.90), (0.155, 0.74)])),
        ("#D3E6EE", 1.0, _band(
            [(0.16, 0.597), (0.33, 0.569), (0.44, 0.525), (0.5, 0.515), (0.56, 0.525),
             (0.67, 0.569), (0.84, 0.597)], 0.026)),
        ("#659FB9", 1.0, _band([(0.165, 0.69), (0.34, 0.685), (0.66, 0.685), (0.835, 0.69)], 0.01)),
        ("#659FB9", 1.0, _band([(0.185, 0.78), (0.35, 0.79), (0.65, 0.79), (0.815, 0.78)], 0.01)),
        ("#659FB9", 1.0, _band([(0.235, 0.875), (0.37, 0.90), (0.63, 0.90), (0.765, 0.875)], 0.01)),
    ),
    later("scarf"): _art(
        later("Scarf"), LOWER,
        ("#8B3A3A", 1.0, _through(
            [(-0.02, 0.72), (0.16, 0.685), (0.34, 0.665), (0.5, 0.655), (0.66, 0.665),
             (0.84, 0.685), (1.02, 0.72), (1.06, 0.90), (1.0, 1.10), (0.76, 1.19), (0.5, 1.21),
             (0.24, 1.19), (0.0, 1.10), (-0.06, 0.90)])),
        ("#A85454", 1.0, _band(
            [(0.0, 0.755), (0.25, 0.715), (0.5, 0.70), (0.75, 0.715), (1.0, 0.755)], 0.028)),
        ("#6C2A2C", 1.0, _band(
            [(-0.02, 0.86), (0.22, 0.87), (0.5, 0.84), (0.78, 0.80), (1.01, 0.80)], 0.016)),
        ("#6C2A2C", 1.0, _band(
            [(-0.01, 0.95), (0.24, 1.0), (0.52, 0.98), (0.80, 0.92), (1.03, 0.91)], 0.016)),
        ("#6C2A2C", 1.0, _band([(0.08, 1.09), (0.34, 1.11), (0.62, 1.09), (0.94, 1.02)], 0.014)),
    ),
    later("cap"): _art(
        later("Cap"), EYES,
        ("#2F4C72", 1.0, _through(
            [(0.04, 0.20), (0.05, 0.02), (0.17, -0.15), (0.35, -0.235), (0.5, -0.25),
             (0.65, -0.235), (0.83, -0.15), (0.95, 0.02), (0.96, 0.20), (0.74, 0.155),
             (0.5, 0.14), (0.26, 0.155)])),
        ("#223955", 1.0, _band([(0.5, -0.235), (0.5, -0.04), (0.5, 0.13)], 0.010)),
        ("#223955", 1.0, _band([(0.38, -0.215), (0.29, -0.03), (0.27, 0.145)], 0.008)),
        ("#223955", 1.0, _band([(0.62, -0.215), (0.71, -0.03), (0.73, 0.145)], 0.008)),
        ("#223955", 1.0, _through(
            [(0.02, 0.215), (0.25, 0.15), (0.5, 0.13), (0.75, 0.15), (0.98, 0.215), (0.93, 0.275),
             (0.72, 0.245), (0.5, 0.235), (0.28, 0.245), (0.07, 0.275)])),
        ("#4A6C98", 1.0, _band(
            [(0.06, 0.215), (0.27, 0.168), (0.5, 0.152), (0.73, 0.168), (0.94, 0.215)], 0.010)),
    ),
    later("hand over mouth"): _art(
        later("Hand over mouth"), LOWER,
        (_SKIN_LINE, 1.0, _through(
            [(0.60, 0.66), (0.74, 0.65), (0.90, 0.76), (1.04, 1.02), (1.16, 1.26), (0.92, 1.36),
             (0.80, 1.16), (0.66, 1.05), (0.56, 0.95)])),
        (_SKIN, 1.0, _through(
            [(0.61, 0.68), (0.735, 0.665), (0.885, 0.77), (1.02, 1.02), (1.14, 1.255),
             (0.93, 1.34), (0.81, 1.15), (0.67, 1.035), (0.57, 0.94)])),
        *_fingers(
            ((0.66, 0.985), (0.50, 0.975), (0.34, 0.94)),
            ((0.65, 0.905), (0.46, 0.895), (0.25, 0.87)),
            ((0.66, 0.82), (0.46, 0.805), (0.21, 0.785)),
            ((0.68, 0.735), (0.50, 0.72), (0.28, 0.705)),
            width=0.082,
        ),
    ),
    later("hand on cheek"): _art(
        later("Hand on cheek"), ALL,
        (_SKIN_LINE, 1.0, _through(
            [(0.70, 0.78), (0.80, 0.70), (0.96, 0.72), (1.04, 0.90), (1.06, 1.30), (0.83, 1.32),
             (0.80, 1.08), (0.69, 0.95)])),
        (_SKIN, 1.0, _through(
            [(0.715, 0.79), (0.80, 0.715), (0.95, 0.735), (1.025, 0.90), (1.04, 1.285),
             (0.845, 1.30), (0.815, 1.07), (0.705, 0.94)])),
        *_fingers(
            ((0.735, 0.83), (0.68, 0.74), (0.635, 0.62)),
            ((0.775, 0.78), (0.745, 0.62), (0.725, 0.46)),
            ((0.855, 0.77), (0.845, 0.60), (0.84, 0.41)),
            ((0.935, 0.79), (0.945, 0.65), (0.955, 0.50)),
            width=0.080,
        ),
    ),
    later("hair"): _art(
        later("Hair over forehead"), EYES,
        ("#38241A", 1.0, _through(
            [(0.02, 0.36), (0.02, 0.10), (0.12, -0.10), (0.32, -0.20), (0.5, -0.215),
             (0.68, -0.20), (0.88, -0.10), (0.98, 0.10), (0.98, 0.36), (0.90, 0.24), (0.86, 0.33),
             (0.78, 0.26), (0.70, 0.345), (0.62, 0.27), (0.53, 0.355), (0.45, 0.275),
             (0.36, 0.345), (0.28, 0.265), (0.18, 0.335), (0.11, 0.24)], pieces=4)),
        ("#55392B", 1.0, _band([(0.30, -0.15), (0.20, 0.02), (0.17, 0.22)], 0.014)),
        ("#55392B", 1.0, _band([(0.43, -0.17), (0.37, 0.03), (0.36, 0.25)], 0.014)),
        ("#55392B", 1.0, _band([(0.56, -0.17), (0.55, 0.03), (0.54, 0.26)], 0.014)),
        ("#55392B", 1.0, _band([(0.69, -0.15), (0.72, 0.03), (0.71, 0.25)], 0.014)),
        ("#55392B", 1.0, _band([(0.80, -0.10), (0.87, 0.06), (0.87, 0.23)], 0.014)),
    ),
    later("microphone"): _art(
        later("Microphone"), MOUTH,
        ("#16191C", 1.0, _through(
            [(0.44, 0.97), (0.56, 0.97), (0.545, 1.16), (0.535, 1.36), (0.465, 1.36),
             (0.455, 1.16)])),
        ("#3F464B", 1.0, _oval(0.5, 0.865, 0.135, 0.140)),
        ("#5E676D", 1.0, _band([(0.372, 0.865), (0.5, 0.865), (0.628, 0.865)], 0.012)),
        ("#5E676D", 1.0, _band([(0.392, 0.80), (0.5, 0.795), (0.608, 0.80)], 0.010)),
        ("#5E676D", 1.0, _band([(0.392, 0.93), (0.5, 0.935), (0.608, 0.93)], 0.010)),
        ("#5E676D", 1.0, _band([(0.5, 0.735), (0.5, 0.865), (0.5, 0.995)], 0.010)),
        ("#5E676D", 1.0, _band([(0.435, 0.75), (0.425, 0.865), (0.435, 0.98)], 0.010)),
        ("#5E676D", 1.0, _band([(0.565, 0.75), (0.575, 0.865), (0.565, 0.98)], 0.010)),
        ("#B9C0C4", 1.0, _band([(0.41, 0.985), (0.5, 1.0), (0.59, 0.985)], 0.034)),
    ),
}  # fmt: skip
"""Every sticker by its name, in the order in which they are offered."""
