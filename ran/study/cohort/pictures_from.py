"""Where a cohort's pictures come from: a folder, a table, a zip, a tar, or the bundled examples.

Nothing is unpacked onto a disk: a name inside an archive is a name in a table and no path. What is
too many, too large or outside its folder is refused or left out, and told.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from ran.errors import BadRequest
from ran.places import examples_folder
from ran.study.data.splits import DAMAGED_ZIP, PICTURES, table
from ran.words import _

MOST_PICTURES = 1_000_000
MOST_IN_ARCHIVE = 100_000
"""Entries of a zip or tar, pictures or not."""
MOST_BYTES = 30 * 2**20
"""Of one picture: a photo has 20 MB at most."""
EXAMPLES_NAME = "examples"
"""A source's name that stands for the pictures which come with the app."""


@dataclass(frozen=True)
class Picture:
    """A picture of a cohort: its name in tables, and how its bytes are read."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Source:
    """A cohort's pictures in a fixed order, and the names of what was left out, with the reason."""

    pictures: tuple[Picture, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def open_source(source: str | Path) -> Source:
    """Return the pictures of a source, in order of name; a table's in its own order.

    Args:
        source: a folder, a CSV or Parquet table with a column path, a zip, a tar, or "examples".

    Raises:
        BadRequest: if it is none of these, holds no picture, or too many.
    """
    path = Path(source)
    if str(source) == EXAMPLES_NAME and not path.exists():
        found = _folder(examples_folder())
    elif not path.exists():
        raise BadRequest(
            f"{source} does not exist.",
            hint=f"Give a folder, table, zip or tar, or the word {EXAMPLES_NAME}.",
        )
    elif path.is_dir():
        found = _folder(path)
    elif path.suffix.lower() in (".csv", ".parquet"):
        found = _table(path)
    elif zipfile.is_zipfile(path):
        found = zipped(path, path.name)
    elif tarfile.is_tarfile(path):
        found = _tar(path)
    else:
        raise BadRequest(
            f"{path} is no folder, table, zip or tar.", hint="Give one of these with pictures."
        )
    if not found.pictures:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.left_out[:3])
        raise BadRequest(
            f"{source} holds no picture{f' that can be used ({reasons})' if reasons else ''}.",
            hint=f"Pictures end in {', '.join(sorted(PICTURES))}.",
        )
    return found


def _is_picture(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in PICTURES


def _folder(path: Path) -> Source:
    root = path.resolve()
    pictures, left_out = [], []
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root).as_posix()
        if not _is_picture(name) or file.is_dir():
            continue
        if not file.resolve().is_relative_to(root):
            left_out.append((name, "it lies outside the folder"))
            continue
        pictures.append(Picture(name, _reading(file)))
        if len(pictures) > MOST_PICTURES:
            raise BadRequest(
                f"{path} holds more than {MOST_PICTURES:,} pictures.", hint="Give a part of it."
            )
    return Source(tuple(pictures), tuple(left_out))


def _reading(file: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        if file.stat().st_size > MOST_BYTES:
            raise BadRequest(_too_large(file.name), hint="Save it smaller.")
        return file.read_bytes()

    return read


def _too_large(name: str) -> str:
    return f"{name} has more than {MOST_BYTES // 2**20} MB."


def _table(path: Path) -> Source:
    """Return the pictures of a table's column "path", which lie below its folder."""
    if path.suffix.lower() == ".csv":
        names = [row.get("path", "") for row in table(path)]
    else:
        names = _parquet_paths(path)
    root = path.parent.resolve()
    pictures, left_out = [], []
    for name in names:
        file = root / name
        inside = False
        with suppress(OSError, ValueError):  # a name that no file can have
            inside = bool(name) and file.resolve().is_relative_to(root)
        if not inside:
            left_out.append((name, "it lies outside the table's folder"))
        elif not file.is_file():
            left_out.append((name, "it is not there"))
        else:
            pictures.append(Picture(name, _reading(file)))
    return Source(tuple(pictures), tuple(left_out))


def _parquet_paths(path: Path) -> list[str]:
    from pyarrow import ArrowException, parquet

    try:
        column = parquet.read_table(path, columns=["path"]).column("path")
    except (ArrowException, OSError, KeyError) as error:
        raise BadRequest(
            f"{path} has no column path, or is no Parquet.", hint="Write it again."
        ) from error
    return [str(value.as_py() or "") for value in column]


def zipped(file: Path | IO[bytes], name: str) -> Source:
    """Return the pictures of a zip, which stays open for as long as one of them is held.

    Args:
        file: where it lies, or its bytes.
        name: what it is called.

    Raises:
        BadRequest: if it is no zip that can be read, or has too many entries.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (*DAMAGED_ZIP, ValueError) as error:
        raise BadRequest(
            _("{name} is no zip that can be read.").format(name=name), hint=_("Make it anew.")
        ) from error
    entries = archive.infolist()
    if len(entries) > MOST_IN_ARCHIVE:
        raise BadRequest(
            _("{name} has {count:,} entries; {most:,} are read at most.").format(
                name=name, count=len(entries), most=MOST_IN_ARCHIVE
            ),
            hint=_("Unpack it and give the folder."),
        )
    pictures, left_out = [], []
    for entry in sorted(entries, key=lambda entry: entry.filename):
        if entry.is_dir() or not _is_picture(entry.filename):
            continue
        if entry.file_size > MOST_BYTES:
            left_out.append((entry.filename, _("it is too large")))
        elif entry.flag_bits & 1:
            left_out.append((entry.filename, _("it is encrypted")))
        else:
            pictures.append(Picture(entry.filename, partial(_from_zip, archive, entry)))
    return Source(tuple(pictures), tuple(left_out))


def _from_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(entry) as file:
            # What an entry says of its size is not believed.
            content = file.read(MOST_BYTES + 1)
    except DAMAGED_ZIP as error:
        raise BadRequest(
            _("{name} is damaged.").format(name=entry.filename), hint=_("Make the zip anew.")
        ) from error
    if len(content) > MOST_BYTES:
        raise BadRequest(_too_large(entry.filename), hint=_("Leave it out."))
    return content


def _tar(path: Path) -> Source:
    """Return the pictures of a tar; each is read from its own place, in any order."""
    pictures, left_out = [], []
    try:
        with tarfile.open(path, "r:") as archive:
            for number, entry in enumerate(_entries(archive)):
                if number >= MOST_IN_ARCHIVE:
                    raise BadRequest(
                        f"{path.name} has more than {MOST_IN_ARCHIVE:,} entries.",
                        hint="Unpack it and give the folder.",
                    )
                if not _is_picture(entry.name):
                    continue
                if not entry.isreg() or entry.issparse():
                    left_out.append((entry.name, "it is no file"))
                elif entry.size > MOST_BYTES:
                    left_out.append((entry.name, "it is too large"))
                else:
                    pictures.append(Picture(entry.name, _from_tar(path, entry)))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadRequest(
            f"{path.name} is damaged or compressed.",
            hint="Give a plain tar: pictures are compressed already.",
        ) from error
    return Source(tuple(sorted(pictures, key=lambda one: one.name)), tuple(left_out))


def _entries(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (entry := archive.next()) is not None:
        yield entry


def _from_tar(path: Path, entry: tarfile.TarInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        with path.open("rb") as file:
            file.seek(entry.offset_data)
            return file.read(entry.size)

    return read
