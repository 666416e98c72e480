"""`python -m ran.face.decode`: decode one file that comes through standard input, then end.

Started by ran.face.decoding.apart, warm: all is imported and limited before a byte of the file is
read. It may take MOST_SPACE more memory than it has then and the seconds of computing that the
request names, writes no file, and opens none but those that decoders need.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from ran.errors import RanError
from ran.face.decoding.wire import PIPE, fill, send, words_of
from ran.face.photo import MIN_SIDE, decode_photo

MOST_SPACE = 3 << 30
"""Bytes: a photo of 64 megapixels with transparency takes 1.3 GB, a film of 4096 x 4096 about 2."""

WARM_SIZE = (4000, 3000)
"""Of the picture for which memory is ready: 48 MB, which a program that stands ready holds."""


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


def _answer(
    request: dict[str, Any], content: bytes, announce: Callable[[int], None]
) -> tuple[dict[str, Any], Iterable[Any]]:
    """Return the words and the pixels of what was decoded, or why it was not.

    `announce` is told how many bytes a photo's pixels will be, before they are decoded.
    """
    name = request["name"]
    try:
        if request["kind"] == "photo":
            picture = decode_photo(
                content, name, begun=lambda width, height: announce(3 * width * height)
            )
            return {"shapes": [(picture.height, picture.width, 3)]}, _strips(picture)
        from ran.face.video import open_video

        video = open_video(content, name=name, frames=request["frames"])
    except RanError as error:
        told = {"refused": type(error).__name__, "message": error.message, "hint": error.hint}
        return told | {"shapes": []}, []
    except MemoryError:
        return {"beyond": True, "shapes": []}, []
    words = {
        "times": video.times,
        "seconds": video.seconds,
        "is_damaged": video.is_damaged,
        "cuts": video.cuts,
        "names": [frame.name for frame in video.frames],
        "shapes": [frame.pixels.shape for frame in video.frames],
    }
    return words, [frame.pixels for frame in video.frames]


def _strips(picture: Image.Image) -> Iterator[bytes]:
    """Return a picture's pixels some rows at a time: the app reads while the next are made."""
    rows = max(1, PIPE // (3 * picture.width))
    for top in range(0, picture.height, rows):
        yield picture.crop((0, top, picture.width, min(picture.height, top + rows))).tobytes()


def prepare() -> None:
    """Load what opens pictures, which else the first one waits for."""
    Image.init()
    # Pillow keeps its memory (PILLOW_BLOCKS_MAX): the first touch is paid before a photo comes.
    Image.new("RGB", WARM_SIZE)
    drawn = io.BytesIO()
    Image.new("RGB", (MIN_SIDE, MIN_SIDE)).save(drawn, "JPEG")
    decode_photo(drawn.getvalue(), "the first")


def main() -> None:
    """Answer one request; without one, end when the app does."""
    given = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    # What a decoder prints is no answer.
    os.dup2(2, 1)
    prepare()
    confine()
    request = words_of(given)
    if request is None:
        return
    _limit(CPU=_computed() + request["seconds"])
    content = bytearray(request["size"])
    fill(given, content)
    words, parts = _answer(
        request, bytes(content), lambda size: send(answers, {"expected": size}, [])
    )
    send(answers, words, parts)


if __name__ == "__main__":
    # The app's Ctrl-C is the app's: it closes this program's input.
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main()
