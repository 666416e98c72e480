"""Training under torchrun: two processes on the CPU (gloo) take the steps that one would take."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from made_up_ferplus import write_ferplus, write_lists

from ran.__main__ import main

# VGG16 has no batch statistics; those of a ResNet each process has of its own faces alone.
ASKED = ("train", "backbone", "--backbone", "vgg16", "--input-size", "32", "--batch", "4")
ASKED += ("--epochs", "2", "--rate", "0.02")


@pytest.fixture
def places(tmp_path):
    """Where the faces lie, as options, and a folder for runs that is emptied afterwards."""
    write_lists(tmp_path / "lists", write_ferplus(tmp_path / "data", faces=8))
    runs = tmp_path / "runs"
    yield ["--ferplus", str(tmp_path / "data"), "--lists", str(tmp_path / "lists")], runs
    shutil.rmtree(runs)  # hundreds of megabytes


def metrics(folder, name):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)[name] for line in lines]


def test_two_processes_get_the_losses_of_one_and_only_the_first_writes(places, monkeypatch):
    faces, runs = places
    monkeypatch.setenv("RAN_DEVICE", "cpu")
    launch = ["torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "ran"]
    with subprocess.Popen(
        [sys.executable, "-m", *launch, *ASKED, *faces, "--folder", str(runs / "two")],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    ) as two:
        assert main([*ASKED, *faces, "--run", str(runs / "one")]) == 0
        _, said = two.communicate(timeout=300)
    assert two.returncode == 0, said
    assert metrics(runs / "one", "loss")[0] != pytest.approx(metrics(runs / "one", "loss")[1])
    assert metrics(runs / "two", "loss") == pytest.approx(metrics(runs / "one", "loss"), abs=1e-5)
    assert metrics(runs / "two", "valid") == metrics(runs / "one", "valid")
    one, two = (
        {path.relative_to(runs / name) for path in (runs / name).rglob("*")}
        for name in ("one", "two")
    )
    assert two == one
