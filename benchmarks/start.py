"""Row: from starting the app in a fresh process to its first answer on screen."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rows import Row

ROOT = Path(__file__).parent.parent
ANSWER = "RB margin"
"""Words that are on the page only once a face was answered for."""
GOAL = 15.0
NAME = "cold start, app to first answer"


def start_row(*, repeats: int, patience: float) -> Row:
    """Measure seconds from the server's start to the answer in a Chromium that waits for it.

    Without an answer within `patience` seconds the row says so. Files that the machine has read
    before stay in its memory: cold is the process, not the disk.
    """
    missing = _missing()
    if missing:
        return Row(NAME, "", goal=GOAL, reason=missing)
    from playwright.sync_api import Error

    try:
        samples = tuple(_seconds_to_answer(patience) for _ in range(repeats))
    except Error as error:
        first_line = str(error).splitlines()[0]
        return Row(NAME, "", goal=GOAL, reason=f"no {ANSWER!r} on the page: {first_line}")
    return Row(NAME, "", samples, goal=GOAL)


def _missing() -> str:
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


def _seconds_to_answer(patience: float) -> float:
    from playwright.sync_api import Error, sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true",
        f"--server.port={port}", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false",
    ]  # fmt: skip
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        begun = time.perf_counter()
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
            return time.perf_counter() - begun
        finally:
            server.terminate()
            server.wait(timeout=30)
            browser.close()
