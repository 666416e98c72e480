"""What tests of the Cohort page share."""

import pytest
from made_up_ferplus import write_ferplus, write_lists, zip_of

from ran.ui.cohort import faces_from


@pytest.fixture
def few_covers(monkeypatch):
    """The examples under two stickers in two fills, for speed."""
    monkeypatch.setattr(
        faces_from, "ART", {"mask": faces_from.ART["mask"], "cap": faces_from.ART["cap"]}
    )
    monkeypatch.setattr(faces_from, "_FILLS", ("look", "noise"))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """The data of the published lists, made up."""
    folder = tmp_path / "data"
    stems = write_ferplus(folder / "FERPlus", faces=24)
    write_lists(folder / "ran_lists", stems)
    (folder / "ferplus").mkdir()
    zip_of(folder / "FERPlus", folder / "ferplus" / "ferplus.zip")
    monkeypatch.setenv("RAN_DATA", str(folder))
    return folder
