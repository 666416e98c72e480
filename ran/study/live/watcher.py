"""Answers the newest frame of a camera, over and over; the frames between are dropped."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.deadline import within
from ran.engine import Engine
from ran.engine.turns import TURNS
from ran.errors import NoFaceFound, RanError
from ran.face.covers.occlusion import Fill
from ran.face.covers.stickers import place
from ran.face.photo import Photo
from ran.prediction import Prediction
from ran.recipe import LayoutChoice
from ran.scene import Scene

REMEMBERED_S = 20.0
"""How far back the answers' numbers go."""
RATE_S = 4.0
"""Over so many seconds the rates are counted."""
IDLE_S = 5.0
"""Without a new frame for so long the thread ends; the next frame begins another."""
ANSWER_S = 10.0
"""What an answer may take, once it is its turn."""
LONGEST_SIDE = 960
"""Pixels; a larger frame is reduced before anything else is done with it."""
NAME = "camera.png"
"""What a frame is called that becomes a photo."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Watched:
    """How every frame's largest face is asked about: by whom, cut how, under which stickers."""

    engine: Engine
    layout: LayoutChoice = field(default_factory=LayoutChoice)
    stickers: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Seen:
    """A frame that was answered: u8[H, W, 3], RGB, and when, by the watcher's clock in seconds.

    scene and answer are None where the detector was sure of no face.
    """

    pixels: Pixels
    at: float
    scene: Scene | None = None
    answer: Prediction | None = None

    @property
    def photo(self) -> Photo:
        """Return the frame as a photo, whose digest a recipe can name."""
        return Photo(self.pixels, NAME)


class Moment(NamedTuple):
    """What is remembered of a frame: when, and its answer, or None where no face was sure."""

    at: float
    answer: Prediction | None


class Rates(NamedTuple):
    """Frames a second over the last RATE_S: how many were answered, how many dropped."""

    answered: float
    dropped: float


class Watcher:
    """Answers frames in a thread of its own, which lives while frames come.

    One frame waits at most: a newer one takes its place, and the older counts as dropped. Of all
    frames only the last one that was answered is held, of the others numbers for REMEMBERED_S.

    Args:
        watched: how faces are asked about; `watch` changes it.
        draw: makes the picture that is shown of an answered frame.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        watched: Watched,
        draw: Callable[[Seen], Pixels],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watched, self._draw, self._clock = watched, draw, clock
        self._changed = threading.Condition()
        self._waiting: Callable[[], Pixels] | None = None
        self._thread: threading.Thread | None = None
        self._is_over = False
        self._picture: Pixels | None = None
        self._latest: Seen | None = None
        self._failure: RanError | None = None
        self._moments: deque[Moment] = deque()
        self._counted: deque[tuple[float, bool]] = deque()

    def watch(self, watched: Watched, draw: Callable[[Seen], Pixels]) -> None:
        """Ask about faces so from the next frame on."""
        with self._changed:
            self._watched, self._draw = watched, draw

    def wear(self, stickers: tuple[str, ...]) -> None:
        """Put these stickers on the face from the next frame on."""
        with self._changed:
            self._watched = replace(self._watched, stickers=stickers)

    @property
    def watched(self) -> Watched:
        """Return how faces are asked about now."""
        with self._changed:
            return self._watched

    def offer(self, frame: Callable[[], Pixels], *, skipped: int = 0) -> None:
        """Take the newest frame, u8[H, W, 3] once it is asked for; `skipped` came before it."""
        with self._changed:
            if self._is_over:
                return
            now = self._clock()
            lost = skipped + (self._waiting is not None)
            self._counted.extend([(now, False)] * lost)
            self._waiting = frame
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ran-live", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def take_picture(self) -> Pixels | None:
        """Return the picture of the newest answered frame, once; None where there is no new one."""
        with self._changed:
            picture, self._picture = self._picture, None
            return picture

    @property
    def latest(self) -> Seen | None:
        """Return the frame that was answered last."""
        with self._changed:
            return self._latest

    @property
    def failure(self) -> RanError | None:
        """Return why the last frame has no answer, if it is for another reason than no face."""
        with self._changed:
            return self._failure

    def moments(self) -> tuple[Moment, ...]:
        """Return what is remembered, oldest first."""
        with self._changed:
            self._forget()
            return tuple(self._moments)

    def rates(self) -> Rates:
        """Return how many frames a second are answered and dropped."""
        with self._changed:
            self._forget()
            answered = sum(was_answered for _, was_answered in self._counted)
            dropped = len(self._counted) - answered
        return Rates(answered / RATE_S, dropped / RATE_S)

    def end(self) -> None:
        """Hold nothing any more and take no further frame."""
        with self._changed:
            self._is_over = True
            self._waiting = self._picture = self._latest = None
            self._moments.clear()
            self._counted.clear()
            thread = self._thread
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(ANSWER_S)

    def _forget(self) -> None:
        now = self._clock()
        for kept, seconds in ((self._moments, REMEMBERED_S), (self._counted, RATE_S)):
            while kept and kept[0][0] < now - seconds:
                kept.popleft()

    def _run(self) -> None:
        """Answer frames until none comes for IDLE_S, or all is over."""
        while (taken := self._next()) is not None:
            frame, watched, draw = taken
            try:
                with TURNS.slow(self._give_way), within(ANSWER_S):
                    seen = self._answer(frame(), watched)
                picture, failure = draw(seen), None
            except _Over:
                break
            except RanError as error:
                failure = error
            with self._changed:
                if self._is_over:
                    break
                self._failure = failure
                self._forget()
                self._counted.append((self._clock(), failure is None))
                if failure is None:
                    self._latest, self._picture = seen, picture
                    self._moments.append(Moment(seen.at, seen.answer))

    def _next(
        self,
    ) -> tuple[Callable[[], Pixels], Watched, Callable[[Seen], Pixels]] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._is_over, IDLE_S)
            frame, self._waiting = self._waiting, None
            if frame is None:
                self._thread = None
                return None
            return frame, self._watched, self._draw

    def _give_way(self) -> None:
        if self._is_over:
            raise _Over

    def _answer(self, frame: Pixels, watched: Watched) -> Seen:
        at, pixels = self._clock(), _reduced(frame)
        try:
            # A camera stands upright: other turns would cost four times as much without a face.
            face = watched.engine.find_faces(Photo(pixels, NAME), quarter_turns=0)[0]
        except NoFaceFound:
            return Seen(pixels, at)
        shapes = tuple(place(name, face) for name in watched.stickers)
        scene = Scene(face, shapes, Fill("look"), watched.layout.regions(face))
        return Seen(pixels, at, scene, watched.engine.predict(scene))


class _Over(Exception):
    """Nobody watches any more."""


def _reduced(frame: Pixels) -> Pixels:
    longest = max(frame.shape[:2])
    if longest <= LONGEST_SIDE:
        return frame
    picture = Image.fromarray(frame)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return np.asarray(picture)
