"""One ring over all three pictures: the pointer's and the arrow keys' values are Python's."""

import re
from pathlib import Path

import pytest
from page_steps import cover_the_mouth, wait_for_occlude
from playwright.sync_api import Locator, Page, expect

from ran.engine import Engine
from ran.face.covers.parts import preset
from ran.face.photo import open_photo
from ran.figures import signed
from ran.scene import Scene

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def maps(checkpoint) -> list:
    """Grad-CAM of the clean and of the covered face, and the change, as the page shows them."""
    engine = Engine.load(checkpoint, "cpu")
    face = engine.find_faces(open_photo(EXAMPLES / "astronaut.png"))[0]
    scenes = Scene(face), Scene(face, preset("mouth", face))
    target = engine.predict(scenes[0]).expression
    before, after = (engine.explain(scene, "grad-cam", target).values for scene in scenes)
    return [before, after, after - before]


def evidence(page: Page, app: str) -> Locator:
    page.goto(app)
    wait_for_occlude(page)
    cover_the_mouth(page)
    row = page.get_by_role("application", name=re.compile("^Evidence for"))
    row.scroll_into_view_if_needed()
    return row


def tags(row: Locator) -> list[str]:
    return row.locator(".tag").all_inner_texts()


def expected(maps: list, row: int, column: int) -> list[str]:
    values = [float(values[row, column]) for values in maps]
    # The maps' largest value is below one, so two decimals; a plus only in the change.
    return [f"{values[0]:.2f}", f"{values[1]:.2f}", signed(values[2])]


def test_the_pointer_reads_all_three_maps_at_the_same_place(app, page, maps):
    row = evidence(page, app)
    side = len(maps[0])
    for number, (down, along) in enumerate(((20, 30), (40, 9), (33, 24))):
        picture = row.get_by_role("img").nth(number)
        seen = picture.bounding_box()
        assert seen is not None
        page.mouse.move(
            seen["x"] + (along + 0.5) / side * seen["width"],
            seen["y"] + (down + 0.5) / side * seen["height"],
        )
        expect(row.locator(".ring").first).to_be_visible()
        assert tags(row) == expected(maps, down, along)
    page.mouse.move(5, 5)
    expect(row.locator(".ring").first).to_be_hidden()


def test_the_arrow_keys_move_the_ring_and_what_it_stands_on_is_said(app, page, maps):
    row = evidence(page, app)
    middle = len(maps[0]) // 2
    row.focus()
    page.keyboard.press("ArrowDown")  # the ring appears in the middle
    assert tags(row) == expected(maps, middle, middle)
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    values = expected(maps, middle + 2, middle - 1)
    assert tags(row) == values
    said = f"clean {values[0]}, covered {values[1]}, change {values[2]}"
    expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()
    page.keyboard.press("Escape")
    expect(row.locator(".ring").first).to_be_hidden()
