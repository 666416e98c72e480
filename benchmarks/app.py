"""The app in a process of its own, and the browser that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent
ANSWER = "RB margin"
"""Words that are on the page only once a face was answered for."""


def what_is_missing() -> str:
    """Say what is needed and not there; empty where all is."""
    if not (ROOT / "streamlit_app.py").is_file():
        return "streamlit_app.py is not there"
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "Playwright is not installed; see requirements-dev.txt"
    if _chromium() is None:
        return "no Chromium; set RAN_CHROMIUM to the path of one"
    return ""


def _chromium() -> str | None:
    return os.environ.get("RAN_CHROMIUM") or shutil.which("chromium")


@contextmanager
def opened_app(patience: float, *, scene: str = "") -> Iterator[tuple[Page, float]]:
    """Start the app, show its first page, and give the page and the seconds until its answer.

    scene: "none" opens on an example face with nothing hidden.

    Raises:
        playwright.sync_api.Error: if there is no answer within `patience` seconds.
    """
    from playwright.sync_api import Error, sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true",
        f"--server.port={port}", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false",
    ]  # fmt: skip
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        begun = time.perf_counter()
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "RAN_SCENE": scene},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while True:
                try:
                    page.goto(f"http://127.0.0.1:{port}/", timeout=1000 * patience)
                    break
                except Error:
                    # Refused: the server does not listen yet.
                    if server.poll() is not None or time.perf_counter() - begun > patience:
                        raise
                    time.sleep(0.05)
            page.get_by_text(ANSWER).first.wait_for(timeout=1000 * patience)
            yield page, time.perf_counter() - begun
        finally:
            server.terminate()
            server.wait(timeout=30)
            browser.close()
