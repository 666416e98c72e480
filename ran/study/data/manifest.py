"""A manifest: a CSV or Parquet table with path and label, and a split if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ran.errors import BadRequest
from ran.expressions import FERPLUS
from ran.study.data.splits import (
    SPLIT_NAMES,
    DataSet,
    Fault,
    Split,
    expression,
    heads,
    of_files,
    table,
    told,
)

NAMES = ("manifest.parquet", "manifest.csv")


def is_manifest(path: Path) -> bool:
    """Return whether a path is a manifest, or a folder that holds one."""
    file = _file(path)
    if file is None:
        return False
    return file.suffix.lower() == ".parquet" or {"path", "label"} <= set(heads(file))


def _file(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix.lower() in (".csv", ".parquet") else None
    return next((path / name for name in NAMES if (path / name).is_file()), None)


def read(path: Path) -> DataSet:
    """Read a manifest; paths are below its folder, labels are names of expressions.

    Raises:
        BadRequest: if it cannot be read, or has no columns path and label.
    """
    file = _file(path)
    if file is None:
        raise BadRequest(f"{path} is no manifest.", hint="Give a CSV or Parquet table.")
    rows = list(_rows(file))
    if not rows or not {"path", "label"} <= set(rows[0]):
        raise BadRequest(
            f"{file} has no columns path and label.", hint="Give both, one row a picture."
        )
    named = [expression(str(row["label"])) for row in rows]
    classes = tuple(name for name in FERPLUS if name in named)
    classes += tuple(sorted({name for name in named if name and name not in FERPLUS}))
    wrong = [str(row["path"]) for row, name in zip(rows, named, strict=True) if not name]
    faults: list[Fault] = told("label", wrong, "{count} rows have no label, first {first}.")
    parts: dict[str, list[tuple[str, int, str]]] = {}
    for row, name in zip(rows, named, strict=True):
        if name:
            split = SPLIT_NAMES.get(str(row.get("split", "test")).strip().lower(), "test")
            place = str(row["path"])
            parts.setdefault(split, []).append((place, classes.index(name), place))
    splits: dict[str, Split] = {}
    for split, found in parts.items():
        splits[split], missing = of_files(file.parent, found)
        faults += missing
    return DataSet("manifest", classes, splits, tuple(faults))


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix.lower() == ".csv":
        yield from table(file)
        return
    try:
        from pyarrow import ArrowException, parquet
    except ModuleNotFoundError as error:
        raise BadRequest(
            f"{file} is Parquet, which needs pyarrow.",
            hint="Run `pip install pyarrow`, or give the manifest as CSV.",
        ) from error
    try:
        found: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
    except (ArrowException, OSError) as error:
        raise BadRequest(f"{file} cannot be read as Parquet.", hint="Write it again.") from error
    yield from ({str(name).lower(): value for name, value in row.items()} for row in found)
