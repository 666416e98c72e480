"""A path -> the data set that it holds, whichever layout that has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ran.errors import BadRequest
from ran.study.data import affectnet, fer2013, ferplus, folders, manifest, rafdb, testset
from ran.study.data.splits import DataSet

LAYOUTS = ("ferplus", "rafdb", "affectnet", "fer2013", "folders", "manifest")


def open_data(path: Path) -> DataSet:
    """Read a data set: FERPlus, RAF-DB, AffectNet, FER2013, a manifest, or folders named by class.

    Raises:
        BadRequest: if there is none, or what is there cannot be read.
    """
    if not path.exists():
        raise BadRequest(f"{path} does not exist.", hint="Give a data set's folder or table.")
    if (made := testset.made_of(path)) is not None:
        return _test_set(path, made)
    if ferplus.is_ferplus(path):
        return ferplus.read_all(path)
    if fer2013.is_fer2013(path):
        return fer2013.read(path)
    if rafdb.is_rafdb(path):
        return rafdb.read(path)
    if affectnet.is_affectnet(path):
        return affectnet.read(path)
    if manifest.is_manifest(path):
        return manifest.read(path)
    if path.is_file():
        raise BadRequest(
            f"{path} is no data set that is known.",
            hint="Unpack an archive and give its folder, or give a table with path and label.",
        )
    return folders.read(path)


def _test_set(path: Path, made: dict[str, Any]) -> DataSet:
    """Return a test set that was made of another data set, which its manifest names."""
    if made.get("version") != testset.VERSION:
        raise BadRequest(
            f"{path} is a test set of version {made.get('version')}.",
            hint=f"This package makes version {testset.VERSION}.",
        )
    source = Path(str(made.get("data", "")))
    if not source.exists():
        raise BadRequest(
            f"{source}, of which the test set was made, is not there.",
            hint="Put the data set there, or make the test set anew: equal seeds, equal rows.",
        )
    return testset.read(testset.rows_in(path), open_data(source))
