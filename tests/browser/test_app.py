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


def numbers(page: Page) -> dict[str, list[list[float]]]:
    """Mu, nu and w of every region by its name: one number each, or clean and covered."""
    found = {}
    for card in page.locator(".ran-region").all():
        small = card.locator("[aria-label^='Weights of']")
        name = (small.get_attribute("aria-label") or "").removeprefix("Weights of ")
        titles = [span.get_attribute("title") for span in small.locator("span[title]").all()]
        titles.append(card.locator(".lead b").get_attribute("title"))
        found[name] = [[float(part) for part in (title or "").split(" → ")] for title in titles]
    return found


def test_the_first_page_shows_an_explained_face_without_a_click(app, page):
    page.goto(app)
    wait_for_occlude(page)
    for name in CARDS:
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
        expect(page.get_by_role("img", name=f"{name}, clean face")).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("^The face with 0 covers"))).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="RB margin")).to_be_visible()
    values = numbers(page)
    assert set(values) == set(CARDS)
    assert all(len(row) == 1 for card in values.values() for row in card), "nothing is hidden"
    assert abs(sum(w for _, _, (w,) in values.values()) - 1) < 1e-4, "weights sum to one"


def test_the_first_screen_tells_its_story_above_the_fold(bundled_app, page):
    page.goto(bundled_app)
    wait_for_occlude(page)
    verdict = page.locator(".ran-band .verdict").first
    expect(verdict).to_contain_text("Yes.")
    sizes = page.locator(".ran-band .value, .ran-band .verdict b").evaluate_all(
        "found => found.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert max(sizes) == sizes[0] > min(sizes), "the verdict is the band's largest text"
    cards = page.locator(".ran-region")
    expect(cards).to_have_count(6)
    expect(page.get_by_role("button", name="A mask", exact=True)).to_be_visible()
    lowest = max(box["y"] + box["height"] for box in (c.bounding_box() for c in cards.all()) if box)
    assert lowest <= 1000
    risers = [rows[2][1] > rows[2][0] for rows in numbers(page).values()][:-1]
    assert risers == sorted(risers, reverse=True), "crops that rose stand before those that fell"
    page.get_by_role("button", name="Sunglasses", exact=True).click()
    expect(page.get_by_role("button", name="Back to what I had")).to_be_visible()
    wait_for_occlude(page)
    page.get_by_role("button", name="Back to what I had").click()
    expect(page.get_by_role("button", name="Back to what I had")).to_be_hidden()


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
    expect(page.get_by_text("grace_hopper.jpg")).to_be_visible()
    wait_for_occlude(page)
    uncovered = numbers(page)
    assert uncovered != example
    cover_the_mouth(page)
    expect(page.get_by_role("status").filter(has_text="Hidden")).to_contain_text("% of the face")
    covered = numbers(page)
    clean = {name: [[row[0]] for row in rows] for name, rows in covered.items()}
    assert clean == uncovered, "the clean face's own numbers stay"
    assert all(rows[2][0] != rows[2][1] for rows in covered.values()), "the covered one's change"


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
        ("/occlude", "Occlude", "RB loss"),
        ("/explain", "Explain", "one scale for all"),
        ("/model", "Model", "RB loss"),
    ],
)
def test_each_page_opens_cold_from_its_own_link(cold_app, page, path, title, text):
    """The first visitor of all sees the navigation and a skeleton at once, then the page."""
    page.goto(cold_app + path)
    expect(page.get_by_text(re.compile("^Loading the network"))).to_be_visible()
    for name in ("Occlude", "Explain", "Poses", "Robustness", "Compare", "Cohort", "Live", "Model"):
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name="streamlit app")).to_have_count(0)
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.get_by_text(re.compile("^Loading the network"))).to_be_hidden()
    expect(page.get_by_text(text).first).to_be_visible()


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


def test_save_draws_a_figure_for_a_paper_with_its_latex(app, page):
    page.goto(app)
    wait_for_occlude(page)
    page.get_by_role("button", name="Save").click()
    for label, begins in (("PDF", b"%PDF"), ("SVG", b"<?xml"), ("LaTeX", b"\\begin{figure}")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label, exact=True).click()
        answer = page.request.get(download.value.url)
        assert answer.ok
        assert answer.body().startswith(begins)
