"""Writing files: whole or not at all, and never over what is read.

A file is written under a fresh name beside its place and then takes its name: whoever reads it
finds the old one or the new one, and a full disk leaves the old one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from ran.errors import BadRequest


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a fresh path beside `path`; what is written there takes its place at the end.

    Where the block raises, `path` is as it was and nothing is left beside it. A link is followed. A
    device or a pipe, which cannot be replaced, is yielded itself.

    Raises:
        BadRequest: if it cannot be written.
    """
    place = Path(os.path.realpath(path))
    try:
        mode = place.stat().st_mode if place.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(0, "it is a folder")
            yield place
            return
        # The ending stays: Pillow and others choose the format by it.
        fresh = place.with_name(f".{uuid4().hex}{place.suffix}")
        try:
            yield fresh
            if mode is not None:
                fresh.chmod(stat.S_IMODE(mode))
            fresh.replace(place)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_be_written(path, error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        BadRequest: if it cannot be written.
    """
    with replacing(path) as fresh:
        fresh.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a file of UTF-8 text whole or not at all.

    Raises:
        BadRequest: if it cannot be written.
    """
    write_bytes(path, text.encode())


def cannot_be_written(path: Path, error: OSError) -> BadRequest:
    """Return the refusal of a path that the system would not write."""
    return BadRequest(
        f"{path} cannot be written: {error.strerror or error}.", hint="Choose another place."
    )


def refuse_same(outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None]) -> None:
    """Refuse an output that is an input or another output, also by another name of it.

    Args:
        outputs: what is to be written, by the words that gave it, such as "--csv".
        inputs: what is read, by what it is, such as "the photo".

    Raises:
        BadRequest: naming both.
    """
    seen = [(words, path) for words, path in inputs.items() if path is not None]
    for words, path in outputs.items():
        if path is None:
            continue
        for other, known in seen:
            if _is_same(path, known):
                raise BadRequest(
                    f"{words} would write over {other}, {known}.", hint="Choose another name."
                )
        seen.append((words, path))


def _is_same(one: Path, other: Path) -> bool:
    try:
        if one.exists() and other.exists():
            # Two outputs may go to the terminal, or to nowhere.
            return one.is_file() and one.samefile(other)
        return os.path.realpath(one) == os.path.realpath(other)
    except (OSError, ValueError):
        return False
