"""As many threads as the process may use processors, or as the operator says."""

from __future__ import annotations

import os

import pytest
import torch

from ran.engine.threads import processors, take_threads


@pytest.fixture(autouse=True)
def eight(monkeypatch):
    """A process that may run on eight processors; torch's threads as they were, after."""
    before = torch.get_num_threads()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("said", "count"),
    [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("1600000 100000", 8),
     ("many", 8), ("100000 0", 8), ("", 8)],
)  # fmt: skip
def test_a_containers_share_counts(tmp_path, said, count):
    (tmp_path / "cpu.max").write_text(said + "\n")
    assert processors(tmp_path) == count


@pytest.mark.parametrize(("quota", "count"), [("-1", 8), ("300000", 3), ("10000", 1)])
def test_an_older_containers_share_counts(tmp_path, quota, count):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota + "\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert processors(tmp_path) == count


def test_without_a_container_all_count(tmp_path):
    assert processors(tmp_path) == 8


def test_torch_takes_them_unless_the_operator_says_otherwise(monkeypatch):
    monkeypatch.setattr("ran.engine.threads.processors", lambda: 3)
    assert take_threads() == torch.get_num_threads() == 3
    for said, count in (("2", 2), ("2,4", 2), ("0", 1), ("all", 3)):
        monkeypatch.setenv("OMP_NUM_THREADS", said)
        assert take_threads() == torch.get_num_threads() == count
