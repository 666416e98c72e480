"""The Robustness page through AppTest: maps, curves, whose faces, what it says and saves."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from app_pages import button, opened, rows_of_pictures, session, unfolded, words

from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.figures import signed
from ran.figures.paper import ink
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.recipe.shelf import from_json, to_json
from ran.scene import Scene
from ran.study.robustness.readings import PROBABILITY
from ran.study.robustness.sweeps import VALUES, Swept, half_interval, sweep
from ran.study.robustness.windows import Window, slide_over
from ran.ui.robustness import exports
from ran.ui.robustness import page as robustness_page
from ran.ui.shared import compute
from ran.ui.shared.settings.breaking import COHORT, EXAMPLES

pytestmark = pytest.mark.usefixtures("tiny_network")


@pytest.fixture
def few(monkeypatch):
    """Few places and covers, for speed."""
    monkeypatch.setattr(robustness_page, "_ROWS", 4)
    monkeypatch.setattr(robustness_page, "_ROWS_OF_MANY", 4)
    monkeypatch.setattr(robustness_page, "_PLACES", 2)
    monkeypatch.setattr(robustness_page, "_PLACES_OF_MANY", 1)


@pytest.fixture
def app(few):
    return opened("robustness")


def faces(app):
    face = session(app).face
    return face, session(app).layout


def test_it_opens_with_maps_and_a_curve_of_the_face_in_use(app, checkpoint):
    text = words(app)
    assert "Where it breaks" in text and "How far until it breaks" in text
    assert "The answer changes under" in text and "of 16 windows" in text
    face, layout = faces(app)
    engine = Engine.load(checkpoint, "cpu")
    scene = Scene(face, layout=layout.regions(face))
    *_, slid = slide_over(engine, [scene], Window(0.25, Fill("grey"), 4))
    readings = slid.faces[0].readings
    changed = sum(one.answer.expression != slid.faces[0].clean.expression for one in readings)
    assert f"The answer changes under {changed} of 16 windows." in text
    (pictures,) = rows_of_pictures(app)
    names = [one["name"] for one in pictures["pictures"]]
    assert names == ["probability", "w Upper left", "margin"]
    *_, curve = sweep(engine, [face], Swept(places=2), layout)
    guided, random = curve.guided(PROBABILITY).mean(), curve.means(PROBABILITY).mean()
    assert f"Mean along the curve: {guided:.3f} guided, {random:.3f} at random" in text


def test_the_slider_shows_the_face_there_with_its_answer(app, checkpoint):
    face, layout = faces(app)
    *_, curve = sweep(Engine.load(checkpoint, "cpu"), [face], Swept(places=2), layout)
    for value in (0.1, 0.7):
        app.select_slider(key="at-size").set_value(value).run()
        assert not app.exception
        at = curve.faces[0][VALUES["size"].index(value)]
        text = words(app)
        for reading in (at.random[0], at.guided):
            answer = reading.answer
            assert f"{answer.expression} {float(answer.probabilities.max()):.2f}" in text


@pytest.mark.parametrize(("by", "said"), [("opacity", "opacity"), ("position", "way"),
                                          ("severity", "severity")])  # fmt: skip
def test_a_cover_is_changed_otherwise(app, by, said):
    app.button_group(key="robustness-by").set_value(by).run()
    assert not app.exception
    assert "Mean along the curve" in words(app)
    if by == "severity":
        app.selectbox(key="robustness-kind").set_value("stickers").run()
        assert not app.exception
        assert "no map guides them" in words(app)
        assert "synthetic" not in words(app)
        app.selectbox(key="robustness-kind").set_value("turned").run()
        assert "synthetic, not a photo" in words(app)
        assert "guided by Grad-CAM" not in words(app)


def test_margin_and_a_regions_w_can_be_read(app):
    key = next(one.key for one in app.selectbox if one.label == "Read")
    for number in ("margin", "kept", "Upper left"):
        app.selectbox(key=key).set_value(number).run()
        assert not app.exception
        assert "Mean along the curve" in words(app)


def test_several_faces_wait_to_be_asked_and_are_told_with_an_interval(app, checkpoint):
    key = next(one.key for one in app.button_group if "robustness-whose" in one.key)
    app.button_group(key=key).set_value(EXAMPLES).run()
    assert not app.exception
    assert "windows." not in words(app)
    for _ in range(2):
        button(app, "Compute").click().run()
        assert not app.exception
    text = words(app)
    assert "of 128 windows." in text, "eight faces, sixteen places each"
    engine, layout = Engine.load(checkpoint, "cpu"), session(app).layout
    faces = [photo.faces[0] for photo in compute.examples(engine).values()]
    *_, curve = sweep(engine, faces, Swept(places=1), layout)
    gaps = curve.guided(PROBABILITY).mean(1) - curve.means(PROBABILITY).mean(1)
    gap, half = float(gaps.mean()), float(half_interval(gaps))
    verdict = "this is chance" if abs(gap) <= half else "more than chance"
    assert (
        f"8 faces, mean along the curve: guided minus random {signed(gap, 3)} (95 % interval "
        f"{signed(gap - half, 3)} to {signed(gap + half, 3)}): {verdict}."
    ) in text


def test_the_faces_of_the_cohort_page_can_be_asked(few):
    app = opened("robustness")
    assert COHORT not in [option for one in app.button_group for option in one.options]
    session(app).cohort_faces = (session(app).face,)
    app.run()
    key = next(one.key for one in app.button_group if "robustness-whose" in one.key)
    app.button_group(key=key).set_value(COHORT).run()
    assert not app.exception
    assert "of 16 windows" in words(app)


def test_faces_framed_for_another_network_are_refused_in_words(few):
    app = opened("robustness")
    other = replace(session(app).face, framing="another")
    session(app).cohort_faces = (other,)
    session(app).robustness.whose = COHORT
    app.run()
    assert not app.exception
    assert "framed otherwise than this network was trained on" in words(app)


def test_the_files_hold_every_place_and_cover(checkpoint):
    from ran.face.detect import Face

    engine = Engine.load(checkpoint, "cpu")
    face = Face.from_pixels(np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8))
    *_, slid = slide_over(engine, [Scene(face)], Window(0.5, Fill("black"), 3))
    rows = list(csv.DictReader(io.StringIO(exports.slid_csv(engine, slid))))
    assert len(rows) == 10
    assert rows[0]["x0"] == "" and rows[0]["kept"] == "1.0"
    assert [float(rows[9][name]) for name in ("x0", "y0", "x1", "y1")] == [0.5, 0.5, 1, 1]
    for row, reading in zip(rows[1:], slid.faces[0].readings, strict=True):
        assert float(row["probability"]) == pytest.approx(reading.of(PROBABILITY))
        assert row["answer"] == reading.answer.expression
        assert float(row["w_Whole face"]) == pytest.approx(reading.of("Whole face"))
    *_, curve = sweep(engine, [face], Swept("opacity", places=3))
    rows = list(csv.DictReader(io.StringIO(exports.curve_csv(engine, curve))))
    assert len(rows) == 6 * 4
    assert {row["cover"] for row in rows} == {"random 0", "random 1", "random 2", "guided"}
    assert float(rows[0]["margin"]) == pytest.approx(curve.faces[0][0].random[0].of("margin"))
    assert rows[0]["checkpoint"] == engine.card.sha256


def test_a_plain_network_has_the_answers_map_alone(app, checkpoint, tmp_path):
    _, card = load_checkpoint(checkpoint)
    card = replace(card, kind="plain", layouts={})
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=8), card)
    session(app).use_engine(Engine.load(tmp_path / "plain", "cpu"))
    app.run()
    assert not app.exception
    (pictures,) = rows_of_pictures(app)
    assert [picture["name"] for picture in pictures["pictures"]] == ["probability"]
    read = next(one for one in app.selectbox if one.label == "Read")
    assert len(read.options) == 2, "no margin and no w"
    assert not [one for one in app.selectbox if one.label == "w of"]


def test_keep_takes_every_place_and_cover_and_the_face_without_what_was_drawn(app):
    app.button(key="keep-robustness").click().run()
    assert not app.exception
    (one,) = session(app).shelf
    face, layout = faces(app)
    assert one.scene == Scene(face, layout=layout.regions(face))
    assert len(one.kept.numbers["window"]) == 1 + 16
    assert {row["cover"] for row in one.kept.numbers["curve"]} >= {"random 0", "guided"}
    assert from_json(to_json([one.kept])) == [one.kept]


def test_the_maps_are_offered_as_a_figure_with_what_the_page_shows(app, charts):
    app = unfolded(app, "robustness-save")
    assert list(charts) == ["ran-window-figure", "ran-curve-figure"]
    draw, latex = charts["ran-window-figure"]
    with ink.style():
        figure = draw()
    (row,) = rows_of_pictures(app)
    titles = [axes.get_title().replace("\n", " ") for axes in figure.axes if axes.get_title()]
    region = session(app).robustness.region
    assert titles == ["probability of the answer", f"w of {region}, × uniform", "RB margin"]
    assert len(row["pictures"]) == len(titles)
    text = latex()
    assert "0.25 of the face" in text and "filled with grey" in text and "6.16in" in text
