"""What a visitor gave goes with the visit: no object and no file is left of it."""

from __future__ import annotations

import io
import json
import time
import urllib.request
from pathlib import Path

import pytest
from page_steps import cover_the_mouth, wait_for_occlude, wait_until_settled
from PIL import Image
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
MARK = "marked-face-7f3a"
PATIENCE_S = 60


@pytest.fixture
def forgetful_app(running, checkpoint, tmp_path):
    """The app, which forgets a visitor after a second; its address and its folder for files."""
    files = tmp_path / "files"
    files.mkdir()
    changes = {
        "RAN_CHECKPOINT": str(checkpoint), "RAN_DEVICE": "cpu", "RAN_SCENE": "none",
        "RAN_AWAY_S": "1", "MARK_TO_FIND": MARK, "TMPDIR": str(files),
    }  # fmt: skip
    with running(ROOT / "tests/browser/held_app.py", tmp_path, changes) as address:
        yield address, files


def marked_photo() -> bytes:
    """A photo that no other test shows, with the mark among its bytes."""
    photo = io.BytesIO()
    turned = Image.open(EXAMPLES / "grace_hopper.jpg").convert("RGB").rotate(2)
    turned.save(photo, "JPEG", quality=92, comment=MARK.encode())
    return photo.getvalue()


def held(address: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{address}/held", timeout=PATIENCE_S) as answer:
        counts: dict[str, int] = json.load(answer)
    return counts


def visit(browser: Browser, address: str, photo: bytes | None) -> dict[str, int]:
    """Cover a face, keep it, explain, compare, report and turn it, and leave; what is held then."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE_S * 1000)
    page = context.new_page()
    page.goto(address)
    wait_for_occlude(page)
    if photo is not None:
        upload(page, photo)
    cover_the_mouth(page)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept: 1 on the shelf")).to_be_visible()
    page.get_by_role("link", name="Explain", exact=True).click()
    expect(page.get_by_role("heading", name="Explain", level=1)).to_be_visible()
    wait_until_settled(page)
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_text("Shelf: 1 kept")).to_be_visible()
    wait_until_settled(page)
    page.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download():
        page.get_by_role("button", name="HTML", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Poses", exact=True).click()
    expect(page.get_by_role("heading", name="Poses", level=1)).to_be_visible()
    wait_until_settled(page)
    here = held(address)
    context.close()
    return here


def upload(page: Page, photo: bytes) -> None:
    page.get_by_role("button", name="Face", exact=True).click()
    file = {"name": f"{MARK}.jpg", "mimeType": "image/jpeg", "buffer": photo}
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text(MARK).first).to_be_visible()
    wait_until_settled(page)


def test_of_an_uploaded_face_nothing_is_held_once_its_visitor_has_left(forgetful_app, browser):
    address, files = forgetful_app
    visit(browser, address, None)  # what is loaded once, for all
    before = _left(address, {})
    here = visit(browser, address, marked_photo())
    assert here["marked"] > 0
    assert here["Face"] > before["Face"]
    assert here["Prediction"] > 0
    after = _left(address, before)
    assert after == before
    assert after["marked"] == 0
    assert [path for path in files.rglob("*") if path.is_file() and _is_marked(path)] == []


def _left(address: str, wanted: dict[str, int]) -> dict[str, int]:
    """Return what is held after a while, as soon as it is what is wanted or no longer changes."""
    end, last = time.monotonic() + PATIENCE_S / 2, {}
    while time.monotonic() < end:
        time.sleep(2)
        now = held(address)
        if now == (wanted or last):
            break
        last = now
    return now


def _is_marked(path: Path) -> bool:
    return MARK in path.name or MARK.encode() in path.read_bytes()
