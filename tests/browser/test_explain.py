"""The Explain page in a browser: one ring over three maps, Stop, the keyboard alone, axe."""

import re

from axe_playwright_python.sync_playwright import Axe
from page_steps import cover_the_mouth, wait_for_occlude, wait_until_settled
from playwright.sync_api import Page, expect

STREAMLITS = {"color-contrast": {"<p>Baseline</p>", "<p>Steps</p>"}}
"""What Streamlit 1.67 itself does: it writes the label of a disabled widget faintly."""


def opened(page: Page, app: str) -> None:
    """Show the page with the mouth covered on Occlude."""
    page.goto(app)
    wait_for_occlude(page)
    cover_the_mouth(page)
    page.get_by_role("link", name="Explain").click()
    expect(page.get_by_role("heading", name="Explain")).to_be_visible()
    expect(page.get_by_text("Is the attention an explanation")).to_be_visible()
    wait_until_settled(page)


def method(page: Page, label: str):
    return page.get_by_test_id("stButtonGroup").get_by_text(label, exact=True)


def test_one_ring_reads_the_clean_the_covered_and_the_change(app, page):
    opened(page, app)
    row = page.get_by_role("application").first
    row.scroll_into_view_if_needed()
    place = row.get_by_role("img").nth(1).bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 0.4 * place["width"], place["y"] + 0.6 * place["height"])
    expect(row.locator(".ring")).to_have_count(3)
    for ring in row.locator(".ring").all():
        expect(ring).to_be_visible()
    clean, covered, change = (
        float(text.replace("\N{MINUS SIGN}", "-").replace("±", ""))
        for text in row.locator(".tag").all_inner_texts()
    )
    assert abs(covered - clean - change) <= 0.011, "three numbers, each rounded to two decimals"


def test_a_slow_map_is_stopped_kept_and_gone_on_with(app, page):
    opened(page, app)
    method(page, "Grad-CAM").click()
    method(page, "Input × gradient").click()
    method(page, "SmoothGrad").click()
    expect(page.get_by_text("press Compute")).to_be_visible()
    steps = page.get_by_role("spinbutton", name="Steps")
    steps.fill("200")
    steps.press("Enter")
    wait_until_settled(page)
    page.get_by_role("button", name="Compute").click()
    expect(page.get_by_text("What is done stays if you stop.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"draw \d+ of 400, about \d+ s left"))).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile(r"Stopped at draw \d+ of 400"))).to_be_visible()
    wait_until_settled(page)
    (done,) = re.findall(r"Stopped at draw (\d+)", page.locator("body").inner_text())
    assert 0 < int(done) < 400
    expect(page.get_by_role("application").first).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile(r"draw \d+ of 400, about"))).to_be_visible()
    (reached,) = re.findall(r"draw (\d+) of 400", page.locator("body").inner_text())
    assert int(reached) >= int(done), "it goes on from there"


def test_a_second_slow_map_says_that_it_waits_for_its_turn(app, page):
    opened(page, app)
    method(page, "SmoothGrad").click()
    method(page, "Gradient SHAP").click()
    expect(page.get_by_text("press Compute")).to_have_count(2)
    steps = page.get_by_role("spinbutton", name="Steps")
    steps.fill("200")
    steps.press("Enter")
    wait_until_settled(page)
    page.get_by_role("button", name="Compute").click()
    expect(page.get_by_text(re.compile(r"SmoothGrad, both faces: draw \d+ of 400"))).to_be_visible()
    expect(page.get_by_text("Waits for its turn.")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Waits for its turn.")).to_have_count(0)


def test_a_region_is_switched_off_and_on_again_with_the_keyboard_alone(app, page):
    opened(page, app)
    off = page.get_by_test_id("stButtonGroup").filter(has_text="Regions in use")
    region = off.get_by_role("option", name="Lower middle").or_(
        off.get_by_role("button", name="Lower middle")
    )
    region.focus()
    undo = page.get_by_role("button", name="Undo all interventions")
    expect(undo).to_be_disabled()
    page.keyboard.press("Enter")
    expect(undo).to_be_enabled()
    undo.focus()
    page.keyboard.press("Enter")
    expect(undo).to_be_disabled()


def test_axe_finds_nothing_serious_on_the_page(app, page):
    opened(page, app)
    expect(page.get_by_text("changes with randomised parameters").first).to_be_visible()
    wait_until_settled(page)
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            rule, nodes = violation["id"], {node["html"] for node in violation["nodes"]}
            assert nodes <= STREAMLITS.get(rule, set()), rule
