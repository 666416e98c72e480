"""Rank correlation against a plain count of ranks, and the threshold against every order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ran.explain.trust.ranks import least_significant, spearman

numbers = st.integers(-4, 4)
pairs = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=12)


def ranks(row):
    """One rank after another: half a place for each equal number, a whole one for each smaller."""
    return [
        1 + sum(other < number for other in row) + (sum(other == number for other in row) - 1) / 2
        for number in row
    ]


@given(pairs)
def test_it_is_pearsons_correlation_of_plainly_counted_ranks(rows):
    first, second = zip(*rows, strict=True)
    rho = spearman(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert rho is None
    else:
        assert rho == pytest.approx(np.corrcoef(ranks(first), ranks(second))[0, 1], abs=1e-12)


def test_by_hand():
    assert spearman([1, 2, 3, 4], [10, 20, 30, 45]) == 1.0
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == -1.0
    # Ranks 1 2 3 4 and 1 3 2 4: D = 2, rho = 1 - 6 * 2 / 60.
    assert spearman([1, 2, 3, 4], [0.1, 0.3, 0.2, 9.0]) == pytest.approx(0.8)


@given(pairs)
def test_only_the_order_counts(rows):
    first, second = (np.array(row, float) for row in zip(*rows, strict=True))
    assert spearman(np.exp(first), 3 * second + 1) == spearman(first, second)


@pytest.mark.parametrize("count", range(1, 8))
def test_the_threshold_is_the_least_that_one_in_twenty_orders_reach(count):
    usual = np.arange(count)
    if count == 1:
        assert least_significant(1) is None
        return
    found = np.array([abs(spearman(usual, order)) for order in permutations(range(count))])
    shares = {rho: (found >= rho - 1e-9).mean() for rho in np.unique(found.round(9))}
    expected = min((rho for rho, share in shares.items() if share <= 0.05), default=None)
    assert least_significant(count) == (
        None if expected is None else pytest.approx(expected, abs=1e-9)
    )


@pytest.mark.parametrize(
    ("count", "published"),
    # The two-sided 5 % critical values in tables of Spearman's rho (Zar 1972).
    [(4, None), (5, 1.0), (6, 0.886), (7, 0.786), (8, 0.738), (9, 0.700), (10, 0.648), (12, 0.587)],
)
def test_the_threshold_is_the_published_one(count, published):
    found = least_significant(count)
    assert found == (None if published is None else pytest.approx(published, abs=5e-4))


@settings(max_examples=20)
@given(st.integers(5, 10))
def test_more_numbers_need_less(count):
    assert least_significant(count + 1) < least_significant(count)


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(ValueError, match="equally long, got 2 and 3"):
        spearman([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="finite"):
        spearman([1, np.nan], [1, 2])
    assert spearman([1], [2]) is None
    for count in (0, 15):
        with pytest.raises(ValueError, match="count must be in"):
            least_significant(count)
