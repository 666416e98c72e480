"""Shaded tables for a paper: every number in its cell, colours by one rule, names that fit."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ran.figures.grammar import LIGHT, weight_colour
from ran.figures.paper import ink
from ran.figures.paper.grids_drawn import confusion, mean_weights, pairs
from ran.net.regions import fixed_layout

REGIONS = fixed_layout().names


def drawn(make):
    with ink.style():
        return make()


def cells(axes):
    """Text and ground of every cell, by row and column."""
    grounds = {(round(one.get_y()), round(one.get_x())): one.get_facecolor()[:3]
               for one in axes.patches}  # fmt: skip
    texts = {(int(one.get_position()[1]), int(one.get_position()[0])): one.get_text()
             for one in axes.texts}  # fmt: skip
    assert set(grounds) == set(texts)
    return {at: (texts[at], grounds[at]) for at in texts}


def names(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_a_confusion_matrix_has_its_counts_shaded_by_their_share_of_the_row():
    counts = [[90, 10, 0], [1, 1, 2], [0, 0, 0]]
    figure = drawn(lambda: confusion(("fear", "anger", "neutral"), counts, width=3.5))
    (axes,) = figure.axes
    found = cells(axes)
    assert [[found[row, at][0] for at in range(3)] for row in range(3)] == [
        [str(count) for count in row] for row in counts
    ]
    assert names(axes) == ["fear (100)", "anger (4)", "neutral (0)"]
    paper = np.array(to_rgb(LIGHT.paper))

    def depth(at, colour):
        """The share of the way from paper to the colour."""
        way = np.array(to_rgb(colour)) - paper
        return float(np.dot(np.array(found[at][1]) - paper, way) / np.dot(way, way))

    assert depth((0, 0), LIGHT.after) == pytest.approx(0.75 * 0.9, abs=0.01)
    assert depth((0, 1), LIGHT.warn) == pytest.approx(0.75 * 0.1, abs=0.01)
    assert depth((1, 2), LIGHT.warn) == pytest.approx(0.75 * 0.5, abs=0.01)
    assert found[2, 1][1] == pytest.approx(tuple(paper), abs=0.01), "no face, no shade"


def test_pairs_are_triangles_on_one_scale():
    values = np.zeros((6, 6), np.float32)
    values[2, 1] = values[1, 2] = -0.4
    more = 2 * values
    figure = drawn(lambda: pairs(REGIONS, [("clean", values), ("covered", more)], width=3.5))
    first, second = figure.axes
    one, other = cells(first), cells(second)
    assert set(one) == {(row, at) for row in range(5) for at in range(row + 1)}
    assert one[1, 1][0] == "−0.40" and other[1, 1][0] == "−0.80" and one[0, 0][0] == "±0.00"
    assert names(first) == names(second) == list(REGIONS[1:])
    paper, down = np.array(to_rgb(LIGHT.paper)), np.array(to_rgb(LIGHT.down))
    for found, share in ((one, 0.75 / 2), (other, 0.75)):
        wanted = paper + share * (down - paper)
        assert found[1, 1][1] == pytest.approx(tuple(wanted), abs=0.01)
    titles = [text.get_text() for text in figure.texts]
    assert {"clean", "covered", *REGIONS[:-1]} <= set(titles)


def test_mean_weights_have_the_colours_of_weights_and_all_stays_inside():
    rows = [("all faces", 1200, [1.2, 0.4, 1.0, 1.0, 1.1, 1.3]), ("mask", 8, [2.0] * 6)]
    figure = drawn(lambda: mean_weights(REGIONS, rows, width=7.16))
    (axes,) = figure.axes
    found = cells(axes)
    assert names(axes) == ["all faces (1,200)", "mask (8)"]
    for row, (_name, _count, weights) in enumerate(rows):
        for at, weight in enumerate(weights):
            text, ground = found[row, at]
            assert text == f"{weight:.2f}"
            assert ground == pytest.approx(to_rgb(weight_colour(weight, LIGHT)), abs=0.01)
    with ink.style():
        figure.draw_without_rendering()
        across, down = figure.bbox.size
        for text in (*figure.texts, *axes.texts, *axes.get_yticklabels()):
            box = text.get_window_extent()
            assert box.x0 >= 0 and box.x1 <= across and box.y0 >= 0 and box.y1 <= down, text
