"""The Compare page in a browser: slots by keyboard, two a row on a phone, axe is content."""

import re

import pytest
from page_steps import wait_until_settled
from playwright.sync_api import expect
from test_access import faults

WIDTHS = {1400: "light", 390: "dark"}


@pytest.mark.parametrize("width", WIDTHS)
def test_slots_stand_side_by_side_and_axe_is_content(app, browser, width):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=WIDTHS[width]
    )
    page = context.new_page()
    page.goto(f"{app}/compare")
    expect(page.get_by_text("Probability of each expression")).to_be_visible()
    wait_until_settled(page)
    first, second = page.locator(".st-key-compare-slot-A"), page.locator(".st-key-compare-slot-B")
    assert first.bounding_box()["y"] == second.bounding_box()["y"], "two in a row on a phone too"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == {}
    context.close()


def test_a_slot_is_added_and_given_another_face_by_keyboard(app, page):
    page.goto(f"{app}/compare")
    expect(page.get_by_text("Probability of each expression")).to_be_visible()
    wait_until_settled(page)
    page.get_by_role("button", name="Add a slot").focus()
    page.keyboard.press("Enter")
    third = page.locator(".st-key-compare-slot-C")
    expect(third).to_be_visible()
    wait_until_settled(page)
    third.get_by_role("combobox", name="Face").focus()
    page.keyboard.type("Grace")
    page.keyboard.press("Enter")
    expect(third.get_by_text("grace_hopper.jpg")).to_be_visible()
    expect(page.get_by_role("columnheader", name="C").first).to_be_visible()


def test_compare_with_leads_there_and_back_again(app, page):
    page.goto(app)
    wait_until_settled(page)
    page.get_by_role("button", name="Compare with").click()
    page.get_by_role("button", name="The face under a mask").click()
    expect(page.get_by_role("heading", name="Compare", level=1)).to_be_visible()
    expect(
        page.locator(".st-key-compare-slot-B").get_by_text("Surgical mask").first
    ).to_be_visible()


def test_the_shelf_survives_a_reload_and_brings_an_example_back(app, page):
    page.goto(app)
    wait_until_settled(page)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept: 1 on the shelf")).to_be_visible()
    wait_until_settled(page)
    page.goto(f"{app}/compare")
    shelf = page.get_by_text("Shelf: 1 kept")
    expect(shelf).to_be_visible()
    wait_until_settled(page)
    stored = page.evaluate("sessionStorage.getItem('ran-shelf')")
    assert '"page": "occlude"' in stored and "base64" not in stored
    page.get_by_role("button", name="Into A").click()
    first = page.locator(".st-key-compare-slot-A")
    expect(first.get_by_role("combobox", name="Face")).to_have_value(re.compile("occlude"))
    page.get_by_role("button", name="Take off").click()
    expect(page.get_by_text("Shelf: nothing kept yet")).to_be_visible()
    wait_until_settled(page)
    assert page.evaluate("sessionStorage.getItem('ran-shelf')") is None


def test_nonsense_in_the_browsers_storage_is_passed_over(app, page):
    page.goto(f"{app}/compare")
    wait_until_settled(page)
    for nonsense in ("[{}]", "x" * 3_000_000, '[{"page": 1}]'):
        page.evaluate("text => sessionStorage.setItem('ran-shelf', text)", nonsense)
        page.reload()
        expect(page.get_by_text("Shelf: nothing kept yet")).to_be_visible()
        wait_until_settled(page)
        expect(page.get_by_text("Probability of each expression")).to_be_visible()
