"""Charts of studies: every dot and bar where its number is, nothing cut off."""

import re

import pytest

from ran.figures import DARK, LIGHT, studies

ROWS = [("As the paper", 84.0, 0.2), ("Without RB-loss", 83.25, 0.4), ("Whole face", 80.0, 0.0)]


def ink(figure):
    """Return the traces with markers, by their only y."""
    return {trace.y[0]: trace for trace in figure.data if trace.mode == "markers"}


def test_each_variant_has_its_dot_its_bar_and_its_difference_in_words():
    figure = studies.ablations(ROWS, LIGHT)
    assert {name: trace.x[0] for name, trace in ink(figure).items()} == {
        name: accuracy for name, accuracy, _ in ROWS
    }
    bars = [tuple(trace.x) for trace in figure.data if trace.mode == "lines"]
    assert bars == [pytest.approx(bar) for bar in ((83.8, 84.2), (82.85, 83.65), (80.0, 80.0))]
    axis = figure.layout.yaxis
    written = [re.sub("<[^>]*>", " ", text).split() for text in axis.ticktext[::-1]]
    assert [" ".join(words[-2:]) for words in written] == ["84.0 %", "%, −0.8", "%, −4.0"]
    assert written[1] == ["Without", "RB-loss", "83.2", "%,", "−0.8"]
    assert list(axis.tickvals) == [name for name, _, _ in ROWS][::-1]
    low, high = figure.layout.xaxis.range
    assert low < 80.0
    assert high > 84.2
    assert list(figure.layout.yaxis.categoryarray)[-1] == "As the paper", "the first row on top"


def test_variants_that_all_reach_the_same_still_have_an_axis():
    figure = studies.ablations([("One", 50.0, 0.0), ("Other", 50.0, 0.0)], DARK)
    low, high = figure.layout.xaxis.range
    assert low < 50 < high


def test_margins_are_shares_of_all_faces_and_the_axis_holds_what_is_used():
    edges = [round(-0.3 + 0.1 * step, 1) for step in range(7)]
    without, trained = [0, 0, 6, 2, 0, 0], [0, 0, 0, 1, 3, 0]
    figure = studies.rb_margins(edges, without, trained, 0.02, LIGHT)
    shares = {trace.hovertemplate.split(":")[0]: list(trace.y) for trace in figure.data}
    assert shares == {
        "trained with RB-loss": pytest.approx([0, 0, 0, 25, 75, 0]),
        "trained without": pytest.approx([0, 0, 75, 25, 0, 0]),
    }
    low, high = figure.layout.xaxis.range
    assert -0.2 < low < -0.1
    assert 0.2 < high < 0.3
    (zone,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert zone.x1 == 0.02
