"""Other languages in a browser: who chooses, and that their sentences fit on a phone."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from page_steps import wait_until_settled
from playwright.sync_api import Page, expect
from test_access import faults

from ran.ui.navigation import PAGES
from ran.ui.shared.speaking.languages import LANGUAGES, catalogue

TOO_WIDE = Path(__file__).parent / "too_wide.css"
PHONE = {"width": 390, "height": 844}
WITH_DRAWN_MARKUP = ("occlude", "compare")
OVERFLOWING = """() => [...document.querySelectorAll("[data-testid=stMain] *")].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!box.width || (box.right <= innerWidth + 1 && box.left >= -1)) return false;
  for (let up = one; up.dataset.testid !== "stMain"; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (style.overflowX !== "visible" || style.position === "absolute") return false;
  }
  return true;
}).map((one) => one.textContent.slice(0, 80))"""
"""What reaches beyond the screen and lies in nothing that scrolls or cuts it on purpose."""


def opened_in(page: Page, address: str, name: str, language: str) -> None:
    page.goto(address)
    title = catalogue(language).gettext(PAGES[name].title)
    expect(page.get_by_role("heading", name=title, level=1, exact=True)).to_be_visible()
    wait_until_settled(page)


def asked_in(page: Page) -> list[str] | None:
    """The language that the address asks for."""
    return parse_qs(urlparse(page.url).query).get("lang")


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_every_page_fits_on_a_phone(app, browser, language):
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(90_000)
    for name in PAGES:
        opened_in(page, f"{app}/{name}?lang={language}", name, language)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.evaluate(OVERFLOWING) == [], name
        expect(page.locator("html")).to_have_attribute("lang", language)
        if name in WITH_DRAWN_MARKUP:
            assert faults(page) == {}, name
    page.add_style_tag(path=TOO_WIDE)
    assert page.evaluate(OVERFLOWING) != [], "what does not fit is seen"
    context.close()


def test_the_browsers_language_chooses_unless_the_address_does(app, browser):
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.set_default_timeout(90_000)
    opened_in(page, app, "occlude", "ko")
    assert asked_in(page) is None, "a link that is passed on imposes no language"
    opened_in(page, f"{app}/occlude?lang=zh", "occlude", "zh")
    assert asked_in(page) == ["zh"], "a reload keeps what was asked for"
    context.close()


def test_the_sidebars_link_opens_the_page_in_that_language(app, browser):
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.set_default_timeout(90_000)
    opened_in(page, f"{app}/model", "model", "ko")
    with context.expect_page() as new:
        page.get_by_role("link", name="English", exact=True).click()
    english = new.value
    english.set_default_timeout(90_000)
    expect(english).to_have_url(re.compile(r"/model\?.*lang=en"))
    expect(english.get_by_role("heading", name="Model", level=1, exact=True)).to_be_visible()
    context.close()
