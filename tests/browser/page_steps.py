"""What browser tests do with every page: wait for it, and cover the mouth with the pointer."""

import re

from playwright.sync_api import Error, Page, expect


def wait_until_settled(page: Page) -> None:
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )


def wait_for_occlude(page: Page) -> None:
    expect(page.get_by_text("Hidden", exact=True)).to_be_visible()
    wait_until_settled(page)


def cover_the_mouth(page: Page) -> None:
    """Choose "mouth" in the list of parts; the list closes when what is above it grows."""
    options = page.get_by_role("option", name="mouth")
    for _ in range(9):
        page.get_by_role("combobox", name="Cover a part").scroll_into_view_if_needed()
        page.get_by_role("combobox", name="Cover a part").click()
        try:
            options.click(timeout=10_000)
            break
        except Error:
            page.keyboard.press("Escape")
    page.keyboard.press("Escape")  # an open list hides the page from assistive technology
    expect(page.get_by_role("group", name=re.compile("^The face with 1 covers"))).to_be_visible()
    wait_until_settled(page)
