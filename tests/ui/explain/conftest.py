"""The Explain page with a tiny network, and checks of its maps that cost nothing."""

import pytest

from ran.engine import Engine
from ran.explain.trust.faithfulness import Checking, Faithfulness


@pytest.fixture(autouse=True)
def _quick_checks(request, monkeypatch):
    """Checks that find nothing wrong, and cost nothing: they redraw the network anew each time."""
    if "real_checks" in request.fixturenames:
        return

    def faithful(self, scene, question, *, draws):
        for done in range(1, draws + 1):
            yield Checking(done, draws, Faithfulness(None, 0.25, 0.125, 0.1, done))

    monkeypatch.setattr(Engine, "faithful", faithful)


@pytest.fixture
def real_checks():
    """Ask the engine how far a map can be trusted."""
