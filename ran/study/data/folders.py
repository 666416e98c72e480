"""Folders named by class, in folders named by split or without: ImageFolder, SFEW and others."""

from __future__ import annotations

from pathlib import Path

from ran.errors import BadRequest
from ran.expressions import FERPLUS
from ran.study.data.splits import (
    PICTURES,
    SPLIT_NAMES,
    DataSet,
    Fault,
    Split,
    expression,
    of_files,
    told,
)


def read(path: Path) -> DataSet:
    """Read a folder of folders named by class, by name ("Happy") or number (0 is neutral).

    Raises:
        BadRequest: if there is no folder of pictures.
    """
    below = _folders(path)
    splits = {SPLIT_NAMES[name.lower()]: place for name, place in below.items()
              if name.lower() in SPLIT_NAMES}  # fmt: skip
    if not splits:
        splits = {"test": path}
    names = {name for place in splits.values() for name, folder in _folders(place).items()
             if _pictures(folder)}  # fmt: skip
    if not names:
        raise BadRequest(
            f"{path} is no data set that is known.",
            hint="Give FERPlus, FER2013, RAF-DB, AffectNet, folders named by class, or a manifest "
            "with the columns path and label.",
        )
    called, faults = _called(names)
    classes = tuple(dict.fromkeys(
        name for name in (*FERPLUS, *sorted(called.values())) if name in called.values()
    ))  # fmt: skip
    found: dict[str, Split] = {}
    for split, place in splits.items():
        rows = [
            (
                file.relative_to(place).with_suffix("").as_posix(),  # stems come again by class
                classes.index(called[name]),
                str(file.relative_to(path)),
            )
            for name, folder in sorted(_folders(place).items())
            if name in called
            for file in _pictures(folder)
        ]
        if rows:
            found[split], missing = of_files(path, rows)
            faults += missing
    return DataSet("folders", classes, found, tuple(faults))


def _folders(path: Path) -> dict[str, Path]:
    return {child.name: child for child in sorted(path.iterdir()) if child.is_dir()}


def _pictures(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURES)


def _called(names: set[str]) -> tuple[dict[str, str], list[Fault]]:
    """Return what we call each folder, and the fault of numbers, whose order nobody says."""
    if all(name.isdecimal() and int(name) < len(FERPLUS) for name in names):
        said = told(
            "order", sorted(names),
            "The folders are numbers, taken as FERPlus' order: 0 neutral, 1 happiness, 2 surprise, "
            "3 sadness, 4 anger, 5 disgust, 6 fear, 7 contempt ({count} folders, first {first}).",
        )  # fmt: skip
        return {name: FERPLUS[int(name)] for name in names}, said
    return {name: expression(name) for name in names}, []
