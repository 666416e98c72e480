"""The two dot panels: each mark stands at its number, in its own panel and row."""

import pytest

from ran.figures import CONFIG, DARK, LIGHT, saving
from ran.figures.evidence.worths import Panel, side_by_side

NAMES = ("Whole face", "Upper left", "Lower middle")
W = (("clean", [0.97, 1.02, 1.20]), ("covered", [1.03, 1.15, 0.73]))
SHAPLEY = (("clean", [0.8, 0.9, 1.9]), ("covered", [0.5, 0.95, -0.4]))
WEIGHTS = Panel("w, × uniform", "weight", W, 1, "1×", "×")
VALUES = Panel("Shapley, logits", "Shapley value", SHAPLEY, 0, "0")


def dots_of(figure, axis):
    """Clean and covered values of one panel, in the order of the names."""
    return [
        dict(zip(trace.y, trace.x, strict=True))
        for trace in figure.data
        if trace.mode == "markers" and trace.xaxis == axis
    ]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_each_panel_has_its_own_values_in_its_own_axis(theme):
    figure = side_by_side(NAMES, (WEIGHTS, VALUES), theme)
    for axis, panel in (("x", WEIGHTS), ("x2", VALUES)):
        clean, covered = dots_of(figure, axis)
        (_, before), (_, after) = panel.faces
        assert clean == dict(zip(NAMES, before, strict=True))
        assert covered == dict(zip(NAMES, after, strict=True))
    assert list(figure.layout.yaxis.categoryarray) == list(NAMES)[::-1], "the first is on top"


def test_the_bar_between_the_dots_has_the_colour_of_the_change():
    figure = side_by_side(NAMES, (WEIGHTS, VALUES), LIGHT)
    bars = {
        (trace.xaxis, trace.y[0]): trace.line.color
        for trace in figure.data
        if trace.mode == "lines"
    }
    assert bars["x", "Lower middle"] == LIGHT.down
    assert bars["x2", "Upper left"] == LIGHT.up


def test_without_a_cover_only_hollow_dots_stand():
    bare = Panel("w", "weight", W[:1], 1, "1×")
    figure = side_by_side(NAMES, (bare, bare), LIGHT)
    assert [trace.mode for trace in figure.data] == ["markers", "markers"]
    assert {trace.marker.color for trace in figure.data} == {LIGHT.paper}


def test_the_axis_names_the_reference_and_only_what_stands_clear_of_it():
    figure = side_by_side(NAMES, (WEIGHTS, VALUES), LIGHT)
    # Both ends stand more than 42 % of the span from uniform.
    assert figure.layout.xaxis.ticktext == ("1×", "0.73", "1.20")
    # -0.4 lies at 17 % of the span from zero.
    assert figure.layout.xaxis2.ticktext == ("0", "1.90")
    low, high = figure.layout.xaxis2.range
    assert low < -0.4 and high > 1.9


def test_equal_values_still_have_an_axis():
    flat = Panel("μ", "μ", [("clean", [0.5, 0.5, 0.5])], 0.5, "0.5")
    low, high = side_by_side(NAMES, (flat, flat), LIGHT).layout.xaxis.range
    assert low < 0.5 < high


def test_panels_of_other_regions_are_refused():
    with pytest.raises(ValueError, match="one a region"):
        side_by_side(NAMES[:2], (WEIGHTS, VALUES), LIGHT)


def test_a_chart_to_save_offers_nothing_but_the_picture_as_svg():
    config = saving("ran-regions")
    assert config["modeBarButtons"] == [["toImage"]]
    assert config["toImageButtonOptions"] == {"format": "svg", "filename": "ran-regions"}
    assert CONFIG == {"displayModeBar": False}, "other charts have no bar"
