"""Engines with a tiny network: one for a whole file, and one that has answered nothing yet."""

import pytest

from ran.engine import Engine


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture
def fresh(checkpoint):
    """An engine that has answered nothing yet, and the list of the crops it is shown."""
    made, seen = Engine.load(checkpoint, "cpu"), []
    features = made.asked.features

    def counted(crops):
        seen.append(crops.shape[1])
        return features(crops)

    made.asked.features = counted
    return made, seen
