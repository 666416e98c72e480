"""Covers of training and covered list 1: how much is hidden, by what, and by whose numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ran.study.data.ferplus import Faces
from ran.study.evaluation.covered_list import covered_list
from ran.study.training.views.covering import COVER_DRAWS, KINDS, covered

VIEWS = torch.full((400, 1, 48, 48), 2.0)
OTHERS = torch.full((400, 1, 48, 48), 3.0)
DRAWS = torch.rand(400, COVER_DRAWS, generator=torch.Generator().manual_seed(1))


def one_of(kind, *, fill=0.0, chosen=0.0):
    """A row of numbers that give a cover of this kind, its other sizes in the middle."""
    row = torch.full((1, COVER_DRAWS), 0.5)
    row[0, 0], row[0, 1], row[0, 4] = chosen, fill, (kind + 0.5) / KINDS
    return row


def hidden(kind, side=100):
    view = torch.full((1, 1, side, side), 2.0)
    return (covered(view, view + 1, one_of(kind), share=1.0) != 2.0)[0, 0]


def test_the_share_of_the_views_is_covered_and_the_rest_untouched():
    seen = covered(VIEWS, OTHERS, DRAWS, share=0.6)
    changed = (seen != VIEWS).flatten(1).any(1)
    assert torch.equal(changed, DRAWS[:, 0] < 0.6)
    assert torch.equal(covered(VIEWS, OTHERS, DRAWS, share=0.0), VIEWS)


def test_a_cover_is_the_faces_own_whoever_else_is_in_the_batch():
    together = covered(VIEWS, OTHERS, DRAWS, share=1.0)
    for row in range(0, 400, 57):
        some = slice(row, row + 1)
        assert torch.equal(covered(VIEWS[some], OTHERS[some], DRAWS[some], share=1.0)[0],
                           together[row])  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "rows", "columns"),
    [
        (0, (0, 40), (0, 100)),  # .25 + .5 * .3 = .40 of the side
        (1, (60, 100), (0, 100)),
        (2, (0, 100), (0, 40)),
        (3, (0, 100), (60, 100)),
        (4, (29, 71), (29, 71)),  # .425 of the side, in the middle
        (5, (24, 76), (24, 76)),  # radii .255
        (6, (32, 50), (0, 100)),
    ],
)
def test_each_kind_lies_where_its_numbers_say(kind, rows, columns):
    place = hidden(kind).nonzero()
    low, high = place.min(0).values.tolist(), (place.max(0).values + 1).tolist()
    assert (low, high) == (
        [pytest.approx(rows[0], abs=1), pytest.approx(columns[0], abs=1)],
        [pytest.approx(rows[1], abs=1), pytest.approx(columns[1], abs=1)],
    )
    area = (rows[1] - rows[0]) * (columns[1] - columns[0])
    share = 3.14159 / 4 if kind == 5 else 1.0
    assert int(hidden(kind).sum()) == pytest.approx(area * share, rel=0.05)


def test_a_cover_is_one_grey_noise_or_another_face():
    view, other = torch.full((1, 1, 40, 40), 2.0), torch.full((1, 1, 40, 40), 3.0)
    inside = {
        fill: covered(view, other, one_of(0, fill=fill), share=1.0)[0, 0, :16].unique()
        for fill in (0.49, 0.6, 0.76)
    }
    assert inside[0.49].tolist() == [0.5]
    assert len(inside[0.6]) > 500 and inside[0.6].min() >= 0 and inside[0.6].max() < 1
    assert inside[0.6].mean().item() == pytest.approx(0.5, abs=0.05)
    assert inside[0.76].tolist() == [3.0]


FACES = Faces(
    tuple(f"fer{row:07}" for row in range(300)),
    np.full((300, 48, 48), 100, np.uint8),
    np.zeros((300, 10), np.int64),
)


def test_covered_list_1_hides_as_much_as_its_definition_says():
    seen = covered_list(FACES, seed=7).pixels
    shares = (seen != 100).mean((1, 2))
    # Halves hide .33 to .52, boxes .4^2 to .7^2, ovals pi .208^2 to pi .354^2.
    assert shares.min() > 0.13 and shares.max() < 0.54
    one_grey = np.array([len(np.unique(face)) <= 2 for face in seen])
    assert 0.5 < one_grey.mean() < 0.7
    changed = seen != 100  # noise may be 100 here and there
    halves = (changed.mean(2) > 0.9).any(1) | (changed.mean(1) > 0.9).any(1)
    assert 0.58 < halves.mean() < 0.75, "four kinds of six"


def test_covered_list_1_is_drawn_in_order_of_name_by_its_seed():
    order = np.random.default_rng(0).permutation(300)
    again = covered_list(FACES.at(order), seed=7)
    assert np.array_equal(again.pixels, covered_list(FACES, seed=7).pixels[order])
    assert not np.array_equal(
        covered_list(FACES, seed=8).pixels, covered_list(FACES, seed=7).pixels
    )
    assert covered_list(FACES, seed=7).key != replace(FACES).key
    assert (FACES.pixels == 100).all(), "the faces given stay as they are"
