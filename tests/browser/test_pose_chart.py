"""The Poses page in a real browser: a pose is chosen by its point, and nothing is cut off."""

import re

from page_steps import wait_until_settled
from playwright.sync_api import expect


def settled(page) -> None:
    expect(page.get_by_text("9 poses from one photo")).to_be_visible()
    wait_until_settled(page)


def test_a_click_on_a_face_above_the_chart_shows_its_pose(app, page):
    page.goto(f"{app}/poses")
    settled(page)
    expect(page.get_by_text("Yaw 0°", exact=True)).to_be_visible()
    pictures = page.locator(".js-plotly-plot").first.locator(
        ".layer-above image, .imagelayer image"
    )
    expect(pictures).to_have_count(9)
    box = pictures.nth(0).bounding_box()
    places = sorted(pictures.nth(k).bounding_box()["x"] for k in range(9))
    page.mouse.click(places[8] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("Yaw +60°", exact=True)).to_be_visible()
    expect(page.get_by_text("Turned beyond 40°")).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_text("Yaw +45°", exact=True)).to_be_visible()


def test_at_the_width_of_a_phone_nothing_reaches_past_the_edge(app, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app}/poses")
    settled(page)
    wider = page.evaluate(
        "() => document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth"
    )
    assert wider <= 1


def test_a_sweep_that_is_stopped_shows_what_is_done_and_goes_on_from_there(app, page):
    page.goto(f"{app}/poses")
    settled(page)
    page.get_by_text("5", exact=True).click()  # 25 poses
    expect(page.get_by_text(re.compile(r"Poses: pose \d+ of 25, about"))).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    said = page.get_by_text(re.compile(r"Stopped\. \d+ of 25 poses are done and shown\."))
    expect(said).to_be_visible()
    (done,) = re.findall(r"Stopped\. (\d+)", said.inner_text())
    assert 0 < int(done) < 25
    expect(page.get_by_text(re.compile(rf"^{done} poses? from one photo"))).to_be_visible()
    wait_until_settled(page)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("25 poses from one photo")).to_be_visible()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)


def test_the_face_of_the_point_under_the_pointer_is_shown(app, page):
    page.goto(f"{app}/poses")
    settled(page)
    face = page.locator(".hover-face")
    expect(face).to_be_hidden()
    for chart in ("poses-attention", "poses-probability"):
        points = page.locator(
            f".st-key-{chart} .js-plotly-plot .scatterlayer .trace"
        ).first.locator(".points path")
        for place, name in ((0, "yaw −60°"), (8, "yaw +60°")):
            points.nth(place).scroll_into_view_if_needed()
            box = points.nth(place).bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(x - 12, y - 12)
            page.mouse.move(x, y, steps=4)
            expect(face).to_be_visible()
            expect(face).to_have_text(name)
            assert face.locator("img").evaluate("image => image.naturalWidth") == 100
            seen = face.bounding_box()
            assert seen["x"] + seen["width"] <= 1400
            assert seen["y"] + seen["height"] <= 1000
        page.mouse.move(5, 5)
        expect(face).to_be_hidden()
