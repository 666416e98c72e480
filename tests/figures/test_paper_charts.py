"""Charts for a paper: what is drawn are the numbers that were given."""

from dataclasses import replace

import numpy as np
import pytest
from answers import FACE

from ran.engine import Engine
from ran.figures.grammar import LIGHT
from ran.figures.paper import ink
from ran.figures.paper.lines_drawn import Drawn, Panel, stacked
from ran.figures.paper.marks_drawn import with_intervals
from ran.figures.paper.poses_drawn import over_poses
from ran.figures.paper.spread_drawn import spreads
from ran.figures.paper.windows_drawn import WindowMap, row_wide, window_maps
from ran.figures.pictures import heat_overlay
from ran.figures.poses.axis import YAW
from ran.scene import Scene
from ran.shown import Shown
from ran.study.poses.posed import Answered, Posed


def marked(axes, marker="o"):
    return [line for line in axes.lines if line.get_marker() == marker]


def test_spreads_are_quantiles_and_say_their_median():
    rows = [("mask", np.linspace(0, 1, 101).tolist()), ("cap", [2.0])]
    with ink.style():
        (axes,) = spreads(rows, "w", width=3.5, line=1.0).axes
    lines = [line.get_xdata() for line in axes.lines]
    assert lines[0] == [1.0, 1.0], "what the eye should have"
    assert lines[1:4] == [pytest.approx([0.05, 0.95]), pytest.approx([0.25, 0.75]), [0.5]]
    assert [text.get_text() for text in axes.texts] == ["0.50", "2.00"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mask (101)", "cap (1)"]


def test_intervals_and_published_numbers_stand_in_their_rows():
    rows = [
        ("FERPlus (3,137)", 87.6, 86.4, 88.7, 88.55),
        ("Occlusion (605)", 84.1, 81.0, 86.8, None),
    ]
    with ink.style():
        (axes,) = with_intervals(rows, "accuracy, %", width=3.5).axes
    assert [line.get_xdata()[0] for line in marked(axes)] == [87.6, 84.1]
    assert [line.get_xdata()[0] for line in marked(axes, "D")] == [88.55]
    bars = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "None"]
    assert bars == [[86.4, 88.7], [81.0, 86.8]]


def test_lines_have_their_values_gaps_and_band():
    panel = Panel(
        "P", [Drawn("a", [0.1, None, 0.3], (LIGHT.after, "dash"))], line=0.2, ends=(0, 1),
        band=([0, 0, 0], [0.2, 0.2, 0.4]),
    )  # fmt: skip
    with ink.style():
        figure = stacked([1, 2, 3], [panel, panel], "x", width=3.5)
    axes, key = figure.axes[:2]
    (line,) = marked(axes)
    assert list(line.get_xdata()) == [1, 2, 3]
    assert np.isnan(line.get_ydata()[1]) and line.get_ydata()[2] == 0.3
    assert axes.get_ylim() == (0, 1) and len(axes.collections) == 1
    assert [text.get_text() for text in key.texts] == ["a"]
    titles = [text.get_text() for text in figure.texts]
    assert titles == ["(a) P", "(b) P"]
    assert figure.axes[2].get_xlabel() == "x" and axes.get_xlabel() == ""


@pytest.fixture(scope="module")
def found(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    answer = engine.predict(Scene(FACE))
    return [
        Answered(Posed(f"{yaw}", FACE, yaw=float(yaw), pitch=0.0), Shown("p", Scene(FACE), answer))
        for yaw in (30, -30, 0)
    ]


def test_poses_stand_in_the_order_of_their_yaw_with_their_weights(found):
    with ink.style():
        figure = over_poses(found, YAW, width=3.5)
    answer = found[0].answer
    weights, _key, probabilities, _key2, margin, _key3 = figure.axes
    lines = marked(weights)
    assert [list(line.get_xdata()) for line in lines] == [[-30.0, 0.0, 30.0]] * len(answer.boxes)
    for line, relative in zip(lines, answer.relative_weights, strict=True):
        assert line.get_ydata()[0] == pytest.approx(float(relative))
    assert len(marked(probabilities)) == 3
    (line,) = marked(margin)
    assert line.get_ydata()[0] == pytest.approx(answer.rb_margin)
    assert ink.drawn(lambda: over_poses(found, YAW, width=3.5), "pdf").startswith(b"%PDF")


def test_a_plain_networks_poses_have_probabilities_alone(found):
    one = found[0]
    answer = one.answer
    plain = replace(answer, boxes=answer.boxes[:1], rb_margin=None)
    shown = [Answered(other.posed, Shown("p", other.scene, plain)) for other in found]
    with ink.style():
        figure = over_poses(shown, YAW, width=3.5)
    assert len(figure.axes) == 2


def test_window_maps_stand_side_by_side_each_with_its_own_scale():
    rng = np.random.default_rng(3)
    first, second = (rng.normal(0, by, (64, 64)).astype(np.float32) for by in (0.01, 1.0))
    maps = [WindowMap("probability", first, 0.05), WindowMap("margin", second, 2.0)]
    with ink.style():
        figure = window_maps(FACE.pixels, maps, limit=7.16)
    pictures = [axes for axes in figure.axes if axes.get_title()]
    bars = [axes for axes in figure.axes if not axes.get_title()]
    assert [axes.get_title() for axes in pictures] == ["probability", "margin"]
    for axes, bar, one in zip(pictures, bars, maps, strict=True):
        drawn = np.asarray(axes.images[0].get_array())
        assert np.array_equal(
            drawn, np.asarray(heat_overlay(FACE.pixels, one.values, scale=one.full, signed=True))
        )
        assert list(bar.get_xticks()) == [-one.full, 0.0, one.full]
        at, below = axes.get_position(), bar.get_position()
        assert at.x0 < below.x0 and below.x1 < at.x1 and below.y1 < at.y0
    assert pictures[0].get_position().x1 < pictures[1].get_position().x0
    assert pictures[-1].get_position().x1 == pytest.approx(1.0), "the row fills the figure"
    assert figure.get_size_inches()[0] == pytest.approx(row_wide(2, 7.16))
    assert row_wide(2, 7.16) < 7.16
