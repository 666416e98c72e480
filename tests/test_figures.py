"""Figures: the numbers on them are the prediction's, and the marks stand where the numbers say."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ran.expressions import FERPLUS
from ran.figures import (
    DARK,
    LIGHT,
    change,
    change_colour,
    margin,
    outlined,
    probabilities,
    scores,
    signed,
    weight,
)
from ran.net.regions import Box, fixed_layout
from ran.prediction import Prediction

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


@given(st.floats(0, 1, width=32))
def test_a_weight_is_written_as_zero_only_if_it_is_zero(value):
    written = weight(value)
    assert (written == "0.000") is (value == 0)
    if written == "<0.001":
        assert value < 0.001
    else:
        assert abs(float(written) - value) <= 0.0005 + 1e-9


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


def prediction(values):
    """A prediction of which a figure needs no more than the probabilities."""
    empty = np.zeros(1, np.float32)
    return Prediction(
        FERPLUS, np.array(values, np.float32), empty, empty, empty, empty, empty, (), 0.02, 0.0
    )


CLEAN = (0.914, 0.02, 0.013, 0.011, 0.010, 0.012, 0.011, 0.009)
COVERED = (0.906, 0.005, 0.060, 0.011, 0.004, 0.004, 0.005, 0.005)


def markers(figure):
    return [trace for trace in figure.data if trace.mode == "markers"]


@THEMES
def test_every_row_shows_the_very_numbers_of_both_predictions(theme):
    figure = probabilities(prediction(CLEAN), prediction(COVERED), theme)
    before, after = markers(figure)
    assert before.marker.line.color == theme.before  # hollow: only a ring has this colour
    assert before.marker.color == theme.paper
    assert after.marker.color == theme.after
    for dots, values, face in ((before, CLEAN, "clean face"), (after, COVERED, "covered face")):
        shown = dict(zip(dots.y, dots.x, strict=True))
        assert shown == {
            name: np.float32(value) for name, value in zip(FERPLUS, values, strict=True)
        }
        assert face in dots.hovertemplate
        assert list(dots.customdata) == list(dots.y)


def written_in_rows(figure):
    rows = {}
    for note in figure.layout.annotations:
        rows.setdefault(note.y, []).append(note.text)
    return rows


def test_differences_are_rounded_after_subtraction():
    rows = written_in_rows(probabilities(prediction(CLEAN), prediction(COVERED), LIGHT))
    # 0.914 and 0.906 are both written 0.91; their difference is 0.008 all the same.
    assert rows["neutral"] == ["0.91 → <b>0.91</b>", f"▼ {MINUS}0.01"]
    assert rows["surprise"] == ["0.01 → <b>0.06</b>", "▲ +0.05"]
    assert rows["sadness"] == ["0.01 → <b>0.01</b>", "● ±0.00"]
    assert set(rows) == set(FERPLUS)


def test_the_likeliest_of_either_face_stands_on_top():
    clean = prediction((0.5, 0.1, 0.02, 0.3, 0.02, 0.02, 0.02, 0.02))
    covered = prediction((0.1, 0.05, 0.7, 0.05, 0.03, 0.03, 0.02, 0.02))
    (before, _) = markers(probabilities(clean, covered, LIGHT))
    upwards = list(before.y)  # Plotly stacks categories upwards as they come
    assert upwards[::-1][:4] == ["surprise", "neutral", "sadness", "happiness"]


@THEMES
def test_bars_and_words_are_red_for_a_rise_and_blue_for_a_fall(theme):
    figure = probabilities(prediction(CLEAN), prediction(COVERED), theme)
    bars = {
        name: (trace.line.color, trace.x[place : place + 3])
        for trace in figure.data
        if trace.mode == "lines"
        for place, name in enumerate(trace.y)
        if place % 3 == 0 and list(trace.y[place : place + 3]) == [name] * 3
    }
    words = {note.y: note.font.color for note in figure.layout.annotations if note.text[0] in "▲▼●"}
    for name, colour in (
        ("surprise", theme.up), ("neutral", theme.down), ("sadness", theme.muted),
    ):  # fmt: skip
        assert bars[name][0] == words[name] == colour
    assert bars.keys() == words.keys(), "one bar a class, apart from the next"
    assert list(bars["surprise"][1]) == [np.float32(0.013), np.float32(0.06), None]


def test_the_probability_axis_holds_zero_and_one_with_their_dots():
    sure, never = (prediction(np.eye(8)[place]) for place in (0, 1))
    low, high = probabilities(sure, never, LIGHT).layout.xaxis.range
    room = 6 / 150  # half a dot, on a plot as narrow as a phone's
    assert low <= -room
    assert high >= 1 + room


def zone_of(figure):
    (zone,) = (shape for shape in figure.layout.shapes if shape.type == "rect")
    return zone


@THEMES
@pytest.mark.parametrize("alpha", [0.0, 0.02, 0.1])
def test_the_zone_of_loss_ends_at_alpha_and_begins_at_the_axis(theme, alpha):
    figure = margin(0.12, -0.05, alpha, theme)
    zone, low = zone_of(figure), figure.layout.xaxis.range[0]
    assert (zone.x0, zone.x1) == (low, alpha)
    assert zone.fillcolor == theme.loss_zone
    notes = {note.text.strip(): note.x for note in figure.layout.annotations}
    assert notes[f"α = {alpha:g}"] == alpha
    assert notes["loss > 0"] == low


def test_no_loss_is_said_right_of_alpha_where_it_has_room():
    for covered, has_room in ((0.5, True), (-0.5, False)):
        figure = margin(0.0, covered, 0.02, LIGHT)
        notes = {note.text: note.x for note in figure.layout.annotations}
        assert ("no loss" in notes) is has_room
        assert notes.get("no loss", 1.0) > 0.02


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 0.25))
def test_the_margin_axis_holds_every_mark_however_it_falls(clean, covered, alpha):
    figure = margin(clean, covered, alpha, LIGHT)
    low, high = figure.layout.xaxis.range
    marks = [x for trace in figure.data for x in trace.x]
    assert {clean, covered} == set(marks)
    for mark in (*marks, alpha, 0.0):
        assert low + 0.05 * (high - low) < mark < high - 0.05 * (high - low)


def test_margins_are_written_above_their_dots_and_one_alone_where_they_meet():
    apart = {note.text: note.x for note in margin(0.12, -0.05, 0.02, LIGHT).layout.annotations}
    assert apart["+0.120"] == 0.12
    assert apart[f"<b>{MINUS}0.050</b>"] == -0.05
    met = {note.text for note in margin(0.12, 0.121, 0.02, LIGHT).layout.annotations}
    assert "<b>+0.121</b>" in met
    assert "+0.120" not in met


@THEMES
def test_the_margins_dots_and_bar_follow_the_one_grammar(theme):
    for covered, colour in ((0.204, theme.up), (0.1, theme.down), (0.2001, theme.muted)):
        figure = margin(0.2, covered, 0.02, theme)
        before, after = markers(figure)
        assert (list(before.x), list(after.x)) == ([0.2], [covered])
        assert (before.marker.color, after.marker.color) == (theme.paper, theme.after)
        (bar,) = (trace for trace in figure.data if trace.mode == "lines")
        assert bar.line.color == colour


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
@pytest.mark.parametrize(
    ("relative", "name"), [(1.8, "up"), (0.4, "down"), (1.0, "muted"), (1.004, "muted")]
)
def test_a_line_is_red_above_uniform_and_blue_below_on_a_white_halo(theme, relative, name):
    weights = [relative] * len(BOXES)
    picture = outlined(PIXELS, BOXES, weights, theme, chosen=3, every=False, side=400)
    x0, y1 = (round(edge * 400) for edge in (BOXES[3].x0, BOXES[3].y1 - 0.3))
    colour = tuple(int(getattr(theme, name)[place : place + 2], 16) for place in (1, 3, 5))
    assert picture.getpixel((x0, y1)) == colour
    assert picture.getpixel((x0 - 3, y1)) == picture.getpixel((x0 + 3, y1)) == (255, 255, 255)


def test_the_whole_faces_line_and_halo_lie_inside_the_picture():
    picture = outlined(PIXELS, BOXES, [1.8] * len(BOXES), LIGHT, chosen=0, every=False, side=400)
    column = np.asarray(picture)[200, :12]
    colour = np.array([int(LIGHT.up[place : place + 2], 16) for place in (1, 3, 5)])
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
