"""Figures: the numbers on them are the prediction's, and the marks stand where the numbers say."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ran.figures import (
    DARK,
    LIGHT,
    change,
    change_colour,
    outlined,
    signed,
)
from ran.figures.charts import scores
from ran.net.regions import Box, fixed_layout

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
MINUS = "\u2212"


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (0.42, 2, "+0.42"),
        (-0.6, 2, f"{MINUS}0.60"),
        (0.0, 2, "±0.00"),
        (-0.0, 2, "±0.00"),
        (0.0049, 2, "±0.00"),
        (-0.0049, 2, "±0.00"),
        (-0.0051, 2, f"{MINUS}0.01"),
        (-0.0049, 3, f"{MINUS}0.005"),
        (1.996, 2, "+2.00"),
        (np.float32(-0.25), 3, f"{MINUS}0.250"),
    ],
)
def test_a_signed_number_is_rounded_and_has_a_true_minus(value, digits, written):
    assert signed(value, digits) == written


def test_a_change_has_a_mark_besides_its_colour():
    assert [change(value) for value in (0.42, -0.6, 0.004)] == [
        "▲ +0.42",
        f"▼ {MINUS}0.60",
        "● ±0.00",
    ]


@THEMES
@given(value=st.floats(-1, 1), digits=st.integers(0, 4))
def test_mark_sign_and_colour_of_a_change_agree(theme, value, digits):
    by_mark = {"▲": theme.up, "▼": theme.down, "●": theme.muted}
    by_sign = {"+": theme.up, MINUS: theme.down, "±": theme.muted}
    written = change(value, digits)
    assert by_mark[written[0]] == by_sign[written[2]] == change_colour(value, theme, digits)


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    levels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@THEMES
@pytest.mark.parametrize("name", ["text", "muted", "up", "down", "warn", "after"])
def test_words_can_be_read_on_both_backgrounds(theme, name):
    for background in (theme.paper, theme.panel):
        dark, light = sorted(map(luminance, (getattr(theme, name), background)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def markers(figure):
    return [trace for trace in figure.data if trace.mode == "markers"]


def test_scores_stand_with_their_interval_and_the_papers_beside_them():
    rows = [("FERPlus", 84.2, 82.9, 85.4, 88.55), ("glasses", 80.0, 74.1, 84.9, None)]
    figure = scores(rows, LIGHT)
    marks = {(trace.y[0], trace.marker.symbol): trace.x[0] for trace in markers(figure)}
    assert marks == {
        ("FERPlus", None): 84.2, ("FERPlus", "diamond-open"): 88.55, ("glasses", None): 80.0,
    }  # fmt: skip
    intervals = {trace.y[0]: tuple(trace.x) for trace in figure.data if trace.mode == "lines"}
    assert intervals == {"FERPlus": (82.9, 85.4), "glasses": (74.1, 84.9)}
    assert figure.layout.yaxis.categoryarray == ("glasses", "FERPlus")  # upwards: first on top
    low, high = figure.layout.xaxis.range
    assert low < 74.1
    assert high > 88.55


PIXELS = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
BOXES = fixed_layout().boxes
WEIGHTS = (1.0, 0.4, 0.5, 1.8, 1.2, 1.1)
BAND = 5
"""Pixels to either side of an edge that its line may take."""


def near_an_edge(box, side):
    """Which pixels lie within BAND of the box's outline, and which within the box."""
    y, x = np.mgrid[0:side, 0:side]
    x0, y0, x1, y1 = (edge * side for edge in box.edges)
    reach = (x >= x0 - BAND) & (x <= x1 + BAND) & (y >= y0 - BAND) & (y <= y1 + BAND)
    # A line at the picture's edge is moved inwards by up to 4 pixels.
    room = BAND + 4
    hollow = (x > x0 + room) & (x < x1 - room) & (y > y0 + room) & (y < y1 - room)
    return reach & ~hollow


@THEMES
@pytest.mark.parametrize("chosen", range(len(BOXES)))
@pytest.mark.parametrize("every", [True, False])
def test_an_outline_changes_no_pixel_away_from_lines_and_tag(theme, chosen, every):
    before = PIXELS.copy()
    picture = np.asarray(
        outlined(PIXELS, BOXES, WEIGHTS, theme, chosen=chosen, every=every, side=320)
    )
    np.testing.assert_array_equal(PIXELS, before)
    plain = np.asarray(Image.fromarray(PIXELS).resize((320, 320), Image.Resampling.BICUBIC))
    drawn = [box for index, box in enumerate(BOXES) if every or index == chosen]
    free = ~np.logical_or.reduce([near_an_edge(box, 320) for box in drawn])
    x0, y0 = (int(edge * 320) for edge in BOXES[chosen].edges[:2])
    free[y0 : y0 + 40, x0 : x0 + 240] = False  # the tag
    assert free.mean() > 0.3
    np.testing.assert_array_equal(picture[free], plain[free])


@THEMES
@pytest.mark.parametrize(("relative", "place"), [(4.0, 4), (2.0, 3), (1.0, 2), (0.5, 1), (0.1, 0)])
def test_a_line_has_the_weights_own_colours_on_a_white_halo(theme, relative, place):
    weights = [relative] * len(BOXES)
    picture = outlined(PIXELS, BOXES, weights, theme, chosen=3, every=False, side=400)
    x0, y1 = (round(edge * 400) for edge in (BOXES[3].x0, BOXES[3].y1 - 0.3))
    colour = tuple(int(theme.weights[place][k : k + 2], 16) for k in (1, 3, 5))
    assert picture.getpixel((x0, y1)) == colour
    assert picture.getpixel((x0 - 3, y1)) == picture.getpixel((x0 + 3, y1)) == (255, 255, 255)


def test_the_whole_faces_line_and_halo_lie_inside_the_picture():
    picture = outlined(PIXELS, BOXES, [4.0] * len(BOXES), LIGHT, chosen=0, every=False, side=400)
    column = np.asarray(picture)[200, :12]
    colour = np.array([int(LIGHT.weights[4][place : place + 2], 16) for place in (1, 3, 5)])
    assert ((column == colour).all(-1)).sum() == 3
    assert ((column == 255).all(-1)).sum() >= 4


def test_a_tag_is_drawn_whole_even_where_its_region_is_small_and_at_the_edge():
    grey, side = np.full((64, 64, 3), 128, np.uint8), 640
    at_edge = Box("Right mouth corner", 0.9, 0.95, 1.0, 1.0)
    with_room = dataclasses.replace(at_edge, x0=0.25, y0=0.25)
    shown, whole = (
        np.asarray(outlined(grey, (box,), (1.23,), LIGHT, chosen=0, side=side))
        for box in (at_edge, with_room)
    )
    start, height = side // 4, 33
    # The tag's lowest row is all its own colour.
    width = int((whole[start + height - 1, start:] == whole[start, start]).all(-1).argmin())
    assert width > 200
    tag = whole[start : start + height, start : start + width]
    np.testing.assert_array_equal(shown[-height:, -width:], tag)
