"""What every test may ask for: a tiny checkpoint, the data sets, and one thread for torch."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

from ran.expressions import FERPLUS
from ran.net.checkpoints import Card, load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork, RegionAttentionNetwork


def pytest_configure() -> None:
    # Two workers with a thread each, and what they start too, apps and commands: more threads
    # would fight over the same two cores.
    torch.set_num_threads(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")


SLOW = frozenset(
    [
        "test_benchmarks",
        "test_cohort_on_ray",
        "test_cli",
        "test_cli_paths",
        "test_cli_recipe",
        "test_cli_refusals",
        "test_explain_released",
        "test_explainer",
        "test_faithfulness",
        "test_fast",
        "test_film_page",
        "test_framing",
        "test_grad_cam",
        "test_keys",
        "test_maps",
        "test_model_page",
        "test_opened_pose",
        "test_page_drawing",
        "test_page_faces",
        "test_pages",
        "test_pose_choice",
        "test_poses",
        "test_poses_page",
        "test_processes",
        "test_slow_maps",
        "test_wheel",
    ]
)
"""Files that take more than eight seconds on two cores: `make check` leaves them out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    """An operator's own device or checkpoint must not decide what a test sees."""
    for name in ("RAN_DEVICE", "RAN_CHECKPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """A folder with an untrained, seeded RAN on ResNet-18 at 48 pixels: the same every time.

    Its heads are enlarged, so that regions differ in weight and a hidden one is noticed.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = RegionAttentionNetwork("resnet18", classes=len(FERPLUS))
    with torch.no_grad():
        for head in (model.self_attention.query, model.relation_attention.query, model.classifier):
            head.weight.mul_(20.0)
    card = Card(
        name="tiny",
        kind="ran",
        backbone="resnet18",
        classes=FERPLUS,
        input_size=48,
        grey=True,
        framing="ferplus",
        attention="sigmoid",
        alpha=0.02,
        trained_on="nothing",
        licence="MIT",
        recipe={},
        seed=0,
        scores=None,
        note="Untrained; for tests alone.",
    )
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    save_checkpoint(folder, model, card)
    return folder


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder with the data sets, named by RAN_DATA; without it the test is skipped."""
    place = os.environ.get("RAN_DATA")
    if not place:
        pytest.skip("RAN_DATA does not say where the data sets lie")
    folder = Path(place)
    if not folder.is_dir():
        pytest.fail(f"RAN_DATA must name a folder, got {place}")
    return folder


@pytest.fixture
def tiny_network(checkpoint, monkeypatch) -> None:
    """An app that opens on the tiny checkpoint, on the CPU, and remembers nothing from before."""
    from ran.ui.shared import compute

    monkeypatch.setenv("RAN_CHECKPOINT", str(checkpoint))
    monkeypatch.setenv("RAN_DEVICE", "cpu")
    monkeypatch.setattr("ran.ui.occlude.evidence.HEAD_START_S", 0.0)
    monkeypatch.setattr("ran.ui.shared.faces.scenes.begin", _first_example)
    monkeypatch.setattr("ran.ui.shared.faces.scenes.offer_scenes", lambda *_: None)
    compute._engine.clear()
    compute._examples.clear()


def _first_example(session, engine) -> None:
    """Begin with nothing hidden: the scenes that a visitor begins with have tests of their own."""
    from ran.ui.shared import compute

    session.use_photo(compute.look_at_example(engine, compute.EXAMPLES / compute.FIRST_EXAMPLE))


@pytest.fixture
def poses(tiny_network, monkeypatch):
    """The Poses page on the first example, its nine poses turned once for all tests."""
    from app_pages import opened_at_once

    monkeypatch.delenv("RAN_DATA", raising=False)
    monkeypatch.setattr("ran.engine.engine.turn_all", _turned)
    return opened_at_once()


def _turned(face, turns, device):
    return [_turned_once(face, *angles) for angles in turns]


@cache
def _turned_once(face, yaw, pitch):
    from ran.face.head import turn

    return turn(face, yaw, pitch)


@pytest.fixture(scope="session")
def plain(checkpoint, tmp_path_factory) -> Path:
    """The folder of a plain network, untrained, that takes the same faces as the tiny RAN."""
    _, card = load_checkpoint(checkpoint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = PlainNetwork(classes=len(card.classes))
    folder = tmp_path_factory.mktemp("plain") / "plain"
    save_checkpoint(folder, model, replace(card, kind="plain", name="my plain"))
    return folder
