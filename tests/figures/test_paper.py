"""Figures for a paper: what is drawn is what was answered, and the files are what papers take."""

import re
from dataclasses import replace

import numpy as np
import pytest
from answers import FACE, MOUTH
from matplotlib.figure import Figure

from ran.engine import Engine
from ran.errors import BadRequest
from ran.figures.numbers import signed, times
from ran.figures.paper import captions, composed, ink
from ran.figures.paper.depicted import Depicted
from ran.figures.paper.faces_drawn import heat_scale, mapped
from ran.figures.pictures import heat_overlay
from ran.net.regions import landmark_layout
from ran.scene import Scene
from ran.shown import Shown

ALL = tuple(composed.PANELS)


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def slot(engine, name, scene, **more):
    answer = engine.predict(scene)
    return Depicted(
        Shown(name, scene, answer), "tiny", "0" * 64, "face.png",
        engine.explain(scene, "grad-cam", "fear"), engine.region_values(scene),
        engine.regions_seen(scene), **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def two(engine):
    return [slot(engine, "clean", Scene(FACE)), slot(engine, "covered", Scene(FACE, (MOUTH,)))]


def panelled(slots, *names, width=3.5):
    return composed.panelled(slots, composed.panels_named(names), width=width, about="fear")


def dots(axes):
    """What is drawn as marks: x of each, in the order drawn."""
    marked = [line for line in axes.lines if line.get_marker() not in ("", "None")]
    return [float(line.get_xdata()[0]) for line in marked]


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_dots_stand_at_what_was_answered_row_by_row(two):
    with ink.style():
        (_key, probability) = panelled(two, "probabilities").axes
        (_key, weight) = panelled(two, "weights").axes
        (_key, worth) = panelled(two, "shapley").axes
    clean, covered = (one.shown.answer for one in two)
    pairs = np.array(dots(probability)).reshape(-1, 2)
    np.testing.assert_allclose(pairs, np.stack([clean.probabilities, covered.probabilities], 1))
    pairs = np.array(dots(weight)).reshape(-1, 2)
    both = np.stack([clean.relative_weights, covered.relative_weights], 1)
    np.testing.assert_allclose(pairs, both.clip(1 / 8, 8))
    assert [label.get_text() for label in weight.get_yticklabels()] == [
        box.name for box in clean.boxes
    ]
    fear = clean.classes.index("fear")
    pairs = np.array(dots(worth)).reshape(-1, 2)
    np.testing.assert_allclose(
        pairs, np.stack([one.values.shapley[:, fear] for one in two], 1), rtol=1e-6
    )


def test_the_numbers_beside_the_dots_are_the_pages(two):
    with ink.style():
        said = texts(panelled(two, "weights"))
        margins = texts(panelled(two, "margin"))
    clean, covered = (one.shown.answer for one in two)
    for before, after in zip(clean.relative_weights, covered.relative_weights, strict=True):
        assert f"{times(float(before))} → {times(float(after))}" in said
    assert f"clean {signed(clean.rb_margin, 3)}" in margins
    assert f"covered {signed(covered.rb_margin, 3)}" in margins


def test_nothing_drawn_leaves_the_paper_or_lies_on_other_words(two):
    """Every word of every panel, in points: inside the figure, and beside the others."""
    for width in (3.5, 7.0):
        with ink.style():
            figure = panelled(two, *ALL, width=width)
            figure.draw_without_rendering()
            drawer = figure._get_renderer()
            whole = figure.bbox.padded(2)
            for axes in (axes for axes in figure.axes if axes.axison):
                boxes = [
                    text.get_window_extent(drawer)
                    for text in (axes.title, axes.xaxis.label, *axes.texts, *axes.get_yticklabels())
                    if text.get_text()
                ]
                for box in boxes:
                    assert whole.x0 <= box.x0 and box.x1 <= whole.x1, width
                    assert whole.y0 <= box.y0 and box.y1 <= whole.y1, width
                for number, box in enumerate(boxes):
                    assert not any(box.padded(-1).overlaps(other) for other in boxes[:number])


def test_a_map_and_its_scale_have_the_same_colours(two):
    pictures, full = mapped(two)
    assert [one.name for one in pictures] == ["clean", "covered", "change"]
    largest = max(np.abs(one.heatmap.values).max() for one in two)
    assert full <= largest
    for signed_map in (False, True):
        with ink.style():
            axes = Figure().add_axes((0, 0, 1, 1))
            heat_scale(axes, 2.0, signed=signed_map)
        bar = np.asarray(axes.images[0].get_array())
        values = np.full((8, 8), 1.0, np.float32)
        face = np.full((8, 8, 3), 128, np.uint8)
        expected = np.asarray(heat_overlay(face, values, scale=2.0, signed=signed_map))[4, 4]
        place = 191 if signed_map else 128  # where the scale reaches 1.0 of 2.0
        assert np.abs(bar[4, place].astype(int) - expected).max() <= 2


def test_maps_of_two_faces_are_not_subtracted(engine, two):
    other = replace(FACE, pixels=FACE.pixels[::-1].copy())
    pair = [two[0], slot(engine, "other", Scene(other))]
    assert [one.name for one in mapped(pair)[0]] == ["clean", "other"]


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_the_same_figure_is_the_same_file_and_papers_take_it(kind, two):
    first, again = (ink.drawn(lambda: panelled(two, "faces", "weights"), kind) for _ in range(2))
    assert first == again
    if kind == "pdf":
        assert b"/FontFile2" in first, "TrueType, in the file"
        assert b"/Type3" not in first
    if kind == "svg":
        assert b"<text" not in first, "letters are drawn: no font is asked for"
        assert not re.search(rb"<(image|use|a)[^>]+href=\"(?!#|data:)", first)
        assert b"matplotlib.org" not in first


def test_a_name_may_hold_anything(two):
    hostile = replace(
        two[0], shown=replace(two[0].shown, name="$\\frac{_^% &#~\n" + "x" * 90), photo="a_b$.png"
    )
    slots = [hostile, two[1]]
    for kind in ("pdf", "svg"):
        assert ink.drawn(lambda: panelled(slots, *ALL), kind)
        assert ink.drawn(lambda: composed.gallery(slots, width=3.5), kind)
        assert ink.drawn(lambda: composed.strip(slots, width=3.5), kind)
    words = captions.caption(slots, ("faces",), about="fear")
    made = captions.as_tex(words)
    assert not re.search(r"(?<!\\)[%&#_]", made.replace("\\textasciitilde{}", ""))
    assert made.replace(r"\{", "").count("{") == made.replace(r"\}", "").count("}")
    assert "\n" not in made, "an empty line would end the paragraph inside the caption"


def test_a_caption_says_method_target_baseline_scale_and_network(engine, two):
    heatmaps = [
        engine.explain(one.shown.scene, "integrated-gradients", "fear", baseline="grey", steps=20)
        for one in two
    ]
    slots = [replace(one, heatmap=heatmap) for one, heatmap in zip(two, heatmaps, strict=True)]
    said = captions.caption(slots, ("faces", "maps"), about="fear")
    steps = heatmaps[0].steps
    assert f"(b) Integrated gradients of fear, baseline grey, {steps} steps; full colour" in said
    assert f"{mapped(slots)[1]:.3g}" in said
    assert "tiny (sha256 000000000000)" in said
    assert "clean, face.png" in said


def test_the_rows_of_latex_are_the_answers_numbers(two):
    rows = captions.region_rows(two).splitlines()
    assert len(rows) == 12
    cells = rows[7].removesuffix(r" \\").split(" & ")
    answer = two[1].shown.answer
    assert cells[:2] == ["covered", answer.boxes[1].name]
    numbers = [column[1] for column in (answer.self_weights, answer.relation_weights,
                                        answer.weights, answer.relative_weights)]  # fmt: skip
    written = [float(cell) for cell in cells[2:6]]
    np.testing.assert_allclose(written, numbers, rtol=0.006, atol=0.005)
    assert float(cells[6]) == pytest.approx(100 * answer.covered[1], abs=0.051)


def test_what_cannot_stand_together_is_refused(engine, two):
    cut = landmark_layout(np.asarray(FACE.points, np.float32), radius=0.25)
    other = slot(engine, "landmark", Scene(FACE, layout=cut))
    with pytest.raises(BadRequest, match="different regions: no row would compare"):
        panelled([two[0], other], "weights")
    with pytest.raises(BadRequest, match="cut differently"):
        composed.strip([two[0], other], width=3.5)
    with pytest.raises(BadRequest, match="1 to 4 slots, got 5"):
        panelled(two * 2 + two[:1], "faces")
    with pytest.raises(BadRequest, match="no panel 'mugs'"):
        composed.panels_named(["faces", "mugs"])
    alone = replace(two[0].shown.answer, rb_margin=None)
    with pytest.raises(BadRequest, match="no margin to draw"):
        panelled([replace(two[0], shown=replace(two[0].shown, answer=alone))], "margin")


@pytest.mark.parametrize(
    ("width", "made"),
    [("3.5in", 3.5), ("3.5", 3.5), ("88.9mm", 3.5), ("8.89 cm", 3.5), ("252.945pt", 3.5)],
)
def test_a_width_is_read_in_the_units_of_journals(width, made):
    assert ink.inches(width) == pytest.approx(made)


@pytest.mark.parametrize("width", ["", "wide", "-3in", "0in", "1e9in", "3.5px", "99in", "nan"])
def test_a_width_that_fits_on_no_paper_is_refused(width):
    with pytest.raises(BadRequest, match="cannot be"):
        ink.inches(width)


def test_settings_of_the_machine_change_nothing(two, monkeypatch):
    import matplotlib

    first = ink.drawn(lambda: panelled(two, "weights"), "svg")
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20)
    monkeypatch.setitem(matplotlib.rcParams, "axes.facecolor", "red")
    assert ink.drawn(lambda: panelled(two, "weights"), "svg") == first
    assert matplotlib.rcParams["font.size"] == 20, "and they are as they were"
