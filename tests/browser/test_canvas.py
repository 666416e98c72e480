"""Drawing in a real browser: ink and mask agree, undo, leaving and coming back, keyboard, touch."""

import re
from pathlib import Path

import numpy as np
import pytest
from canvas_steps import covers, drag, opened, shape_that, shapes_in_python, tool
from page_steps import wait_until_settled
from playwright.sync_api import Locator, Page, expect

from ran.face.mask import rasterise
from ran.face.shapes import MAX_SHAPES, Sticker, drawing_from_json
from ran.recipe import CheckpointRef, PhotoRef, Recipe

EXAMPLES = Path(__file__).parents[2] / "examples"

INK = """async (face) => {
  const size = 256;
  const mask = face.querySelector('mask');
  const inner = [...mask.children].map((part) => part.outerHTML).join('');
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000" width="${size}"
    height="${size}"><rect width="1000" height="1000" fill="black"/>${inner}</svg>`;
  const picture = new Image();
  picture.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
  await picture.decode();
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const bytes = context.getImageData(0, 0, size, size).data;
  return Array.from({length: size * size}, (_, i) => bytes[4 * i]);
}"""


def overlap(ink: np.ndarray, mask: np.ndarray) -> float:
    a, b = ink >= 0.5, mask >= 0.5
    return float((a & b).sum() / (a | b).sum())


def test_the_browsers_ink_and_pythons_mask_agree_for_every_kind_of_shape(app, page):
    face = opened(page, app)
    drag(page, face, (0.1, 0.15), (0.5, 0.1), (0.8, 0.3))
    covers(page, 1)
    page.get_by_role("checkbox", name="Soft edge").check()
    drag(page, face, (0.15, 0.9), (0.4, 0.75), (0.5, 0.95))
    covers(page, 2)
    tool(page, "Rectangle")
    drag(page, face, (0.55, 0.5), (0.9, 0.7))
    covers(page, 3)
    tool(page, "Ellipse")
    drag(page, face, (0.1, 0.35), (0.45, 0.55))
    covers(page, 4)
    tool(page, "Polygon")
    for point in ((0.6, 0.8), (0.95, 0.75), (0.9, 0.95)):
        drag(page, face, point)
    page.keyboard.press("Enter")
    covers(page, 5)
    tool(page, "Select and move")
    drag(page, face, (0.7, 0.6))
    for _ in range(4):
        page.keyboard.press("]")
    tool(page, "Stickers")
    tool(page, "Clear glasses")
    covers(page, 6)
    for key in ("[", "[", "-", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    tool(page, "Hand on cheek")
    covers(page, 7)
    page.keyboard.press("m")
    tool(page, "Eraser")
    drag(page, face, (0.3, 0.05), (0.3, 0.95))
    covers(page, 8)
    ink = np.array(face.evaluate(INK), np.float32).reshape(256, 256) / 255
    shapes = shapes_in_python(page)
    assert any(getattr(shape, "angle", 0) == 20 for shape in shapes), "the turn has arrived"
    glasses, hand = (shape for shape in shapes if isinstance(shape, Sticker))
    assert glasses.name == "glasses"
    assert hand.mirrored
    mask = rasterise(shapes, 256)
    assert overlap(ink, mask) >= 0.97
    # Not only where most is hidden: soft edges and clear lenses are as deep.
    assert np.abs(ink - mask).mean() < 0.02


def test_soft_strokes_that_cross_hide_no_more_than_the_deeper_one(app, page):
    face = opened(page, app)
    page.get_by_role("checkbox", name="Soft edge").check()
    for row in (0.48, 0.50, 0.52):
        drag(page, face, (0.2, row), (0.8, row))
    covers(page, 3)
    ink = np.array(face.evaluate(INK), np.float32).reshape(256, 256) / 255
    mask = rasterise(shapes_in_python(page), 256)
    assert np.abs(ink - mask).max() < 0.25
    assert np.abs(ink - mask).mean() < 0.01


def test_a_stroke_changes_the_numbers_and_undo_brings_them_back(app, page):
    face = opened(page, app)
    cells = page.locator("[aria-label^='Weights of'] span")
    expect(cells.nth(1)).to_be_visible()
    before = cells.all_inner_texts()
    drag(page, face, (0.2, 0.75), (0.8, 0.75))
    covers(page, 1)
    drawn = cells.all_inner_texts()
    assert drawn != before
    tool(page, "Undo")
    covers(page, 0)
    assert cells.all_inner_texts() == before
    face.focus()
    page.keyboard.press("Control+Shift+z")
    covers(page, 1)
    assert cells.all_inner_texts() == drawn, "undo, then redo, is the identity"


def test_ten_quick_strokes_lose_no_ink(app, page):
    face = opened(page, app)
    for row in range(10):
        drag(page, face, (0.2, 0.05 + row * 0.09), (0.6, 0.05 + row * 0.09))
    covers(page, 10)


WATCH_TOP = """face => {
  window.tops = [];
  const look = () => {
    const top = face.getBoundingClientRect().top;
    if (Math.abs(top - tops.at(-1)?.top) < 1) { requestAnimationFrame(look); return; }
    tops.push({ top, band: document.querySelector(".ran-band")?.innerText });
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.parametrize("width", [1400, 390])
def test_the_face_keeps_its_place_while_answers_come(bundled_app, page, width):
    """Only a network whose attention moves says all that the band above the face can say."""
    page.set_viewport_size({"width": width, "height": 1400})
    page.goto(bundled_app)
    page.get_by_role("button", name="A mask", exact=True).wait_for()
    wait_until_settled(page)
    tool(page, "Clear")
    covers(page, 0)
    wait_until_settled(page)
    face = page.get_by_role("group", name=re.compile("^The face with"))
    face.evaluate(WATCH_TOP)
    for row in range(5):
        drag(page, face, (0.2, 0.05 + row * 0.2), (0.6, 0.05 + row * 0.2))
    covers(page, 5)
    expect(page.locator(".ran-band")).not_to_contain_text("comparing")
    tops = page.evaluate("tops")
    assert len(tops) == 1, f"what moves under the pointer cannot be drawn on: {tops}"


def test_a_drawing_and_its_undo_survive_a_visit_to_another_page(app, page):
    face = opened(page, app)
    drag(page, face, (0.2, 0.3), (0.7, 0.3))
    covers(page, 1)
    drag(page, face, (0.2, 0.6), (0.7, 0.6))
    covers(page, 2)
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_text("Checkpoint card")).to_be_visible()
    page.get_by_role("link", name="Occlude", exact=True).click()
    covers(page, 2)
    tool(page, "Undo")
    covers(page, 1)


def test_two_tabs_do_not_share_a_drawing(app, page, browser):
    drag(page, opened(page, app), (0.2, 0.3), (0.7, 0.3))
    covers(page, 1)
    other = browser.new_context().new_page()
    opened(other, app)
    covers(other, 0)
    other.context.close()


def test_a_rectangle_is_made_moved_scaled_and_removed_with_the_keyboard_alone(app, page):
    face = opened(page, app)
    tool(page, "Rectangle")
    face.focus()
    page.keyboard.press("Enter")
    covers(page, 1)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "+"):
        page.keyboard.press(key)
    expect(page.get_by_text("Larger.")).to_be_visible()
    # 1.1 x 0.3 by 1.1 x 0.2 of the face's sides.
    expect(page.get_by_role("status").filter(has_text="Hidden")).to_contain_text("7 % of the face")
    covers(page, 1)
    (shape,) = shapes_in_python(page)
    assert (shape.x0 + shape.x1) / 2 == pytest.approx(0.52, abs=1e-3)
    assert (shape.y0 + shape.y1) / 2 == pytest.approx(0.51, abs=1e-3)
    assert shape.x1 - shape.x0 == pytest.approx(0.33, abs=1e-3)
    face.focus()
    page.keyboard.press("Delete")
    covers(page, 0)


def test_more_than_the_limit_is_refused_in_the_browser_and_nothing_is_lost(app, page):
    opened(page, app)
    dots = [{"kind": "stroke", "points": [[0.001 * n, 0.5]], "width": 0.05, "softness": 0.0,
             "erase": False} for n in range(MAX_SHAPES)]  # fmt: skip
    replay(page, dots)
    covers(page, MAX_SHAPES)
    face = page.get_by_role("group", name=re.compile("^The face with"))
    face.scroll_into_view_if_needed()
    drag(page, face, (0.2, 0.2), (0.6, 0.2))
    expect(page.get_by_text(f"At most {MAX_SHAPES} shapes")).to_be_visible()
    covers(page, MAX_SHAPES)
    assert len(shapes_in_python(page)) == MAX_SHAPES


def replay(page: Page, shapes: list) -> None:
    """Take these shapes through the page's own way for recipes."""
    recipe = Recipe(PhotoRef("0f" * 32, "x.png"), CheckpointRef("tiny"), drawing_from_json(shapes))
    page.get_by_text("Replay a recipe").click()
    files = {"name": "r.json", "mimeType": "application/json", "buffer": recipe.to_json().encode()}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    page.get_by_role("button", name="Replay it").click()


def test_a_finger_draws_at_the_width_of_a_phone(app, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    face = opened(page, app)
    place = face.bounding_box()
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": place["x"] + x * place["width"], "y": place["y"] + y * place["height"]}
                  for x, y in at]  # fmt: skip
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (0.2, 0.2))
    for step in range(1, 11):
        send("touchMove", (0.2 + step * 0.05, 0.2 + step * 0.02))
    send("touchEnd")
    covers(page, 1)
    context.close()


