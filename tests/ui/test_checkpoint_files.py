"""A checkpoint's files while the app runs: replaced, damaged, or with no room for an upload."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
import torch
from app_pages import cover, numbers_on_page, opened, words

from ran.errors import BadRequest
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.ui.shared import compute


@pytest.fixture
def replaceable(tiny_network, checkpoint, tmp_path, monkeypatch) -> Path:
    """The checkpoint that the app opens with, in a folder that a test may change."""
    place = tmp_path / "network"
    shutil.copytree(checkpoint, place)
    monkeypatch.setenv("RAN_CHECKPOINT", str(place))
    return place


def another(checkpoint: Path, folder: Path) -> Path:
    """The same network with other parameters, as files of the same names."""
    model, card = load_checkpoint(checkpoint)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(torch.rand_like(parameter) + 0.5)
    save_checkpoint(folder, model, card)
    return folder


def put(files: Path, place: Path) -> None:
    for file in files.iterdir():
        file.replace(place / file.name)


def test_files_that_are_replaced_while_the_app_runs_are_loaded(replaceable, tmp_path):
    app = cover(opened(), "mouth")
    before = numbers_on_page(app)
    assert numbers_on_page(app.run()) == before
    put(another(replaceable, tmp_path / "other"), replaceable)
    assert numbers_on_page(app.run()) != before


def test_files_that_are_replaced_by_damage_are_said_and_mended_ones_are_taken(
    replaceable, checkpoint
):
    app = cover(opened(), "mouth")
    before = numbers_on_page(app)
    weights = replaceable / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    assert "model.safetensors" in words(app.run())
    assert not app.exception
    weights.write_bytes(whole)
    assert numbers_on_page(app.run()) == before


@pytest.mark.parametrize(
    ("number", "where"), [(errno.ENOSPC, "write_bytes"), (errno.EROFS, "folder")]
)
def test_an_upload_for_which_there_is_no_room_is_one_sentence(
    checkpoint, monkeypatch, number, where
):
    def refuse(*_args, **_more):
        raise OSError(number, os.strerror(number))

    if where == "folder":
        monkeypatch.setattr(compute, "TemporaryDirectory", refuse)
    else:
        monkeypatch.setattr(Path, "write_bytes", refuse)
    files = [(path.name, path.read_bytes()) for path in checkpoint.iterdir()]
    with pytest.raises(BadRequest, match=f"cannot store your checkpoint: {os.strerror(number)}"):
        compute.uploaded_engine(files, "cpu")
