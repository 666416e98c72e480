"""A film in a real browser: its frames in one row that scrolls, each chosen by a click."""

import re

import pytest
from made_up_films import EXAMPLES, film_of
from page_steps import wait_until_settled
from playwright.sync_api import expect

from ran.face.detect import find_faces
from ran.face.head import turn
from ran.face.photo import open_photo


@pytest.fixture(scope="module")
def film() -> bytes:
    face = find_faces(open_photo(EXAMPLES / "grace_hopper.jpg"))[0]
    head = [turn(face, yaw, 0)[0].pixels for yaw in (20, 10, 0, -10, -20) for _ in range(4)]
    return film_of([*head, *[open_photo(EXAMPLES / "drawn_happiness.png").pixels] * 20])


def sent(app, page, film) -> None:
    page.goto(f"{app}/poses")
    expect(page.get_by_text("9 poses from one photo")).to_be_visible()
    wait_until_settled(page)
    page.get_by_role("radio", name="Video").click()
    file = {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": film}
    page.locator("[data-testid=stFileUploaderDropzoneInput]").last.set_input_files(file)
    expect(page.get_by_text("15 frames with a face")).to_be_visible()
    wait_until_settled(page)


def test_a_click_or_the_slider_chooses_a_frame_and_the_row_alone_scrolls(app, page, film):
    sent(app, page, film)
    row = page.get_by_role("group", name="Frames of the film, in the order of time")
    frames = row.get_by_role("button")
    expect(frames).to_have_count(15)
    expect(frames.first).to_have_attribute("aria-pressed", "true")
    expect(row.get_by_text("cut", exact=True)).to_have_count(1)
    frames.nth(12).click()
    expect(frames.nth(12)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text(re.compile(r"^3\.\d s, yaw"), exact=False).first).to_be_visible()
    for width in (1400, 390):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until_settled(page)
        assert row.evaluate("row => row.scrollWidth > row.clientWidth")
        wider = page.evaluate(
            "() => document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth"
        )
        assert wider <= 1
    frames.nth(2).click()
    expect(frames.nth(2)).to_have_attribute("aria-pressed", "true")
    slider = page.get_by_role("slider").and_(page.locator("[aria-valuetext*=yaw]"))
    slider.focus()
    slider.press("End")
    expect(frames.last).to_have_attribute("aria-pressed", "true")
    expect(frames.last).to_be_in_viewport()
    assert row.evaluate("row => row.scrollLeft") > 0
