"""How a head is painted, from back to front."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from drawing.brush import (
    Canvas,
    Colour,
    Mask,
    Points,
    between,
    blurred,
    closed,
    ellipse,
    filled,
    line,
    stroke,
)
from drawing.people import Expression, Person


def draw(person: Person, does: Expression, *, yaw: float = 0.0) -> Image.Image:
    """Return the picture of a person, the head turned `yaw` degrees to the viewer's right."""
    head = _Head(person, does, yaw)
    head.background()
    head.hair_behind()
    head.neck_and_clothes()
    head.ears()
    head.skin()
    head.relief()
    for side in (-1, 1):
        head.eye(side)
        head.brow(side)
    head.nose()
    head.mouth()
    head.hair_in_front()
    return head.canvas.picture()


class _Head:
    def __init__(self, person: Person, does: Expression, yaw: float) -> None:
        self.person, self.does, self.canvas = person, does, Canvas()
        self.sin, self.cos = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
        self.chin = 0.16 * does.jaw
        self.random = np.random.default_rng(person.seed)

    def background(self) -> None:
        canvas = self.canvas
        light = 1.06 - 0.16 * np.hypot(canvas.x + 1.2, canvas.y + 1.2) / 3.5
        canvas.levels = light[..., None] * np.asarray(self.person.wall)

    def hair_behind(self) -> None:
        low, wide = (1.75, 1.2) if self.person.long_hair else (0.15, 1.0)
        half = [(0.62, -1.48), (wide - 0.08, -0.9), (wide, -0.1), (wide, low * 0.6),
                (wide - 0.1, low), (0.5, low + 0.1)]  # fmt: skip
        outline = [(0.0, -1.62), *half, *_mirrored(half)]
        mass = filled(closed([(x - 0.12 * self.sin, y) for x, y in outline]))
        self.canvas.paint(mass, self._hair(0.62))
        if self.person.long_hair:
            starts = np.linspace(-1.15, 1.15, 60) - 0.12 * self.sin
            falls = [[(x * 0.8, -1.2), (x, -0.2), (x * 1.03, 0.8), (x * 0.97, 1.8)] for x in starts]
            self._strands(falls, mass, 0.25)

    def neck_and_clothes(self) -> None:
        canvas = self.canvas
        neck = [(0.5, 0.9), (0.52, 1.7), (0.75, 2.3)]
        red, green, blue = (0.84 * c for c in self.person.skin)
        canvas.paint(filled(closed([*neck, *_mirrored(neck)])), (red, 0.98 * green, 0.97 * blue))
        throat = [(-0.5, 1.0), (0.5, 1.0), (0.42, 1.62), (0.0, 1.78), (-0.42, 1.62)]
        canvas.shade(filled(closed(throat), blur=0.08), 0.42)
        shoulder = [(0.56, 1.72), (1.3, 1.92), (1.95, 2.2), (2.3, 2.6)]
        cloth = filled(closed([(0.0, 2.06), *shoulder, *_mirrored(shoulder)]))
        canvas.paint(cloth, self.person.clothes)
        canvas.shade(cloth * canvas.x.clip(0, 1), 0.16)
        collar = [(-0.58, 1.7), (-0.3, 1.98), (0.0, 2.1), (0.3, 1.98), (0.58, 1.7)]
        canvas.shade(filled(stroke(collar, 0.07)), 0.2)

    def ears(self) -> None:
        for side in (-1, 1):
            if self.person.long_hair or side * self.sin > 0.2:
                continue
            x = side * self.cos - 0.1 * self.sin
            ear = [(-0.1, -0.16), (0.1, -0.2), (0.17, 0.02), (0.1, 0.36), (-0.08, 0.44)]
            red, green, blue = (0.9 * c for c in self.person.skin)
            self.canvas.paint(
                filled(closed([(x + side * a, b) for a, b in ear])), (red, 0.97 * green, blue)
            )
            inner = [(x + side * a, b) for a, b in ((0.02, -0.08), (0.1, 0.02), (0.03, 0.26))]
            self.canvas.shade(filled(closed(inner), blur=0.025), 0.35)

    def skin(self) -> None:
        """Paint the head, lit from the upper left."""
        canvas, chin, sin = self.canvas, self.chin, self.sin
        half = [(0.52, -1.32), (0.84, -1.02), (0.96, -0.6), (0.99, -0.2), (0.97, 0.2),
                (0.9, 0.62 + 0.3 * chin), (0.76, 0.96 + 0.7 * chin), (0.52, 1.24 + chin),
                (0.24, 1.41 + chin)]  # fmt: skip
        outline = [(0.0, -1.42), *half, (0.0, 1.45 + chin), *_mirrored(half)]
        # Turned, the chin moves more than the skull.
        self.face = filled(
            closed(
                [(x * (1 - 0.06 * abs(sin)) + sin * (0.2 + 0.22 * max(0, y)), y)
                 for x, y in outline]
            )
        )  # fmt: skip
        across, down = (canvas.x - 0.45 * sin) / 1.06, (canvas.y - 0.05) / 1.62
        out = np.sqrt(np.clip(1.0 - across**2 - down**2, 0.02, 1.0))
        light = np.clip(-0.36 * across - 0.34 * down + 0.87 * out, 0.0, 1.0)[..., None]
        redder = 1.0 - (1.0 - light) * np.array([0.0, 0.07, 0.1])
        canvas.paint(self.face, np.asarray(self.person.skin) * (0.58 + 0.5 * light) * redder)

    def relief(self) -> None:
        """Shade what bones and muscles make of the skin: sockets, cheeks, folds and chin."""
        does, chin, lift = self.does, self.chin, self.does.cheek
        for side in (-1, 1):
            self._shadow([(0.14, -0.16), (0.42, -0.24), (0.74, -0.12), (0.68, 0.12), (0.4, 0.17),
                          (0.18, 0.1)], 0.08, 0.15, side=side)  # fmt: skip
            bag = [(0.22, 0.12 + 0.02 * lift), (0.42, 0.22 - 0.01 * lift), (0.64, 0.15)]
            self._shadow(stroke(bag, 0.035), 0.03, 0.16 + 0.16 * max(0, does.lid_low), side=side)
            blush = [(0.38, 0.42), (0.66, 0.28 - 0.05 * lift), (0.84, 0.42), (0.62, 0.66)]
            flush = self._on_face(closed(blush), blur=0.13, side=side)
            self.canvas.paint(flush, self.person.lips, 0.22 + 0.08 * lift)
            apple = [(0.4, 0.36), (0.58, 0.24), (0.72, 0.36), (0.56, 0.5)]
            self._shadow(apple, 0.09, -0.1 - 0.12 * lift, side=side)
            if lift > 0.5 or does.smile < -0.4:
                out = 0.5 + 0.16 * max(0, does.smile)
                fold = stroke([(0.27, 0.5), (out - 0.09, 0.66), (out, 0.88)], 0.04)
                self._shadow(fold, 0.024, 0.15 + 0.11 * max(0, lift), side=side)
            if does.brow_close > 0.3:
                furrow = stroke([(0.075, -0.36), (0.065, -0.24), (0.09, -0.12)], 0.04)
                self._shadow(furrow, 0.014, 0.34 * does.brow_close, side=side)
        if min(does.brow_inner, does.brow_outer) > 0.5:
            for y in (-0.62, -0.74, -0.86):
                wrinkle = [(-0.5, y + 0.05), (-0.25, y), (0.25, y), (0.5, y + 0.05)]
                self._shadow(stroke(wrinkle, 0.022), 0.014, 0.2)
        self._shadow(ellipse(0.0, 1.18 + chin, 0.22, 0.04), 0.05, 0.18)
        self._shadow(ellipse(-0.03, 1.31 + chin, 0.13, 0.05), 0.06, -0.12)

    def eye(self, side: int) -> None:
        does, canvas = self.does, self.canvas
        high, low = 0.1 + 0.07 * does.lid_up, 0.07 - 0.06 * does.lid_low
        droop = -0.03 * min(0, does.brow_outer)
        upper = [(0.215, 0.035), (0.3, -0.62 * high), (0.43, -high), (0.56, -0.72 * high + droop),
                 (0.645, droop - 0.012)]  # fmt: skip
        lower = [(0.56, 0.75 * low + droop), (0.43, low), (0.31, 0.85 * low)]
        upper, lower = ([(side * x, y) for x, y in lid] for lid in (upper, lower))
        x, y = side * 0.43, 0.035 * does.gaze - 0.008
        ball = filled(self._seen(closed([*upper, *lower])))
        canvas.paint(ball, (236, 231, 226))
        red, green, blue = self.person.iris
        for radius, colour in (
            (0.125, (0.45 * red, 0.45 * green, 0.45 * blue)),
            (0.108, self.person.iris),
            (0.052, (14, 11, 12)),
        ):
            canvas.paint(filled(self._seen(ellipse(x, y, radius, radius))) * ball, colour)
        glow = filled(self._seen(ellipse(x, y + 0.055, 0.07, 0.035)), blur=0.015)
        canvas.paint(glow * ball, (255, 240, 210), 0.22)
        # The upper lid's shadow on the ball, then the spark of light over all.
        canvas.paint(filled(self._seen(stroke(upper, 0.1)), blur=0.03) * ball, (30, 20, 20), 0.45)
        spark = filled(self._seen(ellipse(x - 0.04, y - 0.04, 0.024, 0.024)))
        canvas.paint(spark * ball, (255, 255, 255), 0.95)
        lash, rim = stroke(upper, 0.04, taper=(0.4, 1.1)), [upper[-1], *lower, upper[0]]
        canvas.paint(filled(self._seen(lash)), (30, 22, 20), 0.92)
        canvas.paint(filled(self._seen(stroke(rim, 0.016))), (30, 22, 20), 0.4)
        crease = [(x, y - 0.065 - 0.02 * max(0, does.lid_up)) for x, y in upper]
        self._shadow(stroke(crease, 0.022, taper=(0.4, 0.7)), 0.006, 0.38)

    def brow(self, side: int) -> None:
        """Paint an eyebrow hair by hair over a soft base."""
        inner, outer = self.does.brow_inner, self.does.brow_outer
        curve = [
            (side * (0.2 - 0.06 * self.does.brow_close), -0.29 - 0.15 * inner),
            (side * 0.36, -0.325 - 0.11 * inner - 0.05 * outer),
            (side * 0.55, -0.335 - 0.03 * inner - 0.13 * outer),
            (side * 0.74, -0.265 - 0.13 * outer),
        ]
        base = stroke(curve, 0.085, taper=(0.95, 0.25))
        self.canvas.paint(self._on_face(base, blur=0.014), self._hair(0.5), 0.75)
        spine, hairs = line(curve, 44), []
        for index, (x, y) in enumerate(spine[:-3]):
            tip_x, tip_y = spine[index + 3]
            left = 1.0 - index / len(spine)
            for up in self.random.integers(-40, 41, 3) / 1000.0:
                root, tip = (
                    (x, y + up * (0.3 + 0.7 * left)),
                    (tip_x, tip_y + 0.5 * up * left - 0.01),
                )
                hairs.append(self._seen(stroke([root, tip], 0.011)))
        self.canvas.paint(filled(*hairs, blur=0.003) * self.face, self._hair(0.5), 0.6)

    def nose(self) -> None:
        flare = 1.0 + 0.12 * max(0, -self.does.brow_inner) + 0.08 * self.does.cheek
        for points, blur, strength, depth in (
            ([(0.07, -0.2), (0.17, 0.1), (0.24, 0.5), (0.1, 0.52), (0.09, 0.1)], 0.05, 0.2, 0.1),
            ([(-0.1, -0.2), (-0.12, 0.1), (-0.2, 0.48), (-0.07, 0.0)], 0.04, 0.1, 0.1),
            ([(-0.05, -0.1), (0.04, -0.1), (0.05, 0.36), (-0.06, 0.36)], 0.035, -0.18, 0.14),
            (ellipse(-0.02, 0.44, 0.085, 0.06), 0.035, -0.2, 0.2),
            ([(-0.26, 0.58), (0.0, 0.64), (0.28, 0.58), (0.2, 0.72), (-0.16, 0.7)],
             0.045, 0.24, 0.02),
            (stroke([(-0.1, 0.6), (0.0, 0.635), (0.1, 0.6)], 0.022), 0.01, 0.3, 0.14),
        ):  # fmt: skip
            self._shadow(points, blur, strength, depth=depth)
        for side in (-1, 1):
            wing = [(0.2 * flare, 0.42), (0.26 * flare, 0.52), (0.2 * flare, 0.61)]
            self._shadow(stroke(wing, 0.03), 0.014, 0.26, depth=0.06, side=side)
            nostril = ellipse(0.115 * flare, 0.595, 0.066 * flare, 0.03)
            hole = self._on_face(nostril, blur=0.012, depth=0.12, side=side)
            self.canvas.paint(hole, (48, 24, 20), 0.7)

    def mouth(self) -> None:
        """Paint the lips, and what an open mouth shows."""
        does, canvas = self.does, self.canvas
        wide, gap = 0.37 * (1.0 + 0.36 * does.wide), 0.3 * does.apart
        corner = -0.035 - 0.17 * does.smile
        middle = 0.94 + 0.05 * max(0, does.smile) + 0.05 * does.jaw
        thick = 1.0 - 0.6 * does.press - 0.25 * max(0, does.smile) * does.teeth
        at = np.linspace(-1.0, 1.0, 41)
        x, dome = at * wide, 1.0 - at**2
        bend = middle + corner * np.abs(at) ** 1.7
        yawn = dome ** (0.5 if does.jaw > 0.5 else 0.8)
        inner_top, inner_low = bend - 0.42 * gap * yawn, bend + 0.58 * gap * yawn + 0.01 * dome
        bow = 1.0 - 0.22 * np.exp(-((at / 0.13) ** 2))
        outer_top = inner_top - 0.088 * thick * dome**0.85 * bow - 0.01 * dome
        outer_low = inner_low + 0.125 * thick * dome**0.75 + 0.004

        def seen(outline: Points, blur: float = 0.006) -> Mask:
            return filled(self._seen(outline, depth=0.04), blur=blur)

        canvas.paint(seen(between(x, outer_top, outer_low)), self.person.lips, 0.9)
        canvas.shade(seen(between(x, outer_top, inner_top)), 0.16)
        shine = between(0.5 * x, inner_low + 0.03 * thick, inner_low + 0.075 * thick)
        canvas.shade(seen(shine, 0.022), -0.26)
        if gap:
            opening = seen(between(x, inner_top, inner_low), 0.0)
            canvas.paint(opening, (52, 18, 20))
            if does.jaw > 0.5:
                tongue = ellipse(0.0, float(inner_low[20]) - 0.03, 0.62 * wide, 0.3 * gap)
                canvas.paint(seen(tongue, 0.02) * opening, (150, 70, 70), 0.8)
            height = gap * (0.2 + 0.6 * does.teeth)
            teeth = seen(between(0.92 * x, inner_top - 0.02, inner_top + height * dome**0.6))
            canvas.paint(teeth * opening, (238, 232, 222), 0.95)
            gaps = [[(a, middle - 0.3), (a, middle + 0.3)] for a in np.linspace(-0.75, 0.75, 9)]
            lines = [self._seen(stroke([(a * wide, b) for a, b in g], 0.01), depth=0.04)
                     for g in gaps]  # fmt: skip
            canvas.paint(filled(*lines, blur=0.006) * teeth * opening, (150, 120, 110), 0.35)
            lip = stroke(list(zip(x, inner_top, strict=True)), 0.035)
            canvas.paint(seen(lip, 0.015) * opening, (40, 14, 16), 0.5)
        else:
            seam = stroke(list(zip(x, bend, strict=True)), 0.026)
            canvas.paint(seen(seam), (70, 26, 26), 0.85)
        for side in (-1, 1):
            end = ellipse(wide + 0.015, middle + corner, 0.028, 0.026)
            self._shadow(end, 0.016, 0.4, depth=0.02, side=side)
        self._shadow(between(0.7 * x, outer_low + 0.01, outer_low + 0.07), 0.03, 0.22)

    def hair_in_front(self) -> None:
        """Paint the hair over the forehead and, when long, beside the cheeks."""
        if self.person.long_hair:
            edge = [(-0.86, 1.68), (-0.9, 1.3), (-0.95, 0.8), (-0.93, 0.2), (-0.9, -0.42),
                    (-0.66, -0.84), (-0.25, -1.16), (0.1, -1.0), (0.6, -0.78), (0.88, -0.4),
                    (0.92, 0.2), (0.95, 0.8), (0.9, 1.3), (0.86, 1.68)]  # fmt: skip
            half = [(0.68, -1.5), (1.13, -0.95), (1.2, 0.0), (1.22, 0.7), (1.22, 1.3), (1.14, 1.84)]
        else:
            edge = [(-1.0, 0.02), (-0.93, -0.3), (-0.88, -0.78), (-0.5, -0.98), (-0.1, -0.96),
                    (0.3, -1.03), (0.68, -0.92), (0.89, -0.68), (0.93, -0.3),
                    (1.0, 0.02)]  # fmt: skip
            half = [(0.68, -1.5), (1.08, -0.95), (1.08, -0.4), (1.03, 0.02)]
        crown = [*_mirrored(half), (0.0, -1.68), *half]
        edge = line([(x + 0.3 * self.sin * min(1, 1.6 - y), y) for x, y in edge], 120)
        crown = line([(x + 0.03 * self.sin, y) for x, y in crown], 120)
        front = filled([*edge, *crown[::-1]])
        self.canvas.shade(blurred(np.roll(front, 7, axis=0), 0.065) * self.face, 0.34)
        self.canvas.paint(front, self._hair(1.0))
        low, high = np.asarray(edge), np.asarray(crown)
        if self.person.long_hair:  # Combed from a parting down both sides.
            parting = int(low[:, 1].argmin())
            shares = np.linspace(0.02, 0.98, 34)
            falls = [low + share * (high - low) for share in shares]
            locks = [fall[part] for fall in falls
                     for part in (slice(parting, None, 6), slice(parting, None, -6))]  # fmt: skip
        else:  # Combed back.
            waves = self.random.integers(-60, 61, (len(edge), 1)) / 1000.0
            middles = 0.5 * (low + high) + waves + (0.0, -0.1)
            locks = list(np.stack([low, middles, high * (0.96, 1.0)], axis=1))
        self._strands(locks, front, 0.4)

    def _seen(self, points: Points, *, depth: float = 0.0) -> Points:
        """Return where points of the face's surface are seen once the head is turned."""
        seen = []
        for x, y in points:
            bulge = math.sqrt(max(0.0, 1.1 - x * x)) * (1.0 - 0.12 * max(0.0, y - 0.6))
            seen.append((x * self.cos + (0.86 * bulge + depth) * self.sin, y))
        return seen

    def _on_face(self, outline: Points, *, blur: float, depth: float = 0.0, side: int = 1) -> Mask:
        mirrored = [(side * x, y) for x, y in outline]
        return filled(self._seen(mirrored, depth=depth), blur=blur) * self.face

    def _shadow(
        self, points: Points, blur: float, strength: float, *, depth: float = 0.0, side: int = 1
    ) -> None:
        outline = points if len(points) > 20 else closed(points)
        self.canvas.shade(self._on_face(outline, blur=blur, depth=depth, side=side), strength)

    def _strands(
        self, strands: Sequence[Points | NDArray[np.float64]], within: Mask, opacity: float
    ) -> None:
        """Paint strands of hair, each in one of eight brightnesses."""
        levels = self.random.integers(0, 8, len(strands))
        for level in range(8):
            chosen = [s for s, own in zip(strands, levels, strict=True) if own == level]
            mask = filled(*(stroke(points, 0.018) for points in chosen), blur=0.006)
            self.canvas.paint(mask * within, self._hair(0.55 + 0.13 * level), opacity)

    def _hair(self, brightness: float) -> Colour:
        red, green, blue = (min(255.0, brightness * c + 6.0) for c in self.person.hair)
        return red, green, blue


def _mirrored(half: Points) -> Points:
    """Return the other half of an outline, going on where this one ends."""
    return [(-x, y) for x, y in reversed(half)]
