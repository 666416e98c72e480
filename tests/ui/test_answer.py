"""The answer beside the drawing, and the cards of the regions: templates filled, in one grammar."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ran.engine import Engine
from ran.expressions import FERPLUS
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.figures import DARK, LIGHT, Moved, ink_on, signed, weight_colour
from ran.figures.html import render, stylesheet
from ran.figures.numbers import is_saturated, on_track, plain, times, weight
from ran.net.regions import fixed_layout
from ran.prediction import Prediction
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.occlude import answer, region_cards

MINUS = "\N{MINUS SIGN}"
NAMES = ("clean", "covered")
CLEAN = (0.914, 0.02, 0.013, 0.011, 0.010, 0.012, 0.011, 0.009)
COVERED = (0.906, 0.005, 0.060, 0.011, 0.004, 0.004, 0.005, 0.005)


def prediction(values, weights=(1 / 6,) * 6, covered=0.0, logits=None, classes=FERPLUS):
    row = np.array(weights, np.float32)
    told = np.log(np.array(values)) if logits is None else np.array(logits)
    return Prediction(
        classes, np.array(values, np.float32), told.astype(np.float32), row, row, row,
        np.full(6, covered, np.float32), fixed_layout().boxes, 0.02, 0.0,
    )  # fmt: skip


def shown(*answers):
    """Answers side by side, under the names that the page gives them; no scene is asked for."""
    return [Shown(name, None, one) for name, one in zip(NAMES, answers, strict=False)]


def rows(*faces):
    """The rows of the table by the class they are of."""
    pair = shown(*map(prediction, faces))
    told = [answer._row(pair, k) for k in range(8)]
    names = NAMES[: len(pair)]
    text = re.sub(
        r"<(img|col)(\s[^>]*)?>", r"<\1\2/>", render("answer", rows=told, names=names, picture="")
    )
    table = ElementTree.fromstring(text)
    return {row.find("th").text: row for row in table.iter("tr") if row.find("th") is not None}


def marks(row):
    return [found for found in row.iter("div") if "mark" in found.get("class", "").split()]


def place(mark):
    return float(re.search(r"left:([0-9.]+)%", mark.get("style"))[1]) / 100


def test_every_row_shows_the_very_numbers_of_both_predictions():
    found = rows(CLEAN, COVERED)
    assert set(found) == set(FERPLUS)
    for name, a, b in zip(FERPLUS, CLEAN, COVERED, strict=True):
        before, after = marks(found[name])
        assert (place(before), place(after)) == (
            pytest.approx(a, abs=1e-4), pytest.approx(b, abs=1e-4),
        )  # fmt: skip
        assert before.get("title") == f"{name}, clean face: probability {a:.3f}"
        assert after.get("title") == f"{name}, covered face: probability {b:.3f}"
        assert "hollow" in before.get("class")
        assert "hollow" not in after.get("class")
        (bar,) = (d for d in found[name].iter("div") if d.get("class", "").startswith("bar"))
        assert place(bar) == pytest.approx(min(a, b), abs=1e-4)


def test_differences_are_rounded_after_subtraction_and_have_their_colour():
    found = rows(CLEAN, COVERED)
    for name, said, way in (
        ("neutral", f"▼ {MINUS}0.01", "down"),  # 0.914 and 0.906 are both written 0.91
        ("surprise", "▲ +0.05", "up"),
        ("sadness", "● ±0.00", "same"),
    ):
        (change,) = (s for s in found[name].iter("span") if "nowrap" in s.get("class", ""))
        assert change.text == said
        assert way in change.get("class").split()


def test_where_nothing_is_hidden_there_is_one_column_and_no_change():
    found = rows(CLEAN)
    text = ElementTree.tostring(found["neutral"], encoding="unicode")
    assert len(marks(found["neutral"])) == 1
    assert "→" not in text
    assert "±" not in text
    assert found["neutral"].find(".//div[@title]").get("title") == "neutral: probability 0.914"


def test_a_probability_that_two_decimals_hide_has_its_logits():
    sure, surer = (0.998, *[0.002 / 7] * 7), (0.9995, *[0.0005 / 7] * 7)
    clean, covered = (
        prediction(values, logits=(score, *[0] * 7))
        for values, score in ((sure, 6.24), (surer, 7.21))
    )
    assert answer._row(shown(clean, covered), 0)["logits"] == "6.24 → 7.21"
    assert answer._row(shown(clean, covered), 1)["logits"] == ""
    told = [answer._row(shown(clean, covered), 0)]
    assert "logit 6.24 → 7.21" in render("answer", rows=told, names=NAMES, picture="")
    assert not is_saturated(0.995, 0.005)
    assert is_saturated(0.9951, 0.5)
    assert plain(-0.6) == f"{MINUS}0.60"


def test_a_name_that_looks_like_markup_is_only_text():
    odd = ("<b>x</b>", *FERPLUS[1:])
    pair = shown(prediction(CLEAN, classes=odd), prediction(COVERED, classes=odd))
    told = [answer._row(pair, 0)]
    assert "&lt;b&gt;x&lt;/b&gt;" in render("answer", rows=told, names=NAMES, picture="")


# The cards of the regions.

BEFORE = (0.30, 0.10, 0.10, 0.30, 0.15, 0.05)
AFTER = (0.20, 0.25, 0.05, 0.05, 0.15, 0.30)


def test_crops_that_rose_most_stand_first_and_the_whole_face_last():
    clean = prediction(CLEAN, BEFORE)
    assert region_cards.order(shown(clean)) == [1, 2, 3, 4, 5, 0]
    assert region_cards.standing_out(shown(clean)) == 3, "the heaviest crop"
    covered = prediction(COVERED, AFTER, covered=0.2)
    assert region_cards.order(shown(clean, covered)) == [5, 1, 4, 2, 3, 0]
    assert region_cards.standing_out(shown(clean, covered)) == 5, "the one that rose most"


def test_a_card_says_w_against_uniform_and_the_numbers_behind_it():
    clean, covered = prediction(CLEAN, BEFORE), prediction(COVERED, AFTER, covered=0.25)
    crops = (np.zeros((4, 4, 3), np.uint8),) * 2
    text = region_cards._card(shown(clean, covered), 5, crops)
    for said in ("1.80×", "▲ +1.50", "μ 0.050 → 0.300", "25 % covered", 'title="0.05 → 0.3"'):
        assert said in text
    alone = region_cards._card(shown(clean), 5, crops[:1])
    assert "0.30×" in alone
    assert "→" not in alone
    assert "covered" not in alone


def test_the_track_is_one_log_scale_for_every_face():
    assert on_track(1.0) == 50
    assert on_track(8.0) == on_track(20.0) == 100
    assert on_track(1 / 8) == on_track(0.0) == 0
    assert on_track(2.0) - on_track(1.0) == pytest.approx(on_track(4.0) - on_track(2.0))


@given(st.floats(1e-12, 1.0))
def test_a_weight_keeps_digits_that_count(value):
    written = weight(value)
    if "×" in written:
        digits, power = written.split(" × 10")
        there = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        assert float(digits) * 10.0**there == pytest.approx(value, rel=0.06)
        assert value < 0.0005
    else:
        assert abs(float(written) - value) <= 0.0005 + 1e-9


def test_weights_as_a_visitor_reads_them():
    assert [weight(v) for v in (0.0, 0.688, 3.1e-4, 7.1e-5)] == [
        "0.000", "0.688", "3.1 × 10⁻⁴", "7.1 × 10⁻⁵",
    ]  # fmt: skip
    assert [times(v) for v in (1.184, 0.02, 0.0, 12.0)] == ["1.18×", "0.02×", "0.00×", "12.00×"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_above_and_below_uniform_have_colours_of_their_own(theme):
    assert weight_colour(1.0, theme) == theme.weights[2]
    assert weight_colour(0.25, theme) == weight_colour(0.01, theme) == theme.weights[0]
    assert weight_colour(4.0, theme) == weight_colour(99.0, theme) == theme.weights[4]
    assert weight_colour(2.0, theme) == theme.weights[3]
    assert not {theme.up, theme.down} & set(theme.weights), "red and blue mean change alone"


def luminance(colour):
    shares = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_tag_can_be_read_on_every_colour_of_a_weight(theme):
    for relative in np.geomspace(0.1, 10, 60):
        paper = weight_colour(float(relative), theme)
        high, low = sorted((luminance(paper), luminance(ink_on(paper))), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, paper


def test_a_change_in_words_says_which_way_it_went():
    assert Moved.by(0.42) == Moved("▲ +0.42", "up")
    assert Moved.by(-19.44, 1, " points") == Moved(f"▼ {MINUS}19.4 points", "down")
    assert Moved.by(0.004) == Moved("● ±0.00", "same")


def test_the_stylesheet_has_every_colour_that_it_uses():
    text = stylesheet(LIGHT)
    assert text.startswith("<style>")
    used = set(re.findall(r"var\(--ran-([a-z-]+)\)", text))
    given_ = set(re.findall(r"--ran-([a-z-]+):#", text))
    assert used <= given_


def test_the_band_says_what_is_hidden_most_and_what_its_own_weight_did(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    face = Face.from_pixels(np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8))
    scenes = Scene(face), Scene(face, (Rectangle(0.55, 0.05, 0.95, 0.5),))
    clean, covered = (engine.predict(scene) for scene in scenes)
    shown = [Shown("clean", scenes[0], clean), Shown("covered", scenes[1], covered)]
    most = int(covered.covered.argmax())
    assert clean.boxes[most].name == "Upper right"
    change = float(covered.relative_weights[most] - clean.relative_weights[most])
    assert answer._most_hidden(shown) == f"Upper right\nmost: w {signed(change)}×"
    assert answer._most_hidden(shown, is_room=True).startswith("Lower middle\nmost: w")
