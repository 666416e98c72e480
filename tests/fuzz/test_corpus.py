"""What fuzzing kept, and what it once found, is taken or refused in a sentence."""

from __future__ import annotations

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import CORPUS, TARGETS, try_one


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_taken(name):
    given = list(seeds(name))
    assert given
    assert all(try_one(TARGETS[name], content) for content in given)


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_kept_holds_and_has_both_kinds(name):
    kept = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    taken = [try_one(TARGETS[name], content) for content in kept]
    assert any(taken)
    assert not all(taken)
