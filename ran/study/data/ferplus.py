"""FERPlus in its public layout, a folder or a zip of it, and the RAN authors' lists."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ran.errors import BadRequest
from ran.expressions import FERPLUS
from ran.study.data.splits import DAMAGED_ZIP, DataSet, Fault, Split, told
from ran.words import later

SPLITS = {"train": "FER2013Train", "valid": "FER2013Valid", "test": "FER2013Test"}
SIDE = 48
CLASSES = 8
VOTES = CLASSES + 2
"""Columns of votes: the expressions, then unknown and no face."""
LONGEST_NAME = 255
"""Of a file, in letters; no file system that is in use takes longer ones."""
OCCLUSION_KINDS = (
    later("upper face"), later("lower face"), later("left or right side"), later("glasses"),
)  # fmt: skip
"""Kinds of Occlusion-FERPlus by the list's last column; read off the pictures, undocumented."""
_GIVE = (
    "Give FERPlus' folder or a zip of it: FER2013Train, FER2013Valid and FER2013Test, each with "
    "its pictures and a label.csv."
)
_ROWS = f"Expected lines of a picture's name, its box and {VOTES} counts of votes."


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

    def part(self, start: int, end: int) -> Faces:
        """Return the faces from `start` on, before `end`."""
        return Faces(self.names[start:end], self.pixels[start:end], self.votes[start:end])

    def at(self, rows: NDArray[np.int64]) -> Faces:
        """Return the faces of these rows, in their order."""
        names = tuple(self.names[row] for row in rows)
        return Faces(names, self.pixels[rows], self.votes[rows])

    def with_all(self, others: Faces) -> Faces:
        """Return these faces and then the others."""
        return Faces(
            self.names + others.names,
            np.concatenate([self.pixels, others.pixels]),
            np.concatenate([self.votes, others.votes]),
        )

    @property
    def key(self) -> str:
        """Return the SHA-256 of the names and the pixels: other faces have another."""
        digest = hashlib.sha256(repr((self.names, self.pixels.shape)).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        return digest.hexdigest()

    def labels(self) -> NDArray[np.int64]:
        """Return the expression with most votes, i64[N] in 0..7; the first of equals."""
        return np.asarray(self.votes[:, :CLASSES].argmax(1), np.int64)

    def shares(self) -> Tensor:
        """Return the votes for the eight expressions as soft labels, f32[N, 8], rows sum to one."""
        votes = torch.from_numpy(self.votes[:, :CLASSES]).float()
        # Without any such vote a row stays zero and the face has no say in the loss.
        return votes / votes.sum(1, keepdim=True).clamp(min=1.0)


def read_ferplus(source: Path, split: str) -> Faces:
    """Read one split, "train", "valid" or "test", of FERPlus from its folder or a zip of it.

    Raises:
        BadRequest: if the source, its label file or a picture is missing or damaged, or a picture
            is not 48 x 48.
    """
    if split not in SPLITS:
        raise BadRequest(f"There is no split {split!r}.", hint=f"Use one of {', '.join(SPLITS)}.")
    if not source.exists():
        raise BadRequest(f"{source} does not exist.", hint=_GIVE)
    folder = SPLITS[split]
    if source.is_dir():
        return _faces(lambda name: (source / folder / name).read_bytes(), source, folder)
    try:
        with zipfile.ZipFile(source) as archive:
            return _faces(lambda name: archive.read(f"{folder}/{name}"), source, folder)
    except (zipfile.BadZipFile, OSError) as error:
        raise BadRequest(f"{source} is not a zip.", hint=_GIVE) from error


def is_ferplus(path: Path) -> bool:
    """Return whether a path is FERPlus' folder or a zip of it."""
    if path.is_dir():
        return any((path / folder / "label.csv").is_file() for folder in SPLITS.values())
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    return any(f"{folder}/label.csv" in names for folder in SPLITS.values())


def read_all(source: Path) -> DataSet:
    """Read every split that is there; a label is the expression that most raters chose.

    Faces on which unknown or no face has more votes than any expression are left out.

    Raises:
        BadRequest: as `read_ferplus`.
    """
    found: dict[str, Split] = {}
    faults: list[Fault] = []
    for name, folder in SPLITS.items():
        if source.is_dir() and not (source / folder).is_dir():
            faults += told("missing", [folder], "{first} is not there.")
            continue
        faces = read_ferplus(source, name)
        led = faces.votes[:, :CLASSES].max(1) >= faces.votes.max(1)
        kept = faces.at(np.flatnonzero(led))
        left = [stem for stem, is_led in zip(faces.names, led, strict=True) if not is_led]
        faults += told(
            "label", left,
            "{count} faces of " + name + " are unknown or no face to most raters and are left "
            "out, first {first}.",
        )  # fmt: skip
        found[name] = Split(kept.names, kept.labels(), _reading(kept))
    return DataSet("ferplus", FERPLUS, found, tuple(faults))


def _reading(faces: Faces) -> Callable[[int], NDArray[np.uint8]]:
    return lambda row: np.repeat(faces.pixels[row][..., None], 3, axis=2)


def _faces(read: Callable[[str], bytes], source: Path, folder: str) -> Faces:
    text = _part(read, "label.csv", source, folder)
    try:
        lines = csv.reader(io.StringIO(text.decode("utf-8-sig")))
        rows = [
            _row(line, f"Line {lines.line_num} of {folder}/label.csv") for line in lines if line
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadRequest(
            f"{folder}/label.csv in {source} is not a table: {error}.", hint=_ROWS
        ) from error
    _refuse_twice([name for name, _ in rows], f"{folder}/label.csv in {source}")
    if not rows:
        raise BadRequest(f"{folder}/label.csv in {source} is empty.", hint=_ROWS)
    pixels = np.stack([_picture(_part(read, name, source, folder), name) for name, _ in rows])
    votes = np.array([votes for _, votes in rows], np.int64)
    return Faces(tuple(Path(name).stem for name, _ in rows), pixels, votes)


def _refuse_twice(names: list[str], place: str) -> None:
    """Refuse a table in which a picture has two rows: which votes count would be chance."""
    seen = set()
    for name in names:
        if Path(name).stem in seen:
            raise BadRequest(
                f"{place} has two rows of {name}.", hint="Keep one row a picture, with its votes."
            )
        seen.add(Path(name).stem)


def _part(read: Callable[[str], bytes], name: str, source: Path, folder: str) -> bytes:
    try:
        return read(name)
    except (KeyError, FileNotFoundError) as error:
        raise BadRequest(f"{source} holds no {folder}/{name}.", hint=_GIVE) from error
    except DAMAGED_ZIP as error:
        raise BadRequest(
            f"{folder}/{name} in {source} cannot be read: {error}.", hint="Get it again."
        ) from error


def _row(line: list[str], place: str) -> tuple[str, list[int]]:
    """Return the picture's name and the ten votes of one line: name, box, votes."""
    if len(line) != 2 + VOTES:
        raise BadRequest(f"{place} has {len(line)} columns, not {2 + VOTES}.", hint=_ROWS)
    name, _, *votes = line
    if not re.fullmatch(r"[^/\\\0]*[^/\\\0.\s][^/\\\0]*", name) or len(name) > LONGEST_NAME:
        said = f"names {name[:80]!r}, which is no file" if name.strip() else "names no picture"
        raise BadRequest(f"{place} {said}.", hint=_ROWS)
    bad = [vote for vote in votes if not re.fullmatch(r"\d{1,3}", vote)]
    if bad:
        raise BadRequest(f"{place} has the vote {bad[0][:80]!r}.", hint=_ROWS)
    return name, [int(vote) for vote in votes]


def _picture(content: bytes, name: str) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            size = picture.size
            pixels = np.asarray(picture.convert("L")) if size == (SIDE, SIDE) else None
    # Pillow's decoders give all of these for damaged files.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadRequest(f"{name} is no picture that can be read.", hint="Get it again.") from error
    if pixels is None:
        raise BadRequest(
            f"{name} is {size[0]} x {size[1]} pixels.",
            hint=f"FERPlus' pictures are {SIDE} x {SIDE}.",
        )
    return pixels


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
        occlusion=_occlusions(root / "jianfei_occlusion_list.txt"),
        pose30=frozenset(_labelled(root / "pose_30_ferplus_list.txt")),
        pose45=frozenset(_labelled(root / "pose_45_ferplus_list.txt")),
    )


def _labelled(path: Path) -> dict[str, int]:
    return {stem: label for _, stem, label, _ in _lines(path)}


def _occlusions(path: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for number, stem, label, rest in _lines(path):
        kind = int(rest[-1]) if rest else -1
        if not 0 <= kind < len(OCCLUSION_KINDS):
            raise BadRequest(
                f"Line {number} of {path} names no kind of occlusion.",
                hint=f"Its last column is 0 to {len(OCCLUSION_KINDS) - 1}, as in "
                "1_fer0034656.png 8 0.",
            )
        found[stem] = (label, kind)
    return found


_LINE = re.compile(r"^([0-7])[/_](fer\d{1,20})(?:\.\w{1,20})?((?:\s+\d{1,9})*)\s*$")


def _lines(path: Path) -> Iterator[tuple[int, str, int, list[str]]]:
    """Yield line number, stem, label and further columns of LABEL/STEM or LABEL_STEM lines."""
    if not path.is_file():
        raise BadRequest(f"{path} does not exist.", hint="Give the folder that holds FERplus_dir.")
    try:
        # A byte that is no text spoils its own line alone, and that line is named.
        text = path.read_text("utf-8-sig", "replace")
    except OSError as error:
        raise BadRequest(
            f"{path} cannot be read: {error.strerror}.", hint="Check the file's permissions."
        ) from error
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.match(line)
        if match is None:
            raise BadRequest(
                f"Line {number} of {path} is {line[:80]!r}.",
                hint="Expected LABEL/STEM or LABEL_STEM, LABEL from 0 to 7, as in 7/fer0032220.",
            )
        before = seen.setdefault(match[2], number)
        if before != number:
            raise BadRequest(
                f"Lines {before} and {number} of {path} both name {match[2]}.",
                hint="Keep one line a picture: which label counts would be chance.",
            )
        yield number, match[2], int(match[1]), match[3].split()
