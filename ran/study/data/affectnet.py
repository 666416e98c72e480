"""AffectNet in its two forms: tables of names that are hashes, and numbered files with _exp.npy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ran.errors import BadRequest
from ran.expressions import AFFECTNET
from ran.study.data.splits import SPLIT_NAMES, DataSet, Fault, Split, heads, of_files, table, told

_FILE, _LABEL = "subdirectory_filepath", "expression"
_SETS = ("train_set", "val_set")
_NAMES = "names.csv"
_ROOTS = ("", "Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")


def is_affectnet(path: Path) -> bool:
    """Return whether a path is one of AffectNet's tables, or a folder in one of its two forms."""
    if path.is_file():
        return {_FILE, _LABEL} <= set(heads(path))
    if not path.is_dir():
        return False
    return any((path / name / "annotations").is_dir() for name in _SETS) or bool(_tables(path))


def _tables(path: Path) -> list[Path]:
    """Return the tables of a folder, or the one that was given."""
    files = [path] if path.is_file() else sorted(path.glob("*.csv"))
    return [file for file in files if {_FILE, _LABEL} <= set(heads(file))]


def read(path: Path) -> DataSet:
    """Read AffectNet. Faces without one of its eight expressions are left out.

    Numbered files may have their first names in `names.csv` beside train_set and val_set, a column
    "file" such as val_set/images/12.jpg and a column "name", the hash: lists go by that.

    Raises:
        BadRequest: if nothing of it can be read.
    """
    splits: dict[str, Split] = {}
    faults: list[Fault] = []
    unlabelled: list[str] = []
    found = _numbered(path) if path.is_dir() else {}
    for file in _tables(path) if not found else ():
        rows = []
        root = path if path.is_dir() else path.parent
        for row in table(file):
            name = row.get(_FILE, "").strip()
            label = _label(row.get(_LABEL, ""))
            if label is None:
                unlabelled.append(name)
            else:
                rows.append((Path(name).stem, label, _below(root, name)))
        split = SPLIT_NAMES.get(file.stem.lower(), "train" if "train" in file.stem else "valid")
        found[split] = found.get(split, []) + rows
    for split, rows in found.items():
        root = path if path.is_dir() else path.parent
        labelled = [(name, label, place) for name, label, place in rows if label >= 0]
        unlabelled += [place for _name, label, place in rows if label < 0]
        splits[split], missing = of_files(root, labelled)
        faults += missing
    faults += told(
        "label", unlabelled,
        "{count} pictures have none of the eight expressions and are left out, first {first}.",
    )  # fmt: skip
    if not splits:
        raise BadRequest(f"{path} holds no AffectNet.", hint="Give its folder or its table.")
    has_contempt = any((split.labels == len(AFFECTNET) - 1).any() for split in splits.values())
    classes = AFFECTNET if has_contempt else AFFECTNET[:-1]
    return DataSet("affectnet", classes, splits, tuple(faults))


def _below(root: Path, name: str) -> str:
    places = [str(Path(top) / name) for top in _ROOTS]
    return next((place for place in places if (root / place).is_file()), name)


def _numbered(path: Path) -> dict[str, list[tuple[str, int, str]]]:
    """Return the rows of train_set and val_set; a label that is no expression is -1."""
    first = path / _NAMES
    named = (
        {row.get("file", ""): row.get("name", "") for row in table(first)}
        if (first.is_file())
        else {}
    )
    found: dict[str, list[tuple[str, int, str]]] = {}
    for name in _SETS:
        rows = []
        for file in sorted((path / name / "annotations").glob("*_exp.npy")):
            number = file.name.removesuffix("_exp.npy")
            place = f"{name}/images/{number}.jpg"
            rows.append((Path(named.get(place) or number).stem, _from_array(file), place))
        if rows:
            found[SPLIT_NAMES[name]] = rows
    return found


def _from_array(file: Path) -> int:
    try:
        label = _label(str(np.load(file, allow_pickle=False)))
    except (OSError, ValueError, EOFError):
        label = None
    return -1 if label is None else label


def _label(text: str) -> int | None:
    plain = text.strip()
    return int(plain) if plain in map(str, range(len(AFFECTNET))) else None
