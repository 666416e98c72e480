"""A window slides over a face: what the answer, the weights and the margin do at each place.

As occlusion maps do (Zeiler and Fergus 2014, arXiv:1311.2901), of any number of the answer, with
the fills of every cover of this app.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ran.engine import Engine
from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill
from ran.face.shapes import Rectangle
from ran.scene import Scene
from ran.study.robustness.readings import Reading, read
from ran.words import _

SMALLEST, LARGEST = 0.1, 0.6
"""Sides of a window, in units of the face's side."""
MOST = 21
"""Places in a row."""


@dataclass(frozen=True)
class Window:
    """A square that slides over a face: its side in units of the face's, its fill, places a row.

    Raises:
        BadRequest: if it is too small or too large, there are too many places, or so few that a
            part of the face is never hidden.
    """

    side: float = 0.25
    fill: Fill = Fill("grey")
    rows: int = 9

    def __post_init__(self) -> None:
        if not SMALLEST <= self.side <= LARGEST:
            raise BadRequest(
                _("A window cannot have a side of {side} of the face's.").format(side=self.side),
                hint=_("Use {low} to {high}.").format(low=SMALLEST, high=LARGEST),
            )
        fewest = ceil(round((1.0 - self.side) / self.side, 6)) + 1
        if not fewest <= self.rows <= MOST:
            raise BadRequest(
                _("A window of this side cannot have {rows} places in a row.").format(
                    rows=self.rows
                ),
                hint=_("Use {low} to {high}.").format(low=fewest, high=MOST),
            )

    @property
    def starts(self) -> NDArray[np.float64]:
        """Return where it begins, f64[rows], the same across and down, in units of the face."""
        return np.linspace(0.0, 1.0 - self.side, self.rows)

    def at(self, row: int, column: int) -> Rectangle:
        """Return the window at a place."""
        x, y = float(self.starts[column]), float(self.starts[row])
        return Rectangle(x, y, x + self.side, y + self.side)


@dataclass(frozen=True, eq=False)
class Slid:
    """How far a window has slid: what was read without it and at each place done, row by row."""

    window: Window
    clean: Reading
    readings: tuple[Reading, ...]
    of: int

    @property
    def done(self) -> int:
        """Return how many places are done."""
        return len(self.readings)

    def changes(self, name: str) -> NDArray[np.float32] | None:
        """Return with minus without the window at each place, f32[rows, rows]; 0 where not done.

        None where the network has no such number.
        """
        before = self.clean.of(name)
        if before is None:
            return None
        found = np.zeros(self.window.rows**2, np.float32)
        found[: self.done] = [(one.of(name) or 0.0) - before for one in self.readings]
        return found.reshape(self.window.rows, self.window.rows)

    def on_face(self, name: str, side: int) -> NDArray[np.float32] | None:
        """Return a map of the changes, f32[side, side]: each pixel the mean of windows over it."""
        changes = self.changes(name)
        if changes is None:
            return None
        total, hits = np.zeros((2, side, side))
        for number in range(self.done):
            row, column = divmod(number, self.window.rows)
            box = self.window.at(row, column)
            down, across = (
                slice(round(low * side), max(round(low * side) + 1, round(high * side)))
                for low, high in ((box.y0, box.y1), (box.x0, box.x1))
            )
            total[down, across] += changes[row, column]
            hits[down, across] += 1
        return np.asarray(total / np.maximum(hits, 1), np.float32)

    def worst(self, name: str) -> tuple[Rectangle, Reading] | None:
        """Return the window under which a number falls furthest, and what is read there."""
        changes = self.changes(name)
        if changes is None or not self.done:
            return None
        number = int(changes.ravel()[: self.done].argmin())
        return self.window.at(*divmod(number, self.window.rows)), self.readings[number]


def slide(engine: Engine, scene: Scene, window: Window) -> Iterator[Slid]:
    """Slide a window over the face of a scene, as many places at once as go together.

    Args:
        engine: the network.
        scene: what hides the face already stays.
        window: laid over it, in its own fill.

    Raises:
        BadFraming, BadCheckpoint: as `Engine.predict`.
    """
    answer = engine.predict(scene)
    clean = Reading(answer, answer.expression)
    places = [divmod(number, window.rows) for number in range(window.rows**2)]
    hidden = replace(scene.face, pixels=scene.hidden_pixels())
    readings: tuple[Reading, ...] = ()
    while len(readings) < len(places):
        lot = places[len(readings) : len(readings) + engine.faces_at_once]
        scenes = [Scene(hidden, (window.at(*place),), window.fill, scene.layout) for place in lot]
        readings += read(engine, scenes, clean.expression)
        yield Slid(window, clean, readings, len(places))


@dataclass(frozen=True, eq=False)
class SlidOver:
    """How far a window has slid over several faces: what is there of each that was begun."""

    faces: tuple[Slid, ...]
    done: int
    of: int

    @property
    def whole(self) -> tuple[Slid, ...]:
        """Return the faces that are done; of a single one also half done."""
        return tuple(one for one in self.faces if one.done == one.of) or self.faces

    def on_face(self, name: str, side: int) -> NDArray[np.float32] | None:
        """Return the mean of the faces' maps of changes, f32[side, side]; None: none has it."""
        maps = [found for one in self.whole if (found := one.on_face(name, side)) is not None]
        return np.mean(maps, 0, dtype=np.float32) if maps else None


def slide_over(engine: Engine, scenes: Sequence[Scene], window: Window) -> Iterator[SlidOver]:
    """Slide a window over each of several faces, see `slide`; the places of all are counted."""
    of = len(scenes) * window.rows**2
    found: tuple[Slid, ...] = ()
    for number, scene in enumerate(scenes):
        for one in slide(engine, scene, window):
            found = (*found[:number], one)
            yield SlidOver(found, number * one.of + one.done, of)
