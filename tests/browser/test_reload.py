"""A reload: an example and what hides it come back by the address; that a photo went is said."""

from __future__ import annotations

import re
from pathlib import Path

from page_steps import cover_the_mouth, wait_for_occlude
from playwright.sync_api import expect

EXAMPLES = Path(__file__).parents[2] / "examples"
GONE = "The reload let grace_hopper.jpg go"


def test_an_example_and_its_cover_outlive_a_reload(app, page):
    page.goto(app)
    wait_for_occlude(page)
    cover_the_mouth(page)
    expect(page).to_have_url(re.compile(r"\?recipe="))
    page.reload()
    wait_for_occlude(page)
    expect(page.get_by_role("group", name=re.compile("^The face with 1 covers"))).to_be_visible()
    expect(page.get_by_text(GONE)).to_be_hidden()


def test_going_back_leaves_the_app_and_not_the_last_stroke(app, page):
    page.goto("about:blank")
    page.goto(app)
    wait_for_occlude(page)
    cover_the_mouth(page)
    page.go_back()
    expect(page).to_have_url("about:blank")


def test_an_own_photo_is_let_go_and_its_cover_waits_for_it(app, page):
    page.goto(app)
    wait_for_occlude(page)
    choose_grace_hopper(page)
    cover_the_mouth(page)
    expect(page).to_have_url(re.compile(r"\?own="))
    page.reload()
    wait_for_occlude(page)
    expect(page.get_by_text(GONE)).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("^The face with 0 covers"))).to_be_visible()
    choose_grace_hopper(page)
    expect(page.get_by_role("group", name=re.compile("^The face with 1 covers"))).to_be_visible()
    expect(page.get_by_text(GONE)).to_be_hidden()


def choose_grace_hopper(page):
    page.get_by_role("button", name="Face", exact=True).click()
    page.get_by_role("dialog").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        EXAMPLES / "grace_hopper.jpg"
    )
    expect(page.get_by_role("dialog")).to_be_hidden()
    wait_for_occlude(page)
    expect(page.get_by_text(re.compile("· grace_hopper.jpg"))).to_be_visible()


def test_another_page_is_read_from_its_top(app, page):
    page.goto(app)
    wait_for_occlude(page)
    main = page.get_by_test_id("stMain")
    main.evaluate("main => main.scrollTo(0, main.scrollHeight)")
    assert main.evaluate("main => main.scrollTop") > 100
    page.get_by_role("link", name="Model", exact=True).first.click()
    expect(page.get_by_text("Checkpoint card")).to_be_visible()
    expect(page.get_by_role("heading", name="Model", level=1)).to_be_in_viewport()
