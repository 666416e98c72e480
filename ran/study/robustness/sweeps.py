"""Curves of robustness: an answer against size, opacity, position or severity of a cover.

Random against guided, as deletion against a random order (Samek et al. 2017, arXiv:1509.06321): a
cover at random places, and the same where the face's own Grad-CAM of the answer is largest under
it. Where guided falls no faster than random, the map does not say what counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ran.engine import Engine
from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.data.testset import AREAS, KINDS, SEVERITIES, drawn, shown
from ran.study.robustness.readings import Reading, read
from ran.words import _

SIZE, OPACITY, POSITION, SEVERITY = "size", "opacity", "position", "severity"
VALUES: dict[str, tuple[float, ...]] = {
    SIZE: (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
    OPACITY: (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    POSITION: (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0),
    SEVERITY: tuple(float(severity) for severity in SEVERITIES),
}
"""What a cover is changed by, and its values: the side of a square and its opacity, 0 to 1; its
way from the left edge to the right; severity as in docs/benchmark.md."""
MOST_PLACES = 50


@dataclass(frozen=True)
class Swept:
    """What is asked: what the cover is changed by, and what stays.

    by, a name of VALUES; side, of the square, in units of the face's, where its size stays; fill;
    kind, of KINDS, for severity; places, how many random ones each face and value has; seed.

    Raises:
        BadRequest: if there is no such change or kind, or too many places or none.
    """

    by: str = SIZE
    side: float = 0.3
    fill: Fill = Fill("grey")
    kind: str = "rectangles"
    places: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.by not in VALUES:
            raise BadRequest(
                _("A cover is not changed by {by!r}.").format(by=self.by),
                hint=_("Use {names}.").format(names=", ".join(VALUES)),
            )
        if self.kind not in KINDS:
            raise BadRequest(
                _("There is no kind {kind!r}.").format(kind=self.kind),
                hint=_("Use {names}.").format(names=", ".join(KINDS)),
            )
        if not 1 <= self.places <= MOST_PLACES or not 0.0 < self.side < 1.0:
            raise BadRequest(
                _("A curve cannot rest on {places} places of a square of {side}.").format(
                    places=self.places, side=self.side
                ),
                hint=_("Use 1 to {most}, and a side between 0 and 1.").format(most=MOST_PLACES),
            )

    @property
    def is_guided(self) -> bool:
        """Return whether a map can guide the cover: what sits by landmarks, or turns, it cannot."""
        return self.by != SEVERITY or self.kind == "rectangles"


@dataclass(frozen=True, eq=False)
class AtValue:
    """What a face answers at one value: under each random cover, and under the guided one."""

    random: tuple[Reading, ...]
    guided: Reading | None


@dataclass(frozen=True, eq=False)
class Curve:
    """How far a sweep is: for each face done, what it answers at each value.

    done, values of faces that are done, of so many.
    """

    swept: Swept
    faces: tuple[tuple[AtValue, ...], ...]
    done: int
    of: int

    def means(self, name: str) -> NDArray[np.float64]:
        """Return a number's mean over a face's random covers, f64[faces, values]; NaN: none."""
        return np.array([[_mean([r.of(name) for r in at.random]) for at in face]
                         for face in self.faces])  # fmt: skip

    def guided(self, name: str) -> NDArray[np.float64]:
        """Return the number under each face's guided cover, f64[faces, values]; NaN: none."""
        return np.array([[_mean([None if at.guided is None else at.guided.of(name)]) for at in face]
                         for face in self.faces])  # fmt: skip

    def band(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return from where to where the random line goes, f64[values] each.

        Of one face the middle 80 % of its random covers; of more the 95 % interval of the mean over
        faces, by Student's t.
        """
        if len(self.faces) == 1:
            rows = [[_plain(r.of(name)) for r in at.random] for at in self.faces[0]]
            low, high = np.quantile(np.array(rows, float), [0.1, 0.9], axis=1)
            return np.asarray(low), np.asarray(high)
        means = self.means(name)
        error = half_interval(means)
        return means.mean(0) - error, means.mean(0) + error


def half_interval(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return half the 95 % interval of the mean over the first axis, by Student's t; two at least.

    The quantile as Abramowitz and Stegun 26.7.5 expand it: within .02 from 3 degrees of freedom on.
    """
    free, z = len(values) - 1, 1.959964
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    return np.asarray(t * values.std(0, ddof=1) / len(values) ** 0.5)


def _plain(value: float | None) -> float:
    return float("nan") if value is None else value


def _mean(values: Sequence[float | None]) -> float:
    return float(np.mean([_plain(value) for value in values]))


def sweep(
    engine: Engine, faces: Sequence[Face], swept: Swept, layout: LayoutChoice | None = None
) -> Iterator[Curve]:
    """Change a cover on each face; yield after each value of each, a face once it is whole.

    Raises:
        BadFraming, BadCheckpoint: as `Engine.predict`.
    """
    found: tuple[tuple[AtValue, ...], ...] = ()
    choice, values = layout or LayoutChoice(), VALUES[swept.by]
    for face in faces:
        expression = engine.predict(Scene(face, layout=choice.regions(face))).expression
        row: tuple[AtValue, ...] = ()
        for value in values:
            asked = [covered(face, swept, choice, value, place) for place in range(swept.places)]
            if swept.is_guided:
                asked.append(guided(engine, face, swept, choice, value))
            readings = read(engine, asked, expression)
            at = readings[: swept.places]
            row += (AtValue(at, readings[swept.places] if swept.is_guided else None),)
            if len(row) == len(values):
                found += (row,)
            done = len(found) * len(values) + len(row) % len(values)
            yield Curve(swept, found, done, len(faces) * len(values))


def covered(face: Face, swept: Swept, layout: LayoutChoice, value: float, place: int) -> Scene:
    """Return a face under the random cover of this number, at a value; equal asks, equal covers.

    Along a curve a cover keeps its place: it grows about a middle that stays inside the face.
    """
    generator = _generator(face, swept, place)
    if swept.by == SEVERITY:
        seed = int(generator.integers(2**31))
        done = drawn(face, swept.kind, int(value), f"{face.digest} {place}", seed)
        return _with_layout(shown(face, done), layout)
    across, down = (float(number) for number in generator.random(2))
    return _square(face, swept, layout, value, across, down)


def guided(engine: Engine, face: Face, swept: Swept, layout: LayoutChoice, value: float) -> Scene:
    """Return a face under the cover where Grad-CAM of its answer has most under it.

    On its way from left to right the cover goes along that row; for the severity of a rectangle it
    is a square of the same area in the same fill.
    """
    bare = Scene(face, layout=layout.regions(face))
    answer = engine.predict(bare).expression
    if swept.by == SEVERITY:
        fill = covered(face, swept, layout, value, 0).fill
        value, swept = AREAS[int(value) - 1] ** 0.5, replace(swept, by=SIZE, fill=fill)
    side = value if swept.by == SIZE else swept.side
    if side <= 0.0:
        return bare
    values = engine.explain(bare, "grad-cam", answer).values
    across, down = (edge / (1.0 - side) for edge in most_under(values, side))
    return _square(face, swept, layout, value, across, down)


def most_under(values: NDArray[np.float32], side: float) -> tuple[float, float]:
    """Return the left and upper edge of the square that has most of a map f32[S, S] under it.

    side: of the square, above 0 and below 1, in units of the face's, as the edges are.
    """
    size = len(values)
    width = min(size, max(1, round(side * size)))
    sums = np.zeros((size + 1, size + 1))
    sums[1:, 1:] = values.astype(float).cumsum(0).cumsum(1)
    under = sums[width:, width:] - sums[:-width, width:] - sums[width:, :-width] + sums[
        :-width, :-width
    ]  # fmt: skip
    row, column = np.unravel_index(int(under.argmax()), under.shape)
    most = 1.0 - side
    return min(float(column) / size, most), min(float(row) / size, most)


def _square(
    face: Face, swept: Swept, layout: LayoutChoice, value: float, across: float, down: float
) -> Scene:
    """Return a face under the square at a share of its way across and down."""
    side, fill = swept.side, swept.fill
    if swept.by == SIZE:
        side = value
    elif swept.by == OPACITY:
        fill = replace(fill, opacity=value)
    else:
        across = value
    if side <= 0.0 or fill.opacity <= 0.0:
        return Scene(face, layout=layout.regions(face))
    x, y = across * (1.0 - side), down * (1.0 - side)
    return Scene(face, (Rectangle(x, y, x + side, y + side),), fill, layout.regions(face))


def _with_layout(scene: Scene, layout: LayoutChoice) -> Scene:
    return replace(scene, layout=layout.regions(scene.face))


def _generator(face: Face, swept: Swept, place: int) -> np.random.Generator:
    """Return what draws a random cover: the same for every value of a curve."""
    words = json.dumps([face.digest, swept.by, swept.seed, place]).encode()
    return np.random.default_rng(np.frombuffer(hashlib.sha256(words).digest(), np.uint32))
