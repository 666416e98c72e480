"""Stickers in the drawing, by keyboard and by pointer."""

import math

import pytest
from canvas_steps import covers, drag, engine_faces, opened, shape_that, shapes_in_python, tool
from playwright.sync_api import expect

from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place


def test_a_sticker_is_put_on_moved_scaled_turned_and_removed_with_the_keyboard_alone(app, page):
    face = opened(page, app)
    page.get_by_role("button", name="Stickers", exact=True).focus()
    page.keyboard.press("Enter")
    stickers = page.get_by_role("group", name="Stickers")
    stickers.get_by_role("button", name="Sunglasses", exact=True).focus()
    page.keyboard.press("Enter")
    covers(page, 1)
    (landed,) = shapes_in_python(page)
    found = engine_faces()[0]
    expected = place("sunglasses", found)
    assert landed.x == pytest.approx(expected.x, abs=1e-4)
    assert landed.size == pytest.approx(expected.size, abs=1e-4)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "+", "]", "m"):
        face.press(key)
    expect(page.get_by_text("Mirrored.")).to_be_visible()
    sticker = shape_that(page, lambda shape: shape.mirrored)
    assert sticker.x - landed.x == pytest.approx(0.02, abs=1e-4)
    assert sticker.y - landed.y == pytest.approx(0.01, abs=1e-4)
    assert sticker.size == pytest.approx(landed.size * 1.1, abs=1e-4)
    assert sticker.angle == pytest.approx(landed.angle + 5, abs=1e-3)
    assert sticker.mirrored
    face.press("Delete")
    covers(page, 0)
    face.press("Control+z")
    covers(page, 1)
    face.press("Control+Delete")
    covers(page, 0)


def test_every_sticker_can_be_seen_on_a_desktop(app, page):
    opened(page, app)
    tool(page, "Stickers")
    group = page.get_by_role("group", name="Stickers")
    right = group.bounding_box()["x"] + group.bounding_box()["width"]
    chips = group.get_by_role("button").all()
    assert len(chips) == len(ART)
    for chip in chips:
        assert chip.bounding_box()["x"] + chip.bounding_box()["width"] <= right + 1


def test_a_sticker_is_dragged_and_scaled_by_its_corner_with_the_pointer(app, page):
    face = opened(page, app)
    tool(page, "Stickers")
    tool(page, "Microphone")
    covers(page, 1)
    (before,) = shapes_in_python(page)
    # On the head of the microphone, above the middle of its bounds.
    drag(page, face, (before.x, before.y - 0.15), (before.x - 0.1, before.y - 0.35))
    expect(page.get_by_text("Changed. 1 drawn.", exact=True)).to_be_visible()
    moved = shape_that(page, lambda shape: shape != before)
    assert moved.x == pytest.approx(before.x - 0.1, abs=0.01)
    assert moved.y == pytest.approx(before.y - 0.2, abs=0.01)
    aspect = ART["microphone"].height / ART["microphone"].width
    across, down = moved.size / 2, -moved.size * aspect / 2  # its top right corner, turned
    cos, sin = (f(math.radians(moved.angle)) for f in (math.cos, math.sin))
    way = (across * cos - down * sin, across * sin + down * cos)
    corner = (moved.x + way[0], moved.y + way[1])
    middle = (moved.x + way[0] / 2, moved.y + way[1] / 2)
    drag(page, face, corner, middle)
    smaller = shape_that(page, lambda shape: shape != moved)
    assert smaller.size == pytest.approx(moved.size / 2, rel=0.06)
