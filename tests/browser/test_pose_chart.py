"""The Poses page in a real browser: a pose is chosen by its point, and nothing is cut off."""

from playwright.sync_api import expect


def settled(page) -> None:
    expect(page.get_by_text("9 poses from one photo")).to_be_visible()
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )


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
