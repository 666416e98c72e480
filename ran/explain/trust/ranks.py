"""Rank correlation: Spearman's rho with ties, and how much of it chance alone gives."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_RANKED = 14
"""The longest order whose distribution is counted exactly: 2^14 sets of taken places."""
BY_CHANCE = 0.05
"""The share of all orders that may reach a threshold of significance, both signs counted."""


def spearman(first: ArrayLike, second: ArrayLike) -> float | None:
    """Return Spearman's rho of two equally long rows of numbers, in [-1, 1].

    The correlation of their ranks, equal numbers sharing the mean of the ranks they take (Spearman
    1904). None where one row is constant, or has fewer than two numbers: there is no order.

    Raises:
        ValueError: if the rows differ in length or hold something that is no number.
    """
    rows = [np.asarray(row, float).ravel() for row in (first, second)]
    if len(rows[0]) != len(rows[1]):
        raise ValueError(f"both rows must be equally long, got {len(rows[0])} and {len(rows[1])}")
    if not all(np.isfinite(row).all() for row in rows):
        raise ValueError("a rank needs finite numbers, got NaN or infinity")
    if len(rows[0]) < 2:
        return None
    one, other = (_centred_ranks(row) for row in rows)
    scale = float(np.sqrt((one @ one) * (other @ other)))
    if scale == 0.0:
        return None
    return float(np.clip(one @ other / scale, -1.0, 1.0))


def _centred_ranks(row: NDArray[np.float64]) -> NDArray[np.float64]:
    _, places, counts = np.unique(row, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[places]
    return np.asarray(ranks - (len(row) + 1) / 2, float)


@lru_cache(maxsize=MOST_RANKED)
def least_significant(count: int) -> float | None:
    """Return the least |rho| that at most 5 % of all orders of `count` numbers reach, either sign.

    Exact: every order is counted, not approximated; for numbers without ties. 0.886 for six. None
    where even a perfect order comes about more often: for four numbers or fewer.

    Raises:
        ValueError: if count is not in 1..MOST_RANKED.
    """
    if not 1 <= count <= MOST_RANKED:
        raise ValueError(f"count must be in 1..{MOST_RANKED}, got {count}")
    orders = _orders_by_distance(count)
    # rho = 1 - 6 D / (n (n^2 - 1)), D the sum of squared differences of ranks: even, symmetric.
    most = len(orders) - 1
    least, reached = None, 0
    for distance in range(0, most // 2, 2):
        reached += 2 * int(orders[distance])
        if reached > BY_CHANCE * orders.sum():
            break
        least = 1.0 - 2.0 * distance / most
    return least


def _orders_by_distance(count: int) -> NDArray[np.int64]:
    """Return, for D = 0..n(n^2-1)/3, how many orders have D as sum of squared rank differences.

    One place after another, over the sets of ranks that are taken: as many steps as sets and ranks,
    where there are n! orders.
    """
    most = count * (count**2 - 1) // 3
    nothing_taken = np.zeros(most + 1, np.int64)
    nothing_taken[0] = 1
    ways: dict[int, NDArray[np.int64]] = {0: nothing_taken}
    for place in range(count):
        longer: dict[int, NDArray[np.int64]] = {}
        for taken, orders in ways.items():
            for rank in range(count):
                if taken >> rank & 1:
                    continue
                step = (rank - place) ** 2
                row = longer.setdefault(taken | 1 << rank, np.zeros(most + 1, np.int64))
                row[step:] += orders[: most + 1 - step]
        ways = longer
    (orders,) = ways.values()
    return orders
