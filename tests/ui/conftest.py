"""What pages need that AppTest has not."""

from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def no_camera(monkeypatch):
    """Nobody presses Start: WebRTC asks the server about its sessions, and AppTest has none."""
    stopped = SimpleNamespace(state=SimpleNamespace(playing=False))
    monkeypatch.setattr("ran.ui.live.camera.webrtc_streamer", lambda *_, **__: stopped)


@pytest.fixture
def charts(monkeypatch):
    """The figures that pages offer, by their stems: what draws them, and their LaTeX."""
    found = {}
    monkeypatch.setattr(
        "ran.ui.shared.saving.for_paper.offer_drawn",
        lambda stem, draw, latex, what="": found.update({stem: (draw, latex)}),
    )
    return found
