"""FERPlus in its public layout, a folder or a zip of it, and the RAN authors' lists."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.errors import BadRequest

SPLITS = {"train": "FER2013Train", "valid": "FER2013Valid", "test": "FER2013Test"}
SIDE = 48
CLASSES = 8
OCCLUSION_KINDS = ("upper face", "lower face", "left or right side", "glasses")
"""Kinds of Occlusion-FERPlus by the list's last column; read off the pictures, undocumented."""


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces of one split, in the order of its label file.

    names: stems such as "fer0032220"; pixels u8[N, 48, 48], grey; votes i64[N, 10], ten votes a
    face: the eight expressions of ran.expressions.FERPLUS, unknown, no face.
    """

    names: tuple[str, ...]
    pixels: NDArray[np.uint8]
    votes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def chosen(self, names: frozenset[str]) -> Faces:
        """Return the faces whose name is in `names`, order kept."""
        rows = np.array([name in names for name in self.names], bool)
        kept = tuple(name for name in self.names if name in names)
        return Faces(kept, self.pixels[rows], self.votes[rows])

    def first(self, count: int | None) -> Faces:
        """Return the first `count` faces; None returns all."""
        return Faces(self.names[:count], self.pixels[:count], self.votes[:count])

    def labels(self) -> NDArray[np.int64]:
        """Return the expression with most votes, i64[N] in 0..7; the first of equals."""
        return np.asarray(self.votes[:, :CLASSES].argmax(1), np.int64)


def read_ferplus(source: Path, split: str) -> Faces:
    """Read one split, "train", "valid" or "test", of FERPlus from its folder or a zip of it.

    Raises:
        BadRequest: if the source or the split's label file is not there, or a picture
            is not 48 x 48.
    """
    if split not in SPLITS:
        raise BadRequest(f"There is no split {split!r}.", hint=f"Use one of {', '.join(SPLITS)}.")
    if not source.exists():
        raise BadRequest(f"{source} does not exist.", hint="Give FERPlus' folder or a zip of it.")
    folder = SPLITS[split]
    if source.is_dir():
        return _faces(lambda name: (source / folder / name).read_bytes(), source, folder)
    if not zipfile.is_zipfile(source):
        raise BadRequest(f"{source} is not a zip.", hint="Give FERPlus' folder or a zip of it.")
    with zipfile.ZipFile(source) as archive:
        return _faces(lambda name: archive.read(f"{folder}/{name}"), source, folder)


def _faces(read: Callable[[str], bytes], source: Path, folder: str) -> Faces:
    try:
        text = read("label.csv").decode()
    except (KeyError, FileNotFoundError) as error:
        raise BadRequest(
            f"{source} holds no {folder}/label.csv.",
            hint="FERPlus has FER2013Train, FER2013Valid and FER2013Test, each with a label.csv.",
        ) from error
    rows = list(csv.reader(io.StringIO(text)))
    pixels = np.stack([_picture(read(row[0]), row[0]) for row in rows])
    votes = np.array([[int(vote) for vote in row[2:]] for row in rows], np.int64)
    return Faces(tuple(Path(row[0]).stem for row in rows), pixels, votes)


def _picture(content: bytes, name: str) -> NDArray[np.uint8]:
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    if picture.shape != (SIDE, SIDE):
        raise BadRequest(
            f"{name} is {picture.shape[1]} x {picture.shape[0]} pixels.",
            hint=f"FERPlus' pictures are {SIDE} x {SIDE}.",
        )
    return picture


@dataclass(frozen=True)
class PublishedLists:
    """The RAN authors' FERPlus lists, by stem. A label is an index into ran.expressions.FERPLUS."""

    train: dict[str, int]
    test: dict[str, int]
    occlusion: dict[str, tuple[int, int]]
    pose30: frozenset[str]
    pose45: frozenset[str]

    def subsets(self) -> dict[str, frozenset[str]]:
        """Return the four test lists under the names that scores carry."""
        return {
            "ferplus": frozenset(self.test),
            "occlusion": frozenset(self.occlusion),
            "pose30": self.pose30,
            "pose45": self.pose45,
        }


def read_lists(folder: Path) -> PublishedLists:
    """Read the lists of `folder`/FERplus_dir, the layout of the authors' repository.

    Raises:
        BadRequest: if a list is missing or a line of it cannot be read.
    """
    root = folder / "FERplus_dir"
    return PublishedLists(
        train=_labelled(root / "dlib_ferplus_train_center_crop_range_list.txt"),
        test=_labelled(root / "dlib_ferplus_val_center_crop_range_list.txt"),
        occlusion={
            stem: (label, int(rest[-1]))
            for stem, label, rest in _lines(root / "jianfei_occlusion_list.txt")
        },
        pose30=frozenset(_labelled(root / "pose_30_ferplus_list.txt")),
        pose45=frozenset(_labelled(root / "pose_45_ferplus_list.txt")),
    )


def _labelled(path: Path) -> dict[str, int]:
    return {stem: label for stem, label, _ in _lines(path)}


_LINE = re.compile(r"^(\d)[/_](fer\d+)(?:\.\w+)?((?:\s+\d+)*)\s*$")


def _lines(path: Path) -> Iterator[tuple[str, int, list[str]]]:
    if not path.is_file():
        raise BadRequest(f"{path} does not exist.", hint="Give the folder that holds FERplus_dir.")
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = _LINE.match(line)
        if match is None:
            raise BadRequest(
                f"Line {number} of {path} is {line!r}.",
                hint="Expected LABEL/STEM or LABEL_STEM, as in 7/fer0032220.",
            )
        yield match[2], int(match[1]), match[3].split()
