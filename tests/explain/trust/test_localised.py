"""How much of a map lies about the landmarks."""

import numpy as np
import pytest

from ran.explain.trust.localised import RADIUS, localised

EYE = np.float32([[0.3, 0.4]])


def test_a_flat_map_lies_there_as_much_as_the_area_is():
    found = localised(np.ones((400, 400), np.float32), EYE)
    assert found.mass == pytest.approx(found.area)
    assert found.area == pytest.approx(np.pi * RADIUS**2, rel=0.01)


def test_signs_do_not_cancel_and_a_point_beside_counts_not():
    values = np.zeros((100, 100), np.float32)
    values[40, 30], values[41, 30], values[90, 90] = 3, -1, 4
    assert localised(values, EYE).mass == pytest.approx(0.5)


def test_areas_that_overlap_count_once_and_beyond_the_face_not_at_all():
    both = localised(np.ones((200, 200), np.float32), np.float32([[0.3, 0.4], [0.3, 0.4]]))
    assert both.area == localised(np.ones((200, 200), np.float32), EYE).area
    outside = localised(np.ones((200, 200), np.float32), np.float32([[-2.0, 0.4]]))
    assert (outside.mass, outside.area) == (0, 0)


def test_a_map_of_zeros_lies_nowhere():
    assert localised(np.zeros((9, 9), np.float32), EYE) is None
