"""Paired tests, calibration error and temperature, against hand numbers and closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ran.study.evaluation.comparison import (
    BINS,
    calibration_error,
    exact_mcnemar,
    fitted_temperature,
    paired,
)


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 2 / 32),
        (1, 9, 2 * 11 / 1024),  # 1 + 10 of 2^10, both sides
        (9, 1, 2 * 11 / 1024),
    ],
)
def test_mcnemars_p_is_the_binomial_tail_on_both_sides(one, other, p):
    assert exact_mcnemar(one, other) == pytest.approx(p)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemars_p_is_symmetric_and_a_probability(one, other):
    p = exact_mcnemar(one, other)
    assert 0 < p <= 1 or (p == 0 and abs(one - other) > 900)
    assert p == exact_mcnemar(other, one)


def test_a_pair_counts_the_faces_that_one_alone_has_right():
    first = torch.tensor([True, True, True, False, False])
    second = torch.tensor([True, False, False, True, False])
    assert paired(first, second) == {
        "n": 5, "difference": pytest.approx(0.2), "first_only": 2, "second_only": 1, "p": 1.0,
    }  # fmt: skip


def test_the_calibration_error_of_hand_made_bins():
    # Two faces of 0.9, one right; two of 0.6, both right: (|.5 - .9| * 2 + |1 - .6| * 2) / 4.
    rows = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    assert calibration_error(rows, torch.tensor([0, 1, 0, 0])) == pytest.approx(0.4, abs=1e-6)


def test_gaps_of_one_bin_cancel_and_those_of_two_do_not():
    width = 1 / BINS
    low, high = 0.5 + 0.1 * width, 0.5 + 0.3 * width
    assert math.ceil(low * BINS) == math.ceil(high * BINS)
    rows = torch.tensor([[low, 1 - low], [high, 1 - high]])
    together = calibration_error(rows, torch.tensor([0, 1]))
    assert together == pytest.approx(abs(1 - low - high) / 2, abs=1e-6)
    apart = torch.tensor([[low, 1 - low], [high + width, 1 - high - width]])
    error = calibration_error(apart, torch.tensor([0, 1]))
    assert error == pytest.approx((1 - low + high + width) / 2, abs=1e-6)


def test_a_certain_right_answer_has_no_calibration_error():
    assert calibration_error(torch.eye(3), torch.arange(3)) == 0


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_the_temperature_of_two_classes_is_the_closed_form(share):
    # Logits (2, 0): the probability is the share answered rightly where 2 / T is its logit.
    logits = torch.tensor([[2.0, 0.0]] * 100)
    labels = torch.tensor([0] * round(100 * share) + [1] * round(100 * (1 - share)))
    closed = 2 / math.log(share / (1 - share))
    assert fitted_temperature(logits, labels) == pytest.approx(closed, rel=1e-3)


def test_a_fitted_temperature_lowers_the_calibration_error_of_sharpened_logits():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4000, 8, generator=generator)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
    temperature = fitted_temperature(5 * logits, labels)
    assert temperature == pytest.approx(5, rel=0.1)
    before = calibration_error((5 * logits).softmax(1), labels)
    assert calibration_error((5 * logits / temperature).softmax(1), labels) < 0.2 * before
