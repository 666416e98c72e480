"""What every page shares: the sidebar's choices stay, and nothing is asked of another host."""

import re
import socket
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from page_steps import wait_for_occlude, wait_until_settled
from playwright.sync_api import Locator, Page, expect

from ran.recipe.link import PARAMETER, read_link
from ran.recipe.recipe import LayoutChoice

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PAGES = ("Occlude", "Explain", "Poses", "Robustness", "Compare", "Cohort", "Live", "Model")


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    wait_until_settled(page)


def layout_told(url: str) -> LayoutChoice | None:
    """The layout that an address holds: what the server knows, not only the browser."""
    links = parse_qs(urlparse(url).query).get(PARAMETER)
    return read_link(links[0]).layout if links else None


def choose_layout(page: Page, name: str, slider: str) -> Locator:
    """Choose a layout and return its slider, once the server has answered with both."""
    page.get_by_role("radio", name=name).click()
    page.wait_for_url(lambda url: getattr(layout_told(url), "kind", None) == name.lower())
    shown = page.get_by_role("slider", name=slider)
    expect(shown).to_be_visible()
    wait_until_settled(page)
    return shown


def one_to_the_left(page: Page, slider: Locator) -> None:
    """Move a slider of the layout; it tells the server a moment later, and the address says so."""
    before = layout_told(page.url)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda url: layout_told(url) not in (None, before))
    wait_until_settled(page)


def landmark_radius(page: Page) -> Locator:
    """Choose landmark crops on a fresh Occlude page, of a radius one step below the usual one."""
    wait_for_occlude(page)
    radius = choose_layout(page, "Landmark", "Radius, in face sides")
    one_to_the_left(page, radius)
    return radius


def test_the_sidebars_choices_survive_every_page(app, page):
    page.goto(app)
    radius = landmark_radius(page)
    expect(radius).to_have_value("0.2")
    for name in (*PAGES[1:], PAGES[0]):
        go(page, name)
        expect(page.get_by_role("radio", name="Landmark")).to_be_checked()
        expect(radius).to_have_value("0.2")
    crops = choose_layout(page, "Random", "Crops")
    one_to_the_left(page, crops)
    for name in PAGES:
        go(page, name)
        expect(page.get_by_role("radio", name="Random")).to_be_checked()
        expect(crops).to_have_value("4")


def test_no_page_asks_another_host_for_anything(app, page):
    asked, refused = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console",
        lambda said: refused.append(said.text) if "Content Security" in said.text else None,
    )
    page.goto(app)
    wait_for_occlude(page)
    for name in PAGES:
        go(page, name)
        for button in page.get_by_role(
            "button", name=re.compile("^(Save|How computed|Face)")
        ).all():
            if button.is_visible() and button.is_enabled():
                opens_dialog = button.inner_text().endswith("Face")
                button.click()
                if opens_dialog:
                    expect(page.get_by_role("dialog")).to_be_visible()
                wait_until_settled(page)
                page.keyboard.press("Escape")
                if opens_dialog:
                    expect(page.get_by_role("dialog")).to_be_hidden()
                # What closes lets the page run once more: a link that is clicked just then loses.
                wait_until_settled(page)
    others = {urlparse(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert others == {urlparse(app).netloc}
    assert refused == [], "a page needs what its own policy forbids"


FOREIGN = """(url) => new Promise((done) => {
  document.addEventListener("securitypolicyviolation", (event) => done(event.blockedURI));
  document.body.append(Object.assign(new Image(), { src: url }));
})"""


def test_what_comes_from_another_host_is_not_even_asked_for(app, page):
    answer = page.goto(app)
    assert answer.headers["x-content-type-options"] == "nosniff"
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}/picture.png"
        assert page.evaluate(FOREIGN, url) == url
        other.settimeout(0.5)
        with pytest.raises(TimeoutError):
            other.accept()


def test_a_file_beyond_what_a_visitor_may_have_is_refused_and_the_next_is_taken(small_app, page):
    page.goto(small_app)
    wait_for_occlude(page)
    page.get_by_role("button", name="Face", exact=True).click()
    photo = page.locator("input[type=file]").first
    large = {"name": "large.png", "mimeType": "image/png", "buffer": b"x" * 3_000_000}
    with page.expect_response(re.compile("upload_file")) as refused:
        photo.set_input_files(large)
    assert refused.value.status == 413
    assert "more than the lab keeps" in refused.value.text()
    with page.expect_response(re.compile("upload_file")) as taken:
        photo.set_input_files(EXAMPLES / "grace_hopper.jpg")
    assert taken.value.status == 204
    expect(page.get_by_text(re.compile("grace_hopper.jpg")).first).to_be_visible()


def test_one_visitor_too_many_is_told_so_and_comes_in_when_another_leaves(small_app, page, browser):
    page.goto(small_app)
    wait_for_occlude(page)
    other = browser.new_context()
    second = other.new_page()
    second.goto(f"{small_app}/explain")
    expect(
        second.get_by_text("The lab is full: as many visitors as it takes at a time, 1,")
    ).to_be_visible()
    expect(second.get_by_role("heading", name="Explain", level=1)).to_be_hidden()
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_text("Checkpoint card")).to_be_visible()
    page.goto("about:blank")
    second.goto(small_app)
    wait_for_occlude(second)
    other.close()


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


def test_a_link_clicked_as_a_page_begins_itself_again_opens_its_page(
    checkpoint, running, tmp_path, page
):
    own = {"RAN_CHECKPOINT": str(checkpoint), "RAN_DEVICE": "cpu", "RAN_SCENE": "none"}
    with running(ROOT / "tests/browser/late_app.py", tmp_path, own) as address:
        page.goto(address)
        radius = landmark_radius(page)
        page.get_by_role("link", name="Explain", exact=True).first.click()
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_visible()
        expect(stop).to_be_hidden()
        page.get_by_role("link", name="Model", exact=True).first.click()
        expect(page.get_by_text("Checkpoint card")).to_be_visible()
        expect(radius).to_have_value("0.2")
