"""What an answer says of itself: whether mu differs enough between regions to mean anything."""

from __future__ import annotations

import numpy as np
import pytest

from ran.net.regions import fixed_layout
from ran.prediction import Prediction

BOXES = fixed_layout().boxes


def answer(mu, nu) -> Prediction:
    mu, nu = np.array(mu, np.float32), np.array(nu, np.float32)
    numbers = np.zeros(2, np.float32)
    return Prediction(
        ("a", "b"), numbers, numbers, mu, nu, mu * nu / (mu * nu).sum(), 0 * mu,
        BOXES[: len(mu)], 0.02, 0.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mu", "nu", "nearly"),
    [
        # As on the bundled network: nu decides.
        ([0.27, 0.31, 0.39, 0.37, 0.31, 0.35], [0.29, 0.13, 0.08, 0.006, 0.01, 0.009], True),
        ([0.3] * 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], True),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.3] * 6, False),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.1, 0.6, 0.2, 0.5, 0.3, 0.4], False),
        ([0.3] * 6, [0.4] * 6, False),
        ([0.0, 0.3, 0.3, 0.3, 0.3, 0.3], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], False),
        ([1.0], [1.0], False),
    ],
    ids=["bundled", "equal mu", "equal nu", "both", "all equal", "left out", "plain"],
)
def test_mu_is_nearly_constant_where_w_follows_nu(mu, nu, nearly):
    assert answer(mu, nu).is_mu_nearly_constant is nearly
