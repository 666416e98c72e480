"""What pages need that AppTest has not."""

from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def no_camera(monkeypatch):
    """Nobody presses Start: WebRTC asks the server about its sessions, and AppTest has none."""
    stopped = SimpleNamespace(state=SimpleNamespace(playing=False))
    monkeypatch.setattr("ran.ui.live.camera.webrtc_streamer", lambda *_, **__: stopped)
