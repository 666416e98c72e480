"""A small plain network, and the folder that it was saved to."""

import pytest
import torch
from plain_checkpoints import CARD

from ran.net.checkpoints import save_checkpoint
from ran.net.model import PlainNetwork


@pytest.fixture(scope="module")
def plain():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return PlainNetwork("resnet18", classes=3).eval()


@pytest.fixture
def folder(plain, tmp_path):
    save_checkpoint(tmp_path / "plain", plain, CARD)
    return tmp_path / "plain"
