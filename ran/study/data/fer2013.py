"""FER2013 as its competition gave it: fer2013.csv, and FERPlus' votes beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.expressions import FERPLUS
from ran.study.data.splits import SPLIT_NAMES, DataSet, Fault, Split, heads, table, told

PIXELS, VOTES = "fer2013.csv", "fer2013new.csv"
CLASSES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""FER2013's own labels 0 to 6 in order (Goodfellow et al. 2013)."""
SIDE = 48
_SWAPPED = (
    f"{PIXELS} holds pixels and one label a row, {VOTES} ten raters' votes: one stands under the "
    "name of the other."
)


def is_fer2013(path: Path) -> bool:
    """Return whether a path is fer2013.csv, or a folder that holds it."""
    return _pixels_of(path) is not None or (path.is_dir() and (path / PIXELS).is_file())


def _pixels_of(path: Path) -> Path | None:
    """Return the file of pixels, whatever it is called."""
    files = [path] if path.is_file() else [path / PIXELS, path / VOTES]
    return next((file for file in files if "pixels" in heads(file)), None)


def read(path: Path) -> DataSet:
    """Read FER2013; where FERPlus' votes stand beside it, by the label that most raters gave.

    Raises:
        BadRequest: if there are no pixels, or a row is not of 48 x 48.
    """
    file = _pixels_of(path)
    if file is None:
        raise BadRequest(f"{path} holds no pixels: {_SWAPPED}", hint=f"Give {PIXELS} too.")
    faults: list[Fault] = []
    if file.name == VOTES:
        faults += told("mistake", [file.name], _SWAPPED)
    rows = list(table(file))
    pixels = np.stack([_picture(row.get("pixels", ""), n) for n, row in enumerate(rows, 2)])
    classes: tuple[str, ...] = CLASSES
    labels = [_label(row.get("emotion", "")) for row in rows]
    votes = file.with_name(VOTES)
    if votes != file and votes.is_file() and "pixels" not in heads(votes):
        labels, classes = _voted(list(table(votes)), len(rows)), FERPLUS
    usages = [SPLIT_NAMES.get(row.get("usage", "").strip().lower(), "train") for row in rows]
    without = [f"row {n + 2}" for n, label in enumerate(labels) if label is None]
    faults += told(
        "label", without, "{count} rows have no expression and are left out, first {first}."
    )
    splits = {}
    for name in ("train", "valid", "test"):
        places = [n for n, usage in enumerate(usages) if usage == name and labels[n] is not None]
        if places:
            splits[name] = _split(pixels, places, labels)
    return DataSet("fer2013", classes, splits, tuple(faults))


def _split(pixels: NDArray[np.uint8], places: Sequence[int], labels: Sequence[int | None]) -> Split:
    at = tuple(places)

    def picture(place: int) -> NDArray[np.uint8]:
        return np.repeat(pixels[at[place], ..., None], 3, axis=2)

    # FERPlus names a row's picture by its number.
    names = tuple(f"fer{place:07d}" for place in at)
    return Split(names, np.array([labels[place] for place in at], np.int64), picture)


def _picture(text: str, row: int) -> NDArray[np.uint8]:
    try:
        values = np.array(text.split(), np.int64)
    except ValueError:
        values = np.empty(0, np.int64)
    if len(values) != SIDE**2 or values.min() < 0 or values.max() > 255:
        raise BadRequest(
            f"Row {row} of the pixels has not {SIDE} x {SIDE} numbers from 0 to 255.",
            hint="Get fer2013.csv again.",
        )
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def _label(text: str) -> int | None:
    return int(text) if text.strip() in map(str, range(len(CLASSES))) else None


def _voted(rows: Sequence[dict[str, str]], count: int) -> list[int | None]:
    """Return the expression of most votes of each row; None where unknown or no face leads."""
    if len(rows) != count:
        raise BadRequest(
            f"{VOTES} has {len(rows):,} rows, {PIXELS} {count:,}.", hint="Give both as published."
        )
    names = [*FERPLUS, "unknown", "nf"]
    found: list[int | None] = []
    for row in rows:
        votes = [int(row.get(name, "0") or 0) for name in names]
        best = int(np.argmax(votes))
        found.append(best if best < len(FERPLUS) and votes[best] > 0 else None)
    return found
