"""The benchmark's own arithmetic, its reference against the network, and its honesty."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.cohort import between_row, cohort_row, files_row
from benchmarks.explain import ablation_row, integrated_row, memory_row, saliency_row
from benchmarks.forward import forward_row, seeded_network
from benchmarks.photo import photo_row
from benchmarks.reference import reference_around, reference_from
from benchmarks.regions import cached_row, leave_one_out_row, shapley_row
from benchmarks.rows import Check, Row, in_turns, table
from benchmarks.turns import turns_row

WRONG = Check("largest error 0.5", False)


def test_ratio_is_the_baseline_median_over_ours():
    row = Row("a", "b", samples=(1.0, 2.0, 9.0), baseline=(6.0, 5.0, 1.0))
    assert row.ratio == 2.5  # median 5 over median 2


def test_a_wrong_answer_says_fail_however_fast_it_was():
    row = Row("a", "b", samples=(0.001,), baseline=(1.0,), check=WRONG)
    assert row.ratio == pytest.approx(1000.0)
    assert row.verdicts == ("FAIL",)
    assert "FAIL" in table([row])


@pytest.mark.parametrize(
    ("samples", "baseline", "noisy"),
    [((1.0, 1.5), (1.0,), False), ((1.0, 1.51), (1.0,), True), ((1.0,), (2.0, 3.1), True)],
)
def test_noisy_is_more_than_one_and_a_half_between_slowest_and_fastest(samples, baseline, noisy):
    assert ("NOISY" in Row("a", "b", samples, baseline).verdicts) is noisy


def test_what_was_not_measured_says_so_and_why():
    row = Row("cold start", "", goal=15.0, reason="no Chromium")
    assert row.verdicts == ("not measured",)
    assert "not measured: no Chromium" in table([row])
    assert row.as_json()["median_s"] is None


def test_a_goal_without_a_baseline_is_the_most_seconds_allowed():
    assert Row("start", "", (14.0,), goal=15.0).verdicts == ()
    assert Row("start", "", (16.0,), goal=15.0).verdicts == ("below goal",)


def test_both_sides_take_turns_and_each_goes_first_as_often():
    calls: list[str] = []
    ours, baseline = in_turns(lambda: calls.append("o"), lambda: calls.append("b"), repeats=4)
    assert "".join(calls[2:]) == "obboobbo"  # after one unmeasured call of each
    assert len(ours) == len(baseline) == 4


@torch.no_grad()
def test_the_reference_loop_is_the_network():
    model, _ = seeded_network(48)
    crops = torch.rand(2, 6, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    logits, weights = reference_from(model.state_dict())(list(crops.unbind(1)))
    output = model.forward_regions(crops)
    torch.testing.assert_close(output.logits, logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(output.weights, weights, atol=1e-5, rtol=1e-4)


def test_the_forward_row_measures_an_answer_that_is_right():
    row = forward_row(2, device="cpu", repeats=2, side=48, peak=1e12)
    assert row.check is not None
    assert row.check.passed, row.check.words
    assert len(row.samples) == 2
    assert row.peak_share is not None
    # 6 crops, 2 faces, ResNet-18 at 48 pixels: 3.63 GFLOP at 224, scaled by the area.
    flops = row.peak_share * 1e12 * sum(row.samples) / 2
    assert flops == pytest.approx(12 * 3.63e9 * (48 / 224) ** 2, rel=0.2)


@pytest.mark.parametrize("measure", [cached_row, shapley_row, leave_one_out_row])
def test_the_rows_of_the_regions_measure_answers_that_are_right(measure):
    row = measure(device="cpu", repeats=1)
    assert row.check is not None
    assert row.check.passed, row.check.words
    assert len(row.samples) == 1
    assert (row.ratio is None) == (not row.against)


@pytest.mark.parametrize("measure", [saliency_row, ablation_row])
def test_the_rows_of_the_maps_measure_answers_that_are_right(measure):
    row = measure(device="cpu", repeats=1, side=48)
    assert row.check is not None
    assert row.check.passed, row.check.words
    assert row.ratio is not None
    assert row.name.endswith(", 48 pixels")


def test_the_row_of_integrated_gradients_takes_the_bundled_network_whatever_its_backbone():
    row = integrated_row(device="cpu", repeats=1, side=128)
    assert row.samples
    assert row.baseline


def test_the_reference_around_a_network_is_the_network():
    model, card = seeded_network(48)
    crops = torch.rand(2, 6, 3, 48, 48)
    with torch.no_grad():
        expected = model.forward_regions(crops)
        logits, weights = reference_around(model)(list(crops.unbind(1)))
    torch.testing.assert_close(logits, expected.logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(weights, expected.weights, rtol=1e-4, atol=1e-6)
    assert card.backbone == "resnet18"


def test_the_row_of_turns_measures_answers_that_are_right_while_others_compute():
    row = turns_row(device="cpu", repeats=5)
    assert row.check is not None
    assert row.check.passed, row.check.words
    assert len(row.samples) == len(row.baseline) == 5


def test_the_memory_row_says_by_how_much_the_process_grew():
    row = memory_row(device="cpu", count=3, before=1)
    assert row.check is not None
    assert "3 explanations by 10 methods" in row.check.words


def test_the_cohorts_row_measures_answers_that_are_right():
    row = cohort_row(device="cpu", repeats=1, faces=5)
    assert row.check is not None
    assert row.check.passed, row.check.words
    assert row.name == "cohort, 5 faces in memory"


@pytest.mark.parametrize("is_framed", [True, False])
def test_the_rows_of_files_measure_answers_that_are_right(is_framed):
    row = files_row(device="cpu", repeats=1, is_framed=is_framed, pictures=4)
    assert row.check.passed, row.check.words
    assert row.ratio > 0
    assert "4 files" in row.check.words


def test_the_row_of_what_lies_between_measures_answers_that_are_right():
    row = between_row(device="cpu", repeats=3)
    assert row.check is not None
    assert row.check.passed, row.check.words
    assert len(row.samples) == 3


def test_the_row_of_a_photo_compares_what_was_decoded():
    row = photo_row(repeats=1, size=(60, 40), start=0.0)
    assert row.check is not None
    assert row.check.words == "1 picture of 2 decodings"
    assert row.check.passed


@pytest.mark.gpu
def test_the_forward_row_is_right_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    row = forward_row(2, device="cuda", repeats=2, side=48)
    assert row.check is not None
    assert row.check.passed, row.check.words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--device", "abacus"], "expected a device of"),
        (["--json", "no/such/folder/rows.json"], "expected a file in a folder that exists"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_measured(arguments, words):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 2
    assert words in done.stderr
    assert "measuring" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_row_survives_the_way_through_json():
    row = Row("a", "b", (1.0, 2.0), (3.0, 4.0), check=WRONG, goal=1.7)
    back = json.loads(json.dumps(row.as_json()))
    assert back["ratio"] == pytest.approx(3.5 / 1.5)
    assert back["verdicts"] == ["FAIL", "NOISY"]
