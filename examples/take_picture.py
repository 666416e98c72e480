"""Take the README's picture of the first screen: `make picture`.

Needs what the browser tests need. The numbers in the README's caption are those of
`first_scene_in_words`, which a test holds against the network.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import ran
from ran.explain.regions.attention_shift import attention_shift
from ran.face.covers.occlusion import Fill
from ran.face.covers.stickers import place
from ran.recipe import LayoutChoice
from ran.ui.shared.faces.scenes import chosen

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "occlude.png"
PATIENCE_S = 90


def first_scene_in_words() -> str:
    """Return what the first screen says, in one sentence."""
    scene = chosen()[0]
    engine = ran.Engine.load(device="cpu")
    face = engine.find_faces(ran.open_photo(ROOT / "examples" / str(scene["example"])))[0]
    stickers = scene["stickers"]
    assert isinstance(stickers, list)
    layout = LayoutChoice("landmark", radius=0.25).regions(face)
    covered = ran.Scene(face, tuple(place(name, face) for name in stickers), Fill("look"), layout)
    before, after = engine.predict_many([covered.clean(), covered])
    shift = attention_shift(before.weights, after.weights, after.covered)
    return (
        f"{before.expression} {before.probabilities.max():.2f} becomes {after.expression} "
        f"{after.probabilities.max():.2f}; of the attention {100 * shift.before:.1f} % lay on the "
        f"covered part, {100 * shift.after:.1f} % lies there now"
    )


def main() -> None:
    """Start the app, wait for its first screen and write docs/occlude.png."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true",
         f"--server.port={port}", "--server.address=127.0.0.1"],
        cwd=ROOT, env=os.environ | {"RAN_DEVICE": "cpu"},
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        with sync_playwright() as playwright:
            found = os.environ.get("RAN_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(
                executable_path=found, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme="light")
            page.set_default_timeout(1000 * PATIENCE_S)
            page.goto(f"http://127.0.0.1:{port}")
            page.get_by_text("change: covered minus clean").wait_for()
            page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
            page.screenshot(path=PICTURE)
            browser.close()
    finally:
        app.terminate()
        app.wait(30)


def _wait(address: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("The app did not start.")


if __name__ == "__main__":
    main()
