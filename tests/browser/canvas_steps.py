"""What browser tests do with the drawing, and what they ask Python for."""

import re
from pathlib import Path

from page_steps import wait_until_settled
from playwright.sync_api import Error, Locator, Page, expect

from ran import find_faces, open_photo
from ran.face.shapes import shape_from_json

EXAMPLES = Path(__file__).parents[2] / "examples"


def opened(page: Page, app: str) -> Locator:
    page.goto(app)
    face = page.get_by_role("group", name=re.compile("^The face with"))
    expect(face).to_be_visible()
    # What loads above the drawing moves it, and at the window's edge its top lies under the header:
    # a stroke that begins there while the page still moves falls beside the face.
    wait_until_settled(page)
    face.evaluate("face => face.scrollIntoView({ block: 'center' })")
    return face


def covers(page: Page, count: int) -> None:
    """Wait until Python has answered for a face with so many covers."""
    name = re.compile(f"^The face with {count} covers")
    expect(page.get_by_role("group", name=name)).to_be_visible()
    # The panels below the drawing follow it: wait for the end of the page.
    wait_until_settled(page)


def tool(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def drag(page: Page, face: Locator, *points: tuple[float, float]) -> None:
    """Press at the first point, in face units, go along the others and let go."""
    place = face.bounding_box()
    assert place is not None
    first, *others = [(place["x"] + x * place["width"], place["y"] + y * place["height"])
                      for x, y in points]  # fmt: skip
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point, steps=12)
    page.mouse.up()


def shapes_in_python(page: Page) -> list:
    """The shapes of the scene, as the Save menu gives them."""
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers, JSON").click()
    # Asked for again: a download whose file went with the last run of the page never ends; and at
    # once: the file goes when the menu is closed.
    answer = page.request.get(download.value.url)
    page.keyboard.press("Escape")
    # A closing menu gives the focus back to its button, and would take it from the drawing.
    expect(page.get_by_role("button", name="Numbers, JSON")).to_be_hidden()
    # It lets the page run once more, which may move the drawing under the pointer.
    wait_until_settled(page)
    if not answer.ok:
        raise Error(f"the file is gone: {answer.status}")
    return [shape_from_json(shape) for shape in answer.json()["scene"]["shapes"]]


def shape_that(page: Page, is_there) -> object:
    """The only shape of the scene, once Python has got the one that was asked for."""
    shape = None
    for _ in range(20):
        wait_until_settled(page)
        try:
            (shape,) = shapes_in_python(page)
        except Error:
            # The page ran again meanwhile and the file that it had offered is gone.
            page.keyboard.press("Escape")
            expect(page.get_by_role("button", name="Numbers, JSON")).to_be_hidden()
            continue
        if is_there(shape):
            return shape
    raise AssertionError(f"Python still has {shape}")


def engine_faces():
    return find_faces(open_photo(EXAMPLES / "astronaut.png"))
