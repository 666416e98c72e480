"""Writing files: whole or not at all, and never over what is read.

A file is written under a fresh name beside its place and then takes its name: whoever reads it
finds the old one or the new one, and a full disk leaves the old one.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from ran.errors import BadRequest
from ran.words import _


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a fresh path beside `path`; what is written there takes its place at the end.

    Where the block raises, `path` is as it was and nothing is left beside it. A link is followed.
    What cannot be replaced, a device, a pipe or standard output, is written to at the end.

    Raises:
        BadRequest: if it cannot be written.
    """
    place = Path(os.path.realpath(path))
    try:
        if place.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        mode = place.stat().st_mode if place.exists() else None
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        number = _descriptor(path)
        if number is not None or (mode is not None and not stat.S_ISREG(mode)):
            with TemporaryDirectory(prefix="ran-") as folder:
                # Some formats are written to and fro, which a pipe does not allow.
                fresh = Path(folder, f"whole{place.suffix}")
                yield fresh
                _pour(fresh, place if number is None else number)
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


def _descriptor(path: Path) -> int | None:
    """Return the number of the open file that a path such as /dev/stdout stands for, or None."""
    place = Path(os.path.normpath(Path.cwd() / path))
    for _link in range(8):
        if found := re.fullmatch(r"/(?:dev|proc/self)/fd/(\d+)", place.as_posix()):
            return int(found[1])
        if not place.is_symlink():
            return None
        place = Path(os.path.normpath(place.parent / place.readlink()))
    return None


def _pour(source: Path, target: Path | int) -> None:
    """Write a finished file into what is open or cannot be replaced."""
    # What is open already through the same opening: a second one would begin at the front again.
    sys.stdout.flush()
    opened = target.open("wb") if isinstance(target, Path) else os.fdopen(os.dup(target), "wb")
    with source.open("rb") as whole, opened as out:
        shutil.copyfileobj(whole, out)


def is_standard_output(path: Path) -> bool:
    """Say whether a path stands for standard output, such as /dev/stdout."""
    return _descriptor(path) == 1


def is_printed_to(path: Path) -> bool:
    """Say whether standard output goes into the file at `path`, so that replacing it loses that."""
    try:
        there, out = path.stat(), os.fstat(1)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(out.st_mode) and os.path.samestat(there, out)


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
        _("{path} cannot be written: {strerror}.").format(
            path=path, strerror=error.strerror or error
        ),
        hint=_("Choose another place."),
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
                    _("{words} would write over {other}, {known}.").format(
                        words=words, other=other, known=known
                    ),
                    hint=_("Choose another name."),
                )
        seen.append((words, path))


def _is_same(one: Path, other: Path) -> bool:
    try:
        if one.exists() and other.exists():
            # Two outputs may go to the terminal, or to nowhere.
            return one.is_file() and one.samefile(other)
        # Names that differ in case alone are one file on many systems.
        return os.path.realpath(one).casefold() == os.path.realpath(other).casefold()
    except (OSError, ValueError):
        return False
