"""What tests of the Cohort page share."""

import pytest

from ran.ui.cohort import faces_from


@pytest.fixture
def few_covers(monkeypatch):
    """The examples under two stickers in two fills, for speed."""
    monkeypatch.setattr(
        faces_from, "ART", {"mask": faces_from.ART["mask"], "cap": faces_from.ART["cap"]}
    )
    monkeypatch.setattr(faces_from, "_FILLS", ("look", "noise"))
