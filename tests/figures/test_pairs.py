"""The matrix of pairs: each number once, in its colour, on one scale; names are escaped."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ran.figures.evidence.pairs import pairs

NAMES = ["Whole face", "Left eye", "<b>Nose</b>"]


def symmetric(*values: float) -> np.ndarray:
    made = np.zeros((3, 3), np.float32)
    made[np.triu_indices(3, 1)] = values
    return made + made.T


def test_each_pair_stands_once_with_its_way_and_depth():
    made = pairs(NAMES, [("clean", symmetric(0.5, -0.25, 0.001))], "together")
    cells = re.findall(r'<td class="(\w+)" style="--depth:(\d+)%" title="([^"]*)">([^<]*)', made)
    assert cells == [
        ("up", "35", "Left eye, Whole face: +0.500", "+0.50"),
        ("down", "18", "&lt;b&gt;Nose&lt;/b&gt;, Whole face: −0.250", "−0.25"),
        ("same", "0", "&lt;b&gt;Nose&lt;/b&gt;, Left eye: +0.001", "±0.00"),
    ]
    assert "<b>Nose" not in made
    assert made.count("<td") == 3 * 2, "the triangle's other half is empty"
    assert made.count("<tr") == 4


def test_two_faces_share_one_scale():
    made = pairs(NAMES, [("a", symmetric(1, 0, 0)), ("b", symmetric(0.5, 0, 0))], "together")
    assert re.findall(r"--depth:(\d+)%", made)[::3] == ["35", "18"]


def test_nothing_at_all_has_no_colour_and_a_wrong_shape_is_refused():
    assert set(re.findall(r"--depth:(\d+)%", pairs(NAMES, [("a", symmetric(0, 0, 0))], "t"))) == {
        "0"
    }
    with pytest.raises(ValueError, match="3 x 3"):
        pairs(NAMES, [("a", np.zeros((2, 2), np.float32))], "t")
