"""The Live page with a camera of the browser's own making, which shows an example face."""

import io
import json
import math
import os
import re
import shutil
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import pytest
from page_steps import wait_until_settled
from PIL import Image
from playwright.sync_api import Page, expect
from test_access import faults

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """A face that leans to and fro, as the frames that Chromium takes for a camera's."""
    photo = Image.open(ROOT / "examples/astronaut.png").convert("RGB").crop((110, 0, 350, 240))
    photo = photo.resize((420, 420))
    frames = io.BytesIO()
    for number in range(40):
        angle = 12 * math.sin(number / 40 * 2 * math.pi)
        frame = Image.new("RGB", (640, 480), (120, 130, 140))
        turned = photo.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(120, 130, 140))
        frame.paste(turned, (110, 30))
        frame.save(frames, "JPEG", quality=90)
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    path.write_bytes(frames.getvalue())
    return path


@pytest.fixture
def visitor(browser, film):
    """Open windows of a browser that has a camera and lets the page use it."""
    found = os.environ.get("RAN_CHROMIUM") or shutil.which("chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream",
                 "--use-fake-device-for-media-stream",
                 f"--use-file-for-fake-video-capture={film}"]  # fmt: skip
    started = browser.browser_type.launch(executable_path=found, args=arguments)

    def window(**how) -> Page:
        context = started.new_context(**({"viewport": {"width": 1400, "height": 1000}} | how))
        context.set_default_timeout(90_000)
        return context.new_page()

    yield window
    started.close()


def start(page: Page, address: str) -> None:
    page.goto(f"{address}/live")
    expect(page.get_by_text("Press Start: the browser asks")).to_be_visible()
    wait_until_settled(page)
    page.frame_locator("iframe").get_by_role("button", name="Start").click()
    expect(page.locator(".ran-strip img")).to_be_visible()
    expect(page.get_by_text(re.compile(r"[1-9]\d*\.\d frames a second answered"))).to_be_visible()


def test_a_camera_is_answered_and_a_frame_is_frozen_into_occlude(app, visitor):
    page, asked = visitor(), []
    page.on("request", lambda request: asked.append(request.url))
    start(page, app)
    strip = page.locator(".ran-strip img").get_attribute("alt")
    assert re.search(r"Whole face [\d.]+×", strip)
    page.get_by_role("combobox", name=re.compile("^Stickers that follow")).click()
    page.get_by_role("option", name="Surgical mask").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Surgical mask").first).to_be_visible()
    time.sleep(2)  # frames with the mask come
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("heading", name="Occlude", level=1)).to_be_visible()
    expect(page.get_by_text("camera.png").first).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("^The face with 1 covers"))).to_be_visible()
    others = {urlparse(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert others == {urlparse(app).netloc}, "no server is asked for a way"


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_it_fits_and_axe_is_content(app, visitor, width, scheme):
    page = visitor(viewport={"width": width, "height": 900}, color_scheme=scheme)
    start(page, app)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == {}


def test_once_it_is_left_no_frame_is_held(running, checkpoint, tmp_path, visitor):
    own = {"RAN_CHECKPOINT": str(checkpoint), "RAN_DEVICE": "cpu", "RAN_SCENE": "none",
           "MARK_TO_FIND": "nothing"}  # fmt: skip
    with running(ROOT / "tests/browser/held_app.py", tmp_path, own) as address:
        page = visitor()
        start(page, address)
        here = held(address)
        assert here["Seen"] > 0 and here["watching"] == 1
        page.get_by_role("link", name="Model", exact=True).click()
        expect(page.get_by_text("Checkpoint card")).to_be_visible()
        wait_until_settled(page)
        end = time.monotonic() + 30
        while (here := held(address)).get("Seen") or here["watching"]:
            assert time.monotonic() < end, here
            time.sleep(1)


def held(address: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{address}/held", timeout=60) as answer:
        counts: dict[str, int] = json.load(answer)
    return counts
