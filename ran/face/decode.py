"""`python -m ran.face.decode`: decode one file that comes through standard input, then end.

Started by ran.face.decoding.apart, warm: all is imported and limited before a byte of the file is
read. It may take MOST_SPACE more memory than it has then and the seconds of computing that the
request names, writes no file, and opens none but those that decoders need.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from ran.errors import RanError
from ran.face.decoding.wire import fill, send, words_of
from ran.face.photo import Photo, open_photo

MOST_SPACE = 3 << 30
"""Bytes: a photo of 64 megapixels with transparency takes 1.3 GB, a film of 4096 x 4096 about 2."""


def _limit(**limits: int) -> None:
    """Set limits of the operating system by name, where it has them."""
    try:
        import resource
    except ImportError:  # Windows: the app's own deadline is left
        return
    for name, value in limits.items():
        # One that is lower already stays.
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def confine() -> None:
    """Take no more memory than MOST_SPACE from here on, and write no file."""
    if space := _space():
        _limit(AS=space + MOST_SPACE)
    _limit(FSIZE=0, CORE=0, NOFILE=64)


def _space() -> int:
    """Return the bytes of address space that this program has mapped, 0 where nothing tells."""
    with suppress(OSError, ValueError), Path("/proc/self/statm").open() as told:
        return int(told.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _computed() -> int:
    times = os.times()
    return int(times.user + times.system) + 1


def _answer(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], list[Any]]:
    """Return the words and the pixels of what was decoded, or why it was not."""
    name = request["name"]
    try:
        if request["kind"] == "photo":
            return {}, _packed([open_photo(content, name=name)])
        from ran.face.video import open_video

        video = open_video(content, name=name, frames=request["frames"])
    except RanError as error:
        return {"refused": type(error).__name__, "message": error.message, "hint": error.hint}, []
    except MemoryError:
        return {"beyond": True}, []
    words = {
        "times": video.times,
        "seconds": video.seconds,
        "is_damaged": video.is_damaged,
        "cuts": video.cuts,
        "names": [frame.name for frame in video.frames],
    }
    return words, _packed(video.frames)


def _packed(photos: Any) -> list[Any]:
    return [photo.pixels for photo in photos if isinstance(photo, Photo)]


def main() -> None:
    """Answer one request; without one, end when the app does."""
    given = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    # What a decoder prints is no answer.
    os.dup2(2, 1)
    confine()
    request = words_of(given)
    if request is None:
        return
    _limit(CPU=_computed() + request["seconds"])
    content = bytearray(request["size"])
    fill(given, content)
    words, parts = _answer(request, bytes(content))
    send(answers, words | {"shapes": [part.shape for part in parts]}, parts)


if __name__ == "__main__":
    # The app's Ctrl-C is the app's: it closes this program's input.
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main()
