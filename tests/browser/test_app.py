"""The app in a real browser: what a visitor sees, from the first page to their own photo."""

import re
from pathlib import Path

import numpy as np
import pytest
from page_steps import cover_the_mouth, wait_for_occlude
from PIL import Image
from playwright.sync_api import Page, expect

EXAMPLES = Path(__file__).parents[2] / "examples"
CARDS = ("Whole face", "Upper left", "Upper right", "Lower middle", "Centre 0.90", "Centre 0.85")


def numbers(page: Page) -> list[str]:
    """Clean and covered mu, nu and w of every region, in the order of the cards."""
    cells = page.locator("table[aria-label^='Weights of'] td").all_inner_texts()
    return [text for text in cells if text]


def test_the_first_page_shows_an_explained_face_without_a_click(app, page):
    page.goto(app)
    wait_for_occlude(page)
    for name in CARDS:
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
        expect(page.get_by_role("img", name=f"{name}, clean face")).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("^The face with 0 covers"))).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="RB margin")).to_be_visible()
    values = [float(text) for text in numbers(page)]
    assert len(values) == len(CARDS) * 3 * 2
    weights = values[4::6]
    assert abs(sum(weights) - 1) < 0.004, "the clean face's weights sum to one"


def test_an_uploaded_photo_with_its_mouth_hidden_changes_the_numbers(app, page):
    page.goto(app)
    wait_for_occlude(page)
    example = numbers(page)
    page.get_by_role("button", name="Face", exact=True).click()
    page.get_by_role("dialog").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        EXAMPLES / "grace_hopper.jpg"
    )
    expect(page.get_by_role("dialog")).to_be_hidden()
    wait_for_occlude(page)
    expect(page.locator("table[aria-label='Weights of Whole face'] td").nth(1)).not_to_have_text(
        example[0]
    )
    uncovered = numbers(page)
    cover_the_mouth(page)
    expect(page.get_by_role("status").filter(has_text="Hidden")).to_contain_text("% of the face")
    covered = numbers(page)
    assert covered[0::2] == uncovered[0::2], "the clean face's own numbers stay"
    assert covered[1::2] != uncovered[1::2], "the covered face's numbers change"


def test_a_picture_without_a_face_is_refused_in_words_and_the_app_goes_on(app, page, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (240, 240, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "holiday.png")
    page.goto(app)
    wait_for_occlude(page)
    before = numbers(page)
    page.get_by_role("button", name="Face", exact=True).click()
    page.get_by_role("dialog").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        tmp_path / "holiday.png"
    )
    expect(page.get_by_text("No face found in holiday.png.")).to_be_visible()
    expect(page.get_by_text("The face you had is still there.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    assert numbers(page) == before
    page.get_by_role("button", name="Upper left", exact=True).click()
    expect(page.get_by_role("group", name=re.compile("outlined: Upper left$"))).to_be_visible()


@pytest.mark.parametrize(
    ("path", "title", "text"),
    [
        ("/", "Occlude", "RB loss"),
        ("/occlude", "Occlude", "RB loss"),
        ("/explain", "Explain", "one scale for all"),
        ("/model", "Model", "RB loss"),
    ],
)
def test_each_page_opens_cold_from_its_own_link(cold_app, page, path, title, text):
    page.goto(cold_app + path)
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.get_by_text(text).first).to_be_visible()
    for name in ("Occlude", "Explain", "Model"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="streamlit app")).to_have_count(0)


def test_the_whole_way_can_be_gone_with_the_keyboard(app, page):
    page.goto(app)
    wait_for_occlude(page)
    page.get_by_role("combobox", name="Cover a part").focus()
    page.keyboard.type("mouth")
    expect(page.get_by_role("option")).to_have_text(["mouth"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name=re.compile("^The face with 1 covers"))).to_be_visible()
    page.get_by_role("button", name="Lower middle", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name=re.compile("outlined: Lower middle$"))).to_be_visible()


def test_nothing_is_cut_off_at_the_width_of_a_phone(app, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app)
    wait_for_occlude(page)
    wider = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1 && "
        "e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && "
        "!e.closest('[data-testid=stSlider]'))"
        ".map(e => e.tagName + ' ' + e.className + ' ' + e.getBoundingClientRect().right)"
    )
    assert wider == []
