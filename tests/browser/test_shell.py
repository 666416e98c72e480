"""What every page shares: the sidebar's choices stay, and nothing is asked of another host."""

import re
from urllib.parse import urlparse

from page_steps import wait_for_occlude, wait_until_settled
from playwright.sync_api import Page, expect

PAGES = ("Occlude", "Explain", "Poses", "Model")


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    wait_until_settled(page)


def test_the_sidebars_choices_survive_every_page(app, page):
    page.goto(app)
    wait_for_occlude(page)
    page.get_by_role("radio", name="Landmark").click()
    radius = page.get_by_role("slider", name="Radius, in face sides")
    expect(radius).to_be_visible()
    wait_until_settled(page)
    radius.focus()
    page.keyboard.press("ArrowLeft")
    wait_until_settled(page)
    expect(radius).to_have_value("0.2")
    for name in (*PAGES[1:], PAGES[0]):
        go(page, name)
        expect(page.get_by_role("radio", name="Landmark")).to_be_checked()
        expect(radius).to_have_value("0.2")
    page.get_by_role("radio", name="Random").click()
    crops = page.get_by_role("slider", name="Crops")
    expect(crops).to_be_visible()
    wait_until_settled(page)
    crops.focus()
    page.keyboard.press("ArrowLeft")
    wait_until_settled(page)
    for name in PAGES:
        go(page, name)
        expect(page.get_by_role("radio", name="Random")).to_be_checked()
        expect(crops).to_have_value("4")


def test_no_page_asks_another_host_for_anything(app, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(app)
    wait_for_occlude(page)
    for name in PAGES:
        go(page, name)
        for button in page.get_by_role(
            "button", name=re.compile("^(Save|How computed|Face)")
        ).all():
            if button.is_visible():
                opens_dialog = button.inner_text().endswith("Face")
                button.click()
                if opens_dialog:
                    expect(page.get_by_role("dialog")).to_be_visible()
                wait_until_settled(page)
                page.keyboard.press("Escape")
                if opens_dialog:
                    expect(page.get_by_role("dialog")).to_be_hidden()
    others = {urlparse(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert others == {urlparse(app).netloc}


def test_on_a_phone_every_page_can_be_reached_in_sight(app, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app)
    wait_for_occlude(page)
    for name in PAGES:
        link = page.locator(".st-key-phone-pages").get_by_role("link", name=name, exact=True)
        expect(link).to_be_in_viewport()
        link.click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        wait_until_settled(page)


def test_the_slider_of_alpha_stays_open_while_it_is_moved_by_keyboard(app, page):
    page.goto(app)
    wait_for_occlude(page)
    page.get_by_role("button", name=re.compile("Set α")).click()
    slider = page.get_by_role("slider", name=re.compile("^α, the margin asked for"))
    expect(slider).to_be_visible()
    before = slider.input_value()
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        wait_until_settled(page)
    expect(slider).to_be_visible()
    expect(slider).not_to_have_value(before)
    expect(slider).to_be_focused()
