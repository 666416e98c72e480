"""The Robustness page in a browser: it draws, keys move along the curve, axe is content."""

import re

import pytest
from page_steps import wait_until_settled
from playwright.sync_api import expect
from test_access import STREAMLITS, faults


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 390)])
def test_the_keyboard_moves_along_the_curve_and_the_face_follows(app, browser, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(app)
    expect(page.get_by_role("group", name=re.compile("^The face with"))).to_be_visible()
    row = page.locator(".st-key-phone-pages") if width < 600 else page
    row.get_by_role("link", name="Robustness", exact=True).first.click()
    expect(page.get_by_role("heading", name="Robustness", level=1)).to_be_visible()
    wait_until_settled(page)
    expect(
        page.get_by_text(re.compile(r"The answer changes under \d+ of 81 windows"))
    ).to_be_visible()
    faces = page.locator(".ran-faces-at img")
    expect(faces).to_have_count(2)
    before = [face.get_attribute("src") for face in faces.all()]
    slider = page.locator("[class*=st-key-at-size]").get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0.5")
    expect(faces.first).not_to_have_attribute("src", before[0])
    wait_until_settled(page)
    assert faces.nth(1).get_attribute("src") != before[1], "the guided one too"
    found = faults(page)
    assert set(found) <= STREAMLITS, found
    wide = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    assert wide <= 0, "nothing reaches over the window"
    context.close()
