"""Features on disk: computed once, gone on with, and never another network's."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ran.net.backbones import BACKBONES, Backbone
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import RegionLayout, fixed_layout
from ran.study.data.ferplus import Faces
from ran.study.training import features
from ran.study.training.features import compute_features, read_features
from ran.study.training.run_folder import Allowance

OVER = Allowance(ends=-1.0)


class Counting(nn.Sequential):
    """Three means of a picture, and how many pictures were asked of it and of its copies."""

    asked = 0

    def __init__(self):
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.register_buffer("kind", torch.zeros(1))

    def forward(self, pictures):
        Counting.asked += len(pictures)
        return super().forward(pictures) + self.kind


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setitem(BACKBONES, "resnet18", Backbone(lambda: (Counting(), 3), "", 8))
    monkeypatch.setattr(features, "PART", 4)
    monkeypatch.setattr(Counting, "asked", 0)
    return RegionAttentionNetwork("resnet18").eval()


def faces(count=10, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 48, 48), np.uint8)
    names = tuple(f"fer{seed}{number:06d}" for number in range(count))
    return Faces(names, pixels, np.ones((count, 10), np.int64))


def test_features_are_those_of_each_crop_in_the_faces_order(model, tmp_path):
    assert compute_features(model, faces(), 48, place=tmp_path / "f")
    found = read_features(tmp_path / "f", 10)
    assert found.shape == (10, 6, 3)
    whole = torch.from_numpy(faces().pixels).float().mean((1, 2)) / 255
    assert torch.allclose(found[:, 0, 0].float(), whole, atol=1e-3)
    upper = torch.from_numpy(faces().pixels[:, :36, :36].copy()).float().mean((1, 2)) / 255
    # Resized to 48 pixels its mean moves a little.
    assert torch.allclose(found[:, 1, 0].float(), upper, atol=5e-3)


def test_mirrored_features_are_those_of_the_mirrored_pictures(model, tmp_path):
    some = faces()
    turned = Faces(some.names, some.pixels[:, :, ::-1].copy(), some.votes)
    compute_features(model, some, 48, place=tmp_path / "a", mirrored=True)
    compute_features(model, turned, 48, place=tmp_path / "b")
    a, b = (read_features(tmp_path / name, 10) for name in "ab")
    assert torch.equal(a, b)


def test_what_is_there_is_not_computed_again_but_a_longer_list_goes_on(model, tmp_path):
    place = tmp_path / "f"
    compute_features(model, faces().first(8), 48, place=place)
    asked = Counting.asked
    assert compute_features(model, faces().first(8), 48, place=place, allowance=OVER)
    assert Counting.asked == asked
    assert compute_features(model, faces(), 48, place=place)
    assert Counting.asked == asked + 2 * 6


def test_when_the_time_is_over_it_stops_and_says_so(model, tmp_path):
    place = tmp_path / "f"
    assert not compute_features(model, faces(), 48, place=place, allowance=OVER)
    assert Counting.asked == 0
    assert compute_features(model, faces(), 48, place=place)


@pytest.mark.parametrize("change", ["parameters", "size", "layout", "mirrored"])
def test_features_of_anything_else_are_computed_anew(model, tmp_path, change):
    place = tmp_path / "f"
    compute_features(model, faces(), 48, place=place)
    before, asked = read_features(place, 10), Counting.asked
    if change == "parameters":
        model.backbone.kind.fill_(1.0)
    compute_features(
        model, faces(), 40 if change == "size" else 48, place=place,
        layout=RegionLayout(fixed_layout().boxes[:3]) if change == "layout" else None,
        mirrored=change == "mirrored",
    )  # fmt: skip
    assert Counting.asked > asked
    after = read_features(place, 10)
    assert after.shape != before.shape or not torch.equal(after, before)


def test_a_part_of_other_faces_or_a_damaged_one_is_computed_anew(model, tmp_path):
    place = tmp_path / "f"
    compute_features(model, faces(seed=1), 48, place=place)
    compute_features(model, faces(), 48, place=place)
    expected = read_features(place, 10)
    part = sorted(Path(place).glob("*.pt"))[1]
    part.write_bytes(part.read_bytes()[:100])
    asked = Counting.asked
    compute_features(model, faces(), 48, place=place)
    assert Counting.asked == asked + 4 * 6
    assert torch.equal(read_features(place, 10), expected)


def test_an_allowance_of_minutes_ends_and_one_of_none_never_does():
    assert not Allowance.of(None, 10).is_over(590)
    assert Allowance.of(None, 10).is_over(610)
    assert Allowance.of(None, 1).ends == pytest.approx(time.monotonic() + 60, abs=5)
    assert not Allowance.of(3, None).is_over(1e12)
