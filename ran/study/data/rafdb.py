"""RAF-DB, its basic part: list_patition_label.txt (so spelt) and aligned faces."""

from __future__ import annotations

from pathlib import Path

from ran.errors import BadRequest
from ran.expressions import RAFDB
from ran.study.data.splits import DataSet, Fault, of_files, told

TABLE = "list_patition_label.txt"
_PLACES = (Path(), Path("EmoLabel"), Path("basic/EmoLabel"), Path("basic"))
_FACES = ("Image/aligned", "aligned", "basic/Image/aligned")
_PHOTOS = ("Image/original", "original", "basic/Image/original")


def _table(path: Path) -> Path | None:
    return next((file for p in _PLACES if (file := path / p / TABLE).is_file()), None)


def is_rafdb(path: Path) -> bool:
    """Return whether a folder holds RAF-DB's table of labels."""
    return path.is_dir() and _table(path) is not None


def read(path: Path) -> DataSet:
    """Read RAF-DB's basic expressions.

    Raises:
        BadRequest: if the table or the folder of faces is missing, or a line cannot be read.
    """
    file = _table(path)
    if file is None:
        raise BadRequest(f"{path} holds no {TABLE}.", hint="Give RAF-DB's folder.")
    place = next((name for name in _FACES if (path / name).is_dir()), None)
    faults: list[Fault] = []
    if place is None:
        place = next((name for name in _PHOTOS if (path / name).is_dir()), None)
        if place is None:
            raise BadRequest(f"{path} holds no Image/aligned.", hint="Unpack aligned.zip there.")
        faults += told(
            "mistake", [place],
            "Whole photographs stand where aligned faces are meant: a network that was trained on "
            "faces sees them too small ({first}).",
        )  # fmt: skip
    is_aligned = place in _FACES
    rows: dict[str, list[tuple[str, int, str]]] = {"train": [], "test": []}
    wrong = []
    for number, line in enumerate(file.read_text("utf-8-sig", "replace").splitlines(), 1):
        parts = line.split()
        if not parts:
            continue
        name, split = Path(parts[0]).stem, parts[0].partition("_")[0]
        if len(parts) != 2 or parts[1] not in "1234567" or split not in rows:
            wrong.append(f"line {number}")
            continue
        end = "_aligned.jpg" if is_aligned else ".jpg"
        rows[split].append((name, int(parts[1]) - 1, f"{place}/{name}{end}"))
    faults += told(
        "label", wrong, "{count} lines of the table have no label from 1 to 7, first {first}."
    )
    splits = {}
    for name, found in rows.items():
        if found:
            splits[name], missing = of_files(path, found)
            faults += missing
    return DataSet("rafdb", RAFDB, splits, tuple(faults))
