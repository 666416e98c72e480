"""The share of attention on the cover: by hand, and what must hold whatever the weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ran.explain.regions.attention_shift import attention_shift


def f32(*values):
    return np.array(values, np.float32)


def weights(count):
    positive = st.lists(st.floats(0.01, 1.0), min_size=count, max_size=count)
    return positive.map(lambda values: f32(*values) / np.float32(sum(values)))


def shares(count):
    return st.lists(st.floats(0, 1), min_size=count, max_size=count).map(lambda c: f32(*c))


def test_two_regions_by_hand():
    shift = attention_shift(f32(0.25, 0.75), f32(0.5, 0.5), f32(0.2, 0.6))
    assert shift.before == pytest.approx(0.25 * 0.2 + 0.75 * 0.6)
    assert shift.after == pytest.approx(0.5 * 0.2 + 0.5 * 0.6)
    assert shift.change == pytest.approx(-0.1)


@given(weights(6), weights(6), shares(6))
def test_the_other_way_round_the_shift_is_the_same_with_the_other_sign(before, after, covered):
    there, back = (attention_shift(a, b, covered) for a, b in ((before, after), (after, before)))
    assert there.change == pytest.approx(-back.change, abs=1e-9)


@given(weights(4), weights(4), st.floats(0, 1))
def test_where_every_region_is_covered_alike_nothing_shifts(before, after, share):
    shift = attention_shift(before, after, f32(*[share] * 4))
    assert shift.change == pytest.approx(0.0, abs=1e-6)


@given(weights(5), shares(5), st.integers(0, 4), st.integers(0, 4))
def test_weight_that_moves_to_a_less_covered_region_has_left(before, covered, source, target):
    after = before.copy()
    after[source] -= 0.5 * before[source]
    after[target] += 0.5 * before[source]
    shift = attention_shift(before, after, covered)
    expected = 0.5 * float(before[source]) * (float(covered[target]) - float(covered[source]))
    assert shift.change == pytest.approx(expected, abs=1e-6)
    assert -1.0 <= shift.change <= 1.0


@given(weights(5), weights(5), shares(5), st.permutations(range(5)))
def test_the_order_of_the_regions_does_not_matter(before, after, covered, order):
    order = list(order)
    shift = attention_shift(before, after, covered)
    shuffled = attention_shift(before[order], after[order], covered[order])
    assert shuffled.change == pytest.approx(shift.change, abs=1e-6)


def test_layouts_must_agree():
    with pytest.raises(ValueError, match="one layout"):
        attention_shift(f32(1, 0), f32(1), f32(0, 1))
