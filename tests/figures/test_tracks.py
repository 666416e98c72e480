"""Dot tracks: marks stand where the numbers say, in the one grammar."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ran.figures import DARK, LIGHT, margin
from ran.figures.html import stylesheet

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
STYLES = stylesheet(LIGHT)
MINUS = "\u2212"


def read(text):
    return ElementTree.fromstring(text)


def style(element, name):
    found = re.search(rf"(?:^|;){name}:([^;]*)", element.get("style", ""))
    return None if found is None else found[1]


def share(element):
    """Where an element's `left` lies along the track, from 0 to 1; pixels are left out."""
    return float(re.search(r"(-?[0-9.]+)%", style(element, "left"))[1]) / 100


def has(element, name):
    return name in element.get("class", "").split()


def coloured(selector, theme):
    """The colour that the stylesheet gives a selector under a theme."""
    name = re.search(re.escape(selector) + r" {[^}]*background: var\(--ran-([a-z-]+)\)", STYLES)[1]
    return re.search(f"--ran-{name}:(#[0-9A-F]+)", stylesheet(theme))[1]


def dots(element):
    return [found for found in element.iter() if found.get("title")]


def bar(element):
    (found,) = (found for found in element.iter("div") if has(found, "bar"))
    return found


def line(clean, covered, alpha):
    """The number line's four rows: values, marks, words, ticks."""
    pair = [("covered", covered)] if clean is None else [("clean", clean), ("covered", covered)]
    return list(read(margin(pair, alpha)))


def told(row):
    return {"".join(word.itertext()): share(word) for word in row}


@THEMES
@pytest.mark.parametrize("alpha", [0.0, 0.02, 0.1])
def test_the_zone_of_loss_ends_at_alpha_and_begins_at_the_axis(theme, alpha):
    _, marks, said, _ = line(0.12, -0.05, alpha)
    zone, mark = marks[0], marks[1]
    assert has(zone, "zone") and has(mark, "alpha")
    assert coloured(".ran-margin .zone", theme) == theme.loss_zone
    assert coloured(".ran-margin .alpha", theme) == theme.warn
    width = float(style(zone, "width").rstrip("%")) / 100
    assert style(zone, "left") == "0%"
    assert width == share(mark) == told(said)[f"α = {alpha:g}"]
    assert told(said)["loss > 0"] == 0.0


def test_the_marks_and_the_ticks_lie_on_one_scale():
    _, marks, said, ticks = line(0.4, -0.1, 0.1)
    places = told(ticks)
    assert set(places) == {"0", "0.2", "0.4"}
    step = places["0.4"] - places["0.2"]
    assert places["0.2"] - places["0"] == pytest.approx(step, abs=3e-5)
    before, after = dots(marks)
    assert share(before) == places["0.4"]
    assert share(after) == pytest.approx(places["0"] - step / 2, abs=3e-5)
    assert told(said)["α = 0.1"] == pytest.approx(places["0"] + step / 2, abs=3e-5)


def test_no_loss_is_said_right_of_alpha_where_it_has_room():
    for covered, has_room in ((0.5, True), (-0.5, False)):
        said = told(line(0.0, covered, 0.02)[2])
        assert ("no loss" in said) is has_room
        assert said.get("no loss", 1.0) == 1.0


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 0.25))
def test_the_margin_axis_holds_every_mark_however_it_falls(clean, covered, alpha):
    _, marks, _, ticks = line(clean, covered, alpha)
    places = [share(mark) for mark in marks[1:]] + [share(tick) for tick in ticks]
    assert all(0.03 < place < 0.97 for place in places)
    assert 2 <= len(ticks) <= 6
    (bars,) = (mark for mark in marks if has(mark, "bar"))
    ends = sorted(share(dot) for dot in dots(marks))
    assert share(bars) == pytest.approx(ends[0], abs=1e-4)
    assert share(bars) + float(style(bars, "width")[:-1]) / 100 == pytest.approx(ends[1], abs=1e-4)


def test_margins_are_written_above_their_dots_and_one_alone_where_they_meet():
    values, marks, _, _ = line(0.12, -0.05, 0.02)
    before, after = dots(marks)
    assert told(values) == {"+0.120": share(before), f"{MINUS}0.050": share(after)}
    assert set(told(line(0.12, 0.121, 0.02)[0])) == {"+0.121"}


@THEMES
def test_the_margins_dots_and_bar_follow_the_one_grammar(theme):
    for covered, way, colour in (
        (0.204, "up", theme.up), (0.1, "down", theme.down), (0.2001, "same", theme.muted),
    ):  # fmt: skip
        marks = line(0.2, covered, 0.02)[1]
        before, after = dots(marks)
        assert before.get("title") == "clean face: RB margin 0.200"
        assert after.get("title") == f"covered face: RB margin {covered:.3f}"
        assert has(before, "hollow") and not has(after, "hollow")
        assert has(bar(marks), way)
        painted = ".ran-margin .bar" if way == "same" else f".ran .bar.{way}"
        assert coloured(painted, theme) == colour
    assert coloured(".ran .mark.hollow", theme) == theme.paper
    assert coloured(".ran .mark", theme) == theme.after


def test_where_nothing_is_hidden_there_is_one_dot_and_no_bar():
    values, marks, _, _ = line(None, 0.12, 0.02)
    (dot,) = dots(marks)
    assert dot.get("title") == "covered face: RB margin 0.120"
    assert set(told(values)) == {"+0.120"}
    assert not [mark for mark in marks if has(mark, "bar")]


def test_every_template_brings_its_rules_and_what_is_shared_comes_first():
    folder = Path(__file__).parents[2] / "ran" / "figures" / "html"
    text = " ".join(stylesheet(LIGHT).split())
    places = {
        file.stem: text.find(" ".join(file.read_text().split())) for file in folder.glob("*/*.css")
    }
    assert min(places.values()) > 0, "a stylesheet is not sent"
    # Rules of one weight: the last has the word, and it is to be the template's own.
    assert min(places, key=places.__getitem__) == "macros"
    templates = {file.stem for file in folder.glob("*/*.html")}
    assert set(places) - templates == {"page"}, "a stylesheet without its template"
