"""What every data set gives: splits of pictures with labels, read when they are asked for."""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.face.photo import open_photo

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"))
"""Endings of the files that count as pictures."""
DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError,
)  # fmt: skip
"""What reading of a damaged, encrypted or unusually packed zip raises: each of its packings has a
fault of its own, and for one that it does not know zipfile raises a kind of RuntimeError."""
NAMED = {
    "angry": "anger", "mad": "anger", "happy": "happiness", "sad": "sadness", "afraid": "fear",
    "fearful": "fear", "scared": "fear", "surprised": "surprise", "disgusted": "disgust",
    "contemptuous": "contempt",
}  # fmt: skip
"""Names that data sets give to expressions, and ours."""
SPLIT_NAMES = {
    "train": "train", "training": "train", "train_set": "train",
    "valid": "valid", "val": "valid", "validation": "valid", "val_set": "valid",
    "publictest": "valid",
    "test": "test", "testing": "test", "privatetest": "test",
}  # fmt: skip
"""What splits are called, in lower case, and ours."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a data set: its kind, how often, the first, and the sentence that says it.

    Kinds: "missing" and "unreadable" pictures, "duplicate" ones of two splits, "label" that is
    none, "order" of the classes, "framing", "mistake" of one file for another.
    """

    kind: str
    count: int
    first: str
    words: str

    def as_json(self) -> dict[str, object]:
        """Return the fault as plain values."""
        return {"kind": self.kind, "count": self.count, "first": self.first, "words": self.words}


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures of one split, in the order of their table.

    names: as lists and tables call them; labels: i64[N], into the data set's classes; read: the
    picture of a row, u8[H, W, 3]; kinds: what was done to each, of a test set that was made.
    """

    names: tuple[str, ...]
    labels: NDArray[np.int64]
    read: Callable[[int], NDArray[np.uint8]]
    kinds: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set: its layout, its classes, its splits by name, and what is wrong with it."""

    layout: str
    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    faults: tuple[Fault, ...] = ()

    @property
    def judged(self) -> str:
        """Return the split that a network is judged on: test, else valid, else the only one."""
        return next((name for name in ("test", "valid") if name in self.splits), "train")

    def counts(self) -> dict[str, int]:
        """Return how many pictures each class has, over all splits."""
        every = np.concatenate([split.labels for split in self.splits.values()])
        found = np.bincount(every, minlength=len(self.classes))
        return dict(zip(self.classes, found.tolist(), strict=True))


def of_files(root: Path, rows: Sequence[tuple[str, int, str]]) -> tuple[Split, list[Fault]]:
    """Return a split of files below a folder: (name, label, path) a row; absent files are left out.

    Returns:
        The split, and the fault of files that are not there.
    """
    there = [row for row in rows if (root / row[2]).is_file()]
    gone = [row[2] for row in rows if not (root / row[2]).is_file()]
    names = tuple(row[0] for row in there)
    paths = [root / row[2] for row in there]
    labels = np.array([row[1] for row in there], np.int64)
    split = Split(names, labels, lambda place: open_photo(paths[place]).pixels)
    return split, told(
        "missing", gone, "{count} pictures of the table are not there, first {first}."
    )


def square(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle square of a picture u8[H, W, 3]."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    y, x = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(pixels[y : y + side, x : x + side])


def told(kind: str, found: Sequence[str], words: str) -> list[Fault]:
    """Return the fault of these names, or nothing where there are none."""
    if not found:
        return []
    first = found[0][:200]
    return [Fault(kind, len(found), first, words.format(count=f"{len(found):,}", first=first))]


def table(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV by the names of their columns, in lower case.

    Raises:
        BadRequest: if it cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig", "replace")
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}.", hint="Check it.") from error
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        heads = [head.strip().lower() for head in next(lines, [])]
        for line in lines:
            if line:
                yield dict(zip(heads, line, strict=False))
    except csv.Error as error:
        raise BadRequest(
            f"{path} is not a table: {error}.", hint="Expected comma-separated values."
        ) from error


def heads(path: Path) -> list[str]:
    """Return the names of a CSV's columns, in lower case; none where it is no text."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            first = file.readline(100_000)
    except OSError:
        return []
    return [head.strip().strip('"').lower() for head in first.split(",")]


def expression(name: str) -> str:
    """Return a class as we call it: "Happy" and "happiness" are one."""
    plain = name.strip().lower()
    return NAMED.get(plain, plain)
