"""Training on made-up faces: what it leaves, that it resumes, and what --init takes."""

import argparse
import json

import numpy as np
import pytest
import torch
from PIL import Image

from ran.errors import BadCheckpoint
from ran.net.checkpoints import load_checkpoint
from ran.net.model import PlainNetwork
from ran.study.augment import random_views
from ran.study.training import add_arguments, load_backbone, run

FERPLUS_LISTS = {
    "dlib_ferplus_train_center_crop_range_list.txt": "{label}/{stem} 6",
    "dlib_ferplus_val_center_crop_range_list.txt": "{label}/{stem} 6",
    "jianfei_occlusion_list.txt": "{label}_{stem}.png 8 0",
    "pose_30_ferplus_list.txt": "{label}/{stem}.jpg",
    "pose_45_ferplus_list.txt": "{label}/{stem}.jpg",
}


@pytest.fixture
def made_up(tmp_path):
    """A FERPlus of twelve noise pictures a split, and lists that name them all."""
    draw = np.random.default_rng(0)
    stems = {}
    for split in ("Train", "Valid", "Test"):
        folder = tmp_path / "data" / f"FER2013{split}"
        folder.mkdir(parents=True)
        rows = []
        for number in range(12):
            stem, label = f"fer{len(stems):07d}", number % 8
            stems[stem] = (split, label)
            Image.fromarray(draw.integers(0, 256, (48, 48), np.uint8)).save(folder / f"{stem}.png")
            votes = ["9" if c == label else "0" for c in range(10)]
            rows.append(f'{stem}.png,"(0, 0, 48, 48)",{",".join(votes)}')
        (folder / "label.csv").write_text("\n".join(rows) + "\n")
    lists = tmp_path / "lists" / "FERplus_dir"
    lists.mkdir(parents=True)
    for name, line in FERPLUS_LISTS.items():
        train = "train" in name
        lines = [
            line.format(stem=stem, label=label)
            for stem, (split, label) in stems.items()
            if (split != "Test") == train
        ]
        (lists / name).write_text("\n".join(lines) + "\n")
    return tmp_path


def train(made_up, *options):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    common = ["--ferplus", made_up / "data", "--lists", made_up / "lists", "--run", made_up / "run"]
    return run(parser.parse_args([str(option) for option in (*options, *common)]))


def test_the_three_stages_leave_a_checkpoint_that_loads_with_its_scores(made_up):
    small = ("--input-size", 32, "--batch", 4)
    train(made_up, "backbone", "--epochs", 2, "--stop-after", 1, *small)
    train(made_up, "backbone")
    rows = [json.loads(line) for line in (made_up / "run/metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2], "the second call must resume, not begin again"
    train(made_up, "heads", "--head-epochs", 2)
    train(made_up, "release", "--out", made_up / "out")
    model, card = load_checkpoint(made_up / "out")
    assert card.input_size == 32
    assert {name: score["n"] for name, score in card.scores.items()} == {
        "ferplus": 12, "occlusion": 12, "pose30": 12, "pose45": 12,
    }  # fmt: skip
    assert 0 <= card.scores["ferplus"]["accuracy"] <= 1
    assert len(model.layout) == 6


def test_a_released_backbone_is_loaded_and_its_heads_are_named_as_left_out(tmp_path):
    source, target = PlainNetwork(), PlainNetwork()
    state = {f"module.{key}": value for key, value in source.backbone.state_dict().items()}
    state["module.fc.weight"] = torch.zeros(5000, 512)
    torch.save({"state_dict": state}, tmp_path / "faces.pth.tar")
    said = load_backbone(target, tmp_path / "faces.pth.tar")
    assert said.endswith("left out: fc.weight")
    for ours, theirs in zip(
        target.backbone.state_dict().values(), source.backbone.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_a_backbone_of_another_depth_is_refused(tmp_path):
    state = PlainNetwork("resnet18").backbone.state_dict()
    torch.save({"state_dict": state}, tmp_path / "faces.pth.tar")
    with pytest.raises(BadCheckpoint, match="tensors are missing"):
        load_backbone(PlainNetwork("resnet34"), tmp_path / "faces.pth.tar")


def test_views_repeat_with_their_generator_and_stay_in_range():
    faces = torch.randint(0, 256, (5, 1, 48, 48), dtype=torch.uint8)
    first = random_views(faces, 40, torch.Generator().manual_seed(4))
    assert torch.equal(first, random_views(faces, 40, torch.Generator().manual_seed(4)))
    assert first.shape == (5, 3, 40, 40)
    assert first.min() >= 0
    assert first.max() <= 1
    assert not torch.equal(first, random_views(faces, 40, torch.Generator().manual_seed(5)))
