"""No serious fault that axe finds is ours: in the drawing, the pictures or the markup we write.

What Streamlit itself draws is not ours to mend; its faults would be listed by rule, so that a new
one is noticed.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_steps import wait_until_settled
from playwright.sync_api import expect

SERIOUS = ("serious", "critical")
STREAMLITS: set[str] = set()
"""Rules that Streamlit 1.67 breaks on its own on this page: none at present."""

DRAWN_BY_STREAMLIT = re.compile('<p>Baseline</p>|<span class="katex-display">')
"""The label of a widget that is disabled, and the box of an equation, which scrolls."""


def faults(page) -> dict[str, list[str]]:
    """Serious faults by rule, each with the elements' HTML."""
    found = {}
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in SERIOUS:
            found[violation["id"]] = [node["html"] for node in violation["nodes"]]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing_serious_in_what_we_draw(app, browser, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(app)
    expect(page.get_by_role("group", name=re.compile("^The face with"))).to_be_visible()
    page.get_by_role("button", name="Stickers", exact=True).click()
    page.get_by_role("button", name="Scarf", exact=True).click()
    expect(page.get_by_role("group", name=re.compile("^The face with 1 covers"))).to_be_visible()
    wait_until_settled(page)
    found = faults(page)
    assert set(found) <= STREAMLITS, found
    # axe looks into the drawing too: a button that has lost its name is found.
    page.get_by_role("button", name="Eraser", exact=True).evaluate(
        "button => { button.removeAttribute('aria-label'); button.removeAttribute('title'); }"
    )
    assert "button-name" in faults(page)
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["explain", "poses", "cohort", "model"])
def test_axe_finds_nothing_serious_on_the_other_pages(bundled_app, browser, name, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(f"{bundled_app}/{name}")
    expect(page.get_by_role("heading", name=name.capitalize(), level=1)).to_be_visible()
    page.wait_for_timeout(2000)
    wait_until_settled(page)
    found = {
        rule: left
        for rule, nodes in faults(page).items()
        if (left := [html for html in nodes if not DRAWN_BY_STREAMLIT.match(html)])
    }
    assert found == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