def corner(page: Page, face: Locator, x: float, y: float, *, twice: bool = False) -> None:
    """Press where a polygon gets a corner; twice closes it."""
    place = face.bounding_box()
    assert place is not None
    at = place["x"] + x * place["width"], place["y"] + y * place["height"]
    (page.mouse.dblclick if twice else page.mouse.click)(*at)


@pytest.mark.parametrize("fill", ["sticker's look", "black"])
def test_a_double_click_closes_a_polygon_under_every_fill(app, page, fill):
    face = opened(page, app)
    if fill != "sticker's look":
        page.get_by_role("combobox", name="Hide with").click()
        page.get_by_role("option", name=fill, exact=True).click()
        wait_until_settled(page)
    tool(page, "Polygon")
    corner(page, face, 0.2, 0.2)
    corner(page, face, 0.8, 0.2)
    corner(page, face, 0.8, 0.7)
    corner(page, face, 0.5, 0.5, twice=True)
    covers(page, 1)
    drawn = shape_that(page, lambda shape: True)
    assert len(drawn.points) == 4


def test_undo_takes_back_a_corner_and_no_finished_shape(app, page):
    face = opened(page, app)
    tool(page, "Rectangle")
    drag(page, face, (0.1, 0.1), (0.3, 0.3))
    covers(page, 1)
    tool(page, "Polygon")
    for x, y in ((0.5, 0.5), (0.9, 0.5), (0.9, 0.9)):
        corner(page, face, x, y)
    for left in (2, 1, 0):
        tool(page, "Undo")
        expect(page.locator(".pending circle")).to_have_count(left)
    covers(page, 1)
    tool(page, "Undo")
    covers(page, 0)
