"""Photos and films decoded apart: the app's side of `python -m ran.face.decode`."""

from __future__ import annotations

import atexit
import math
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest, RanError, UnreadablePhoto, UnreadableVideo
from ran.face import photo as photos
from ran.face import video as videos
from ran.face.decoding.wire import PIPE, Broken, fill, send, words_of
from ran.face.photo import Photo
from ran.face.video import Video
from ran.words import _

AT_ONCE = 2
"""Files that are decoded at the same time; others wait for their turn."""
KEPT_BLOCKS = "4"
"""Blocks of 16 MB that Pillow keeps for the next picture."""
_ROOT = Path(__file__).parents[3]
_ERRORS: dict[str, type[RanError]] = {
    error.__name__: error for error in (UnreadablePhoto, UnreadableVideo, BadRequest)
}


@dataclass(frozen=True)
class Allowance:
    """What one file may cost: seconds of computing, and seconds by the clock from its beginning."""

    computing: int
    clock: float


PHOTO = Allowance(computing=15, clock=40)
FILM = Allowance(computing=120, clock=240)


class Apart:
    """Decodes each file in a program of its own, which is ended after it.

    One program stands ready, so that a photo need not wait for its start; the next is started after
    it. Each has limits of memory and computing, and is killed at the deadline.

    Args:
        photo: what a photo may cost.
        film: what a film may cost.
    """

    def __init__(self, *, photo: Allowance = PHOTO, film: Allowance = FILM) -> None:
        self._allowed = {"photo": photo, "film": film}
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._guard = threading.Lock()
        self._ready: subprocess.Popen[bytes] | None = None
        self._closed = False
        atexit.register(self.close)

    def photo(self, content: bytes, *, name: str) -> Photo:
        """Return what ran.face.photo.open_photo returns.

        Raises:
            UnreadablePhoto: as open_photo does, and for a file that costs more than it may.
        """
        if len(content) > photos.MAX_BYTES:
            return photos.open_photo(content, name=name)  # which refuses it unread
        _words, (pixels,) = self._decoded("photo", content, {"name": name}, most=1)
        return Photo(pixels, name)

    def video(self, content: bytes, *, name: str, frames: int = videos.FRAMES) -> Video:
        """Return what ran.face.video.open_video returns.

        Raises:
            UnreadableVideo, BadRequest: as open_video does, and for a file that costs more than it
                may.
        """
        if len(content) > videos.MAX_BYTES or not 1 <= frames <= videos.MOST_FRAMES:
            return videos.open_video(content, name=name, frames=frames)  # as above
        words, pixels = self._decoded(
            "film", content, {"name": name, "frames": frames}, most=videos.MOST_FRAMES
        )
        try:
            names, times = [str(name) for name in words["names"]], _numbers(words["times"])
            shown = tuple(Photo(*frame) for frame in zip(pixels, names, strict=True))
            if len(times) != len(shown) or not shown:
                raise ValueError
            return Video(
                name, shown, times, float(words["seconds"]), bool(words["is_damaged"]),
                _numbers(words["cuts"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise _beyond("film", name, self._allowed["film"]) from error

    def close(self) -> None:
        """End the program that stands ready; none is started again."""
        with self._guard:
            self._closed = True
            ready, self._ready = self._ready, None
        if ready is not None:
            _end(ready)

    def warm(self) -> None:
        """Start a program that stands ready, where there is none."""
        with self._guard:
            if self._ready is None and not self._closed:
                self._ready = _started()

    def _decoded(
        self, kind: str, content: bytes, asked: dict[str, Any], *, most: int
    ) -> tuple[dict[str, Any], list[NDArray[np.uint8]]]:
        """Return the words and the pictures that one program answers, at most `most`."""
        allowed, name = self._allowed[kind], asked["name"]
        request = asked | {"kind": kind, "size": len(content), "seconds": allowed.computing}
        with self._turn:
            program = self._taken()
            deadline = threading.Timer(allowed.clock, program.kill)
            deadline.start()
            try:
                words, pixels = _asked(program, request, content, most)
            except (Broken, OSError) as error:
                raise _beyond(kind, name, allowed) from error
            finally:
                deadline.cancel()
                _end(program)
                # Only now: a start takes as much computing as a photo.
                self.warm()
        if words.get("refused") in _ERRORS:
            refusal = _ERRORS[words["refused"]]
            raise refusal(str(words.get("message")), hint=str(words.get("hint")))
        if not pixels:
            raise _beyond(kind, name, allowed)
        return words, pixels

    def _taken(self) -> subprocess.Popen[bytes]:
        with self._guard:
            ready, self._ready = self._ready, None
        if ready is not None and ready.poll() is None:
            return ready
        return _started()


def _started() -> subprocess.Popen[bytes]:
    """Start a program; one thread each, for it is others' processors that it takes."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
            if name in os.environ}  # fmt: skip
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    threads["PILLOW_BLOCKS_MAX"] = KEPT_BLOCKS
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "ran.face.decode"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, bufsize=0, pipesize=PIPE, cwd="/", start_new_session=True,
            env=kept | threads | {"PYTHONPATH": os.pathsep.join([str(_ROOT), *_paths()])},
        )  # fmt: skip
    except OSError as error:
        raise BadRequest(
            _("No file can be opened at present."), hint=_("Try again in a minute.")
        ) from error


def _paths() -> list[str]:
    """Return where this program finds its packages, for one that starts in another folder."""
    return [str(Path(path).resolve()) for path in sys.path if path and Path(path).is_dir()]


def _asked(
    program: subprocess.Popen[bytes], request: dict[str, Any], content: bytes, most: int
) -> tuple[dict[str, Any], list[NDArray[np.uint8]]]:
    assert program.stdin is not None and program.stdout is not None
    given, answers = (cast(Any, stream) for stream in (program.stdin, program.stdout))
    send(given, request, [content])
    words = words_of(answers)
    ready = bytearray()
    if words is not None and "expected" in words:
        # Touched first while the picture is decoded: that takes as long as reading it.
        ready = bytearray(_size(words["expected"]))
        words = words_of(answers)
    if words is None:
        raise Broken("no answer")
    pictures = []
    for shape in _shapes(words.get("shapes"), most):
        # NumPy's own memory asks for huge pages: 70 ms to fill 36 MB first, where this took 20.
        size = math.prod(shape)
        pixels, ready = (ready, bytearray()) if len(ready) == size else (bytearray(size), ready)
        fill(answers, pixels)
        pictures.append(np.frombuffer(pixels, np.uint8).reshape(shape))
    return words, pictures


def _size(told: object) -> int:
    """Return the bytes that an answer expects, of a picture that may be."""
    if not isinstance(told, int) or not 0 <= told <= 3 * photos.MAX_PIXELS:
        raise Broken("not a picture's size")
    return told


def _shapes(told: object, most: int) -> list[tuple[int, int, int]]:
    """Return the shapes that an answer names, of pictures that may be: no more, no larger."""
    if not isinstance(told, list) or len(told) > most:
        raise Broken("no shapes")
    shapes = []
    for shape in told:
        try:
            height, width, channels = (int(size) for size in shape)
        except (TypeError, ValueError, OverflowError) as error:
            raise Broken("no shape") from error
        if channels != 3 or min(height, width) < 1 or height * width > photos.MAX_PIXELS:
            raise Broken("not a picture's shape")
        shapes.append((height, width, channels))
    return shapes


def _numbers(told: Any) -> tuple[float, ...]:
    return tuple(float(number) for number in told)


def _end(program: subprocess.Popen[bytes]) -> None:
    program.kill()
    for stream in (program.stdin, program.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    program.wait()


def _beyond(kind: str, name: str, allowed: Allowance) -> RanError:
    """Return the refusal of a file whose program ended, or answered what cannot be."""
    if kind == "photo":
        return UnreadablePhoto(
            _("{name} takes more than the {seconds} s or the memory that a picture may.").format(
                name=name, seconds=allowed.computing
            ),
            hint=_("Save it smaller, as a plain JPEG or PNG, and try again."),
        )
    return UnreadableVideo(
        _("{name} takes more than the {seconds} s or the memory that a film may.").format(
            name=name, seconds=allowed.computing
        ),
        hint=_("Save it shorter or smaller and try again."),
    )
