"""A FERPlus of made-up faces, and a run folder with trained heads, on a tiny backbone."""

import shutil
from pathlib import Path

import pytest
from made_up_ferplus import write_ferplus, write_lists
from training_runs import (
    SMALL,
    tiny_backbone,
    train,
)

from ran.net.backbones import BACKBONES, Backbone


@pytest.fixture(autouse=True, scope="module")
def _tiny():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("resnet18", "dlib29"):
            patch.setitem(BACKBONES, name, Backbone(tiny_backbone, "layer4", 8))
        yield


@pytest.fixture(autouse=True)
def _on_cpu(monkeypatch, _no_settings_from_outside):
    monkeypatch.setenv("RAN_DEVICE", "cpu")


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """A folder with data/ and lists/: a FERPlus of twelve faces a split, all on the lists."""
    folder = tmp_path_factory.mktemp("faces")
    write_lists(folder / "lists", write_ferplus(folder / "data"))
    return folder


@pytest.fixture(scope="module")
def with_heads(faces, tmp_path_factory):
    """A run folder after the stages `backbone` and `heads`; tests change copies of it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAN_DEVICE", "cpu")
        train(faces, folder, "backbone", *SMALL, "--epochs", 2)
        train(faces, folder, "heads", "--head-epochs", 3)
    return folder


@pytest.fixture
def ready(with_heads, tmp_path):
    """A run folder ready for the stage `joint`."""
    return Path(shutil.copytree(with_heads, tmp_path / "run"))
