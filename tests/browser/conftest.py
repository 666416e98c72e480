"""A running app and a real browser. RAN_REQUIRE_BROWSER=1 makes a missing browser a failure."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from ran.net.checkpoints import DEFAULT, WEIGHTS

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90
expect.set_options(timeout=PATIENCE_S * 1000)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # On a busy machine a click is lost now and then; a second try tells that from a fault.
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("RAN_CHROMIUM") or shutil.which("chromium")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=found, args=options)
        except Error as error:
            reason = f"no Chromium starts here: {error.message.splitlines()[0]}"
            if os.environ.get("RAN_REQUIRE_BROWSER"):
                pytest.fail(reason)
            pytest.skip(reason)
        yield started
        started.close()


@pytest.fixture(scope="session")
def app(checkpoint, tmp_path_factory) -> Iterator[str]:
    """The address of an app that tests share."""
    yield from _serving(checkpoint, tmp_path_factory.mktemp("app"))


@pytest.fixture
def cold_app(checkpoint, tmp_path) -> Iterator[str]:
    """The address of an app that nobody has opened yet."""
    yield from _serving(checkpoint, tmp_path)


@pytest.fixture(scope="session")
def bundled_app(tmp_path_factory) -> Iterator[str]:
    """The address of an app as a visitor finds it: the bundled network, its first scene."""
    yield from _serving(WEIGHTS / DEFAULT, tmp_path_factory.mktemp("bundled"), {"RAN_SCENE": ""})


@pytest.fixture
def small_app(checkpoint, tmp_path) -> Iterator[str]:
    """The address of an app for one visitor, which keeps one megabyte of their files."""
    yield from _serving(checkpoint, tmp_path, {"RAN_UPLOAD_MB": "1", "RAN_VISITORS": "1"})


@pytest.fixture
def running() -> Callable[[Path, Path, dict[str, str]], AbstractContextManager[str]]:
    """A block that serves a script with changes of the environment and gives its address."""
    return contextmanager(_running)


@pytest.fixture
def script_app(tmp_path) -> Iterator[Callable[[Path], str]]:
    """A function that serves a script of its own and returns its address."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(
            contextmanager(_running)(script, tmp_path, {"PYTHONPATH": str(ROOT)})
        )


def _serving(
    checkpoint: Path, folder: Path, changes: dict[str, str] | None = None
) -> Iterator[str]:
    own = {"RAN_CHECKPOINT": str(checkpoint), "RAN_DEVICE": "cpu", "RAN_SCENE": "none"}
    yield from _running(ROOT / "streamlit_app.py", folder, own | (changes or {}))


def _running(script: Path, folder: Path, changes: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "app.log"
    command = [sys.executable, "-m", "streamlit", "run", str(script),
               "--server.headless=true", f"--server.port={port}",
               "--server.address=127.0.0.1", "--server.fileWatcherType=none"]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | changes, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/_stcore/health", process, log)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{log.read_text()}")


@pytest.fixture
def page(browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context.new_page()
    context.close()
