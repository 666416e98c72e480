"""What goes between the app and the program that decodes for it: words as JSON, then bytes.

Either side reads what the other wrote as untrusted: a decoder taken over can write anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from numpy.typing import NDArray

MOST_WORDS = 1 << 20
"""Bytes of the words: names and times of a film's frames are a few thousand."""
PIPE = 1 << 20
"""Bytes that a pipe holds, where that can be set: each filling costs a change of programs."""
_LENGTH = 4


class Broken(Exception):
    """What came is not a whole message."""


def send(stream: BinaryIO, words: dict[str, Any], parts: Iterable[bytes | NDArray[Any]]) -> None:
    """Write a message: words, and as many bytes as they announce.

    Raises:
        OSError: if the other side is gone.
    """
    told = json.dumps(words).encode()
    for part in (len(told).to_bytes(_LENGTH, "big"), told, *parts):
        view = _view(part)
        while len(view):  # a pipe takes what fits into it
            view = view[stream.write(view) or 0 :]
    stream.flush()


def words_of(stream: BinaryIO) -> dict[str, Any] | None:
    """Return the words of the next message, or None where the other side has closed.

    Raises:
        Broken: if they are too many, or no table in JSON.
    """
    first = stream.read(1)
    if not first:
        return None
    rest = bytearray(_LENGTH - 1)
    fill(stream, rest)
    length = int.from_bytes(first + rest, "big")
    if length > MOST_WORDS:
        raise Broken("too many words")
    told = bytearray(length)
    fill(stream, told)
    try:
        words = json.loads(told)
    except (ValueError, RecursionError) as error:
        raise Broken("no JSON") from error
    if not isinstance(words, dict):
        raise Broken("no table")
    return words


def fill(stream: BinaryIO, part: bytearray | NDArray[Any]) -> None:
    """Read bytes of the message into `part` until it is full.

    Raises:
        Broken: if the other side closes before.
    """
    view = _view(part)
    while len(view):
        count = stream.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise Broken("cut short")
        view = view[count:]


def _view(part: bytes | bytearray | NDArray[Any]) -> memoryview:
    """Return the bytes of a contiguous array, or of bytes, as they lie in memory."""
    whole = memoryview(part) if isinstance(part, bytes | bytearray) else part.data
    return whole.cast("B")
