"""What a probability stands for: raters, or the label."""

import numpy as np
import pytest
import torch

from ran.study.data.ferplus import Faces
from ran.study.evaluation.comparison import error_against, fitted_temperature
from ran.study.evidence.calibration import calibrations


def faces(votes):
    names = tuple(f"fer{number}" for number in range(len(votes)))
    return Faces(names, np.zeros((len(votes), 48, 48), np.uint8), np.array(votes, np.int64))


def test_a_probability_that_is_the_share_of_raters_has_no_error_against_them():
    votes = [[7, 3, *[0] * 8], [4, 6, *[0] * 8]]
    logits = torch.log(torch.tensor([[0.7, 0.3], [0.4, 0.6]]) + 1e-12)
    logits = torch.cat([logits, torch.full((2, 6), -40.0)], 1)
    found = calibrations(logits, faces(votes), {"both": frozenset(("fer0", "fer1"))}, temperature=1)
    row = found["both"]
    assert row["n"] == 2
    assert row["raters"] == pytest.approx(0.65)
    assert row["sure"] == row["sure_t1"] == pytest.approx(0.65)
    assert row["ece_raters"] == pytest.approx(0, abs=1e-6)
    assert row["ece_answer"] == pytest.approx(0.35), "both answers are the label"


def test_each_list_is_its_own_and_the_temperature_divides():
    votes = [[10, *[0] * 9], [0, 10, *[0] * 8], [10, *[0] * 9]]
    logits = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    logits = torch.cat([logits, torch.full((3, 6), -40.0)], 1)
    lists = {"first": frozenset(("fer0",)), "rest": frozenset(("fer1", "fer2"))}
    found = calibrations(logits, faces(votes), lists, temperature=0.5)
    sure, undivided = (1 / (1 + np.exp(-z)) for z in (4, 2))
    assert found["first"]["sure"] == pytest.approx(sure, rel=1e-5)
    assert found["first"]["sure_t1"] == pytest.approx(undivided, rel=1e-5)
    assert found["first"]["ece_answer"] == pytest.approx(1 - sure, rel=1e-4)
    assert found["rest"]["ece_answer"] == pytest.approx(sure, rel=1e-5), "both are wrong"
    assert found["rest"]["raters"] == 0


def test_the_temperature_of_votes_gives_back_their_shares():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4000, 8, generator=generator) * 2
    shares = (logits / 1.7).softmax(1)
    assert fitted_temperature(logits, shares) == pytest.approx(1.7, rel=1e-3)
    probabilities = (logits / 1.7).softmax(1)
    assert error_against(probabilities, shares.max(1).values) == pytest.approx(0, abs=1e-6)
