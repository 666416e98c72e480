"""Covered list 2: the product's own covers on faces of a list."""

import numpy as np
import pytest

from ran.study.data.ferplus import Faces
from ran.study.evaluation.covered_list import product_covers


@pytest.fixture(scope="module")
def faces():
    draw = np.random.default_rng(3)
    pixels = draw.integers(60, 200, (120, 48, 48), dtype=np.uint8)
    names = tuple(f"fer{n:07d}" for n in range(120))
    return Faces(names, pixels, np.ones((120, 10), np.int64))


def test_every_face_is_covered_and_the_list_is_that_of_its_names_and_seed(faces):
    covered = product_covers(faces, seed=7)
    changed = (covered.pixels != faces.pixels).mean((1, 2))
    assert (changed > 0.01).all()
    assert (changed < 0.99).all(), "nothing hides a whole face"
    assert product_covers(faces, seed=7).key == covered.key
    assert product_covers(faces, seed=8).key != covered.key
    backwards = faces.at(np.arange(120)[::-1])
    assert np.array_equal(product_covers(backwards, seed=7).pixels[::-1], covered.pixels)


def test_stickers_parts_and_rectangles_come_in_many_fills(faces):
    covered = product_covers(faces, seed=7)
    flat, noisy = 0, 0
    for before, after in zip(faces.pixels, covered.pixels, strict=True):
        hidden = after[before != after]
        flat += np.ptp(hidden) == 0
        noisy += np.ptp(hidden) > 200
    assert flat > 10, "one grey"
    assert noisy > 3, "noise, and stickers that are dark and light"


def test_the_faces_that_were_given_stay(faces):
    before = faces.pixels.copy()
    product_covers(faces, seed=1)
    assert np.array_equal(faces.pixels, before)
