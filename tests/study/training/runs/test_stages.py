"""Training on made-up faces: what each stage leaves, and that it resumes."""

import json
import shutil
from dataclasses import asdict

import pytest
import torch
from torch import nn
from training_runs import SMALL, metrics, parameters, pretend_heads_reached, tiny_backbone, train

from ran.net.backbones import BACKBONES, Backbone
from ran.net.checkpoints import load_checkpoint
from ran.net.model import RanOutput, RegionAttentionNetwork
from ran.net.regions import crop_regions, pixel_boxes
from ran.study.data.ferplus import read_ferplus
from ran.study.training.features import compute_features, read_features
from ran.study.training.objective import ran_loss
from ran.study.training.options import Recipe
from ran.study.training.run_folder import kept_epoch, load_ran
from ran.study.training.views.augmentation import DRAWS, random_views


def test_the_stages_leave_a_checkpoint_that_loads_with_its_scores(faces, ready, tmp_path):
    pretend_heads_reached(ready, -1.0)
    train(faces, ready, "joint", "--joint-epochs", 1)
    train(faces, ready, "release", "--out", tmp_path / "out", "--photographs", 0)
    model, card = load_checkpoint(tmp_path / "out")
    assert {name: score["n"] for name, score in card.scores.items()} == {
        "ferplus": 12, "occlusion": 12, "pose30": 12, "pose45": 12,
    }  # fmt: skip
    assert card.input_size == 32
    assert "12 faces" in card.trained_on
    assert "no pretraining" in card.trained_on
    assert "all of it together" in card.note
    assert card.recipe == asdict(Recipe(**json.loads((ready / "config.json").read_text())))
    ours = parameters(ready / "ran.pt")
    for name, value in model.state_dict().items():
        assert torch.allclose(value, ours[name].to(value.dtype), atol=1e-2)


@pytest.mark.parametrize(
    ("stage", "epochs"), [("backbone", "--epochs"), ("joint", "--joint-epochs")]
)
def test_a_run_that_was_interrupted_ends_as_one_that_was_not(
    faces, with_heads, tmp_path, stage, epochs
):
    kept = {"backbone": "backbone.pt", "joint": "ran.pt"}[stage]
    folders = [tmp_path / "whole", tmp_path / "parts"]
    for folder in folders:
        if stage == "joint":
            shutil.copytree(with_heads, folder)
            pretend_heads_reached(folder, -1.0)
    train(faces, folders[0], stage, *SMALL, epochs, 3)
    train(faces, folders[1], stage, *SMALL, epochs, 3, "--stop-after", 1)
    assert [row["epoch"] for row in metrics(folders[1], stage)] == [1]
    train(faces, folders[1], stage)
    whole, parts = (metrics(folder, stage) for folder in folders)
    assert [row["epoch"] for row in parts] == [1, 2, 3]
    assert parts == whole
    whole, parts = (parameters(folder / kept) for folder in folders)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    train(faces, folders[1], stage)
    assert len(metrics(folders[1], stage)) == 3, "a run that is done has nothing left to do"


@pytest.mark.parametrize(("reached", "replaced"), [(2.0, False), (-1.0, True)])
def test_joint_training_replaces_the_ran_only_if_it_beats_the_heads(
    faces, ready, reached, replaced
):
    pretend_heads_reached(ready, reached)
    before = parameters(ready / "ran.pt")
    train(faces, ready, "joint", "--joint-epochs", 1)
    after = parameters(ready / "ran.pt")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert bool(changed) == replaced
    assert kept_epoch(ready)["stage"] == ("joint" if replaced else "heads")


def test_joint_training_changes_every_part_but_the_batch_statistics(faces, ready):
    pretend_heads_reached(ready, -1.0)
    before = parameters(ready / "ran.pt")
    train(faces, ready, "joint", "--joint-epochs", 1, "--joint-rate", 0.1)
    after = parameters(ready / "ran.pt")
    kept = {name for name in before if torch.equal(before[name], after[name])}
    statistics = {"running_mean", "running_var", "num_batches_tracked"}
    assert kept == {"mean", "std", *(f"backbone.1.{name}" for name in statistics)}


def test_the_joint_loss_is_cross_entropy_and_rb_loss_on_the_regions_of_random_views(faces, ready):
    pretend_heads_reached(ready, 2.0)  # so that ran.pt stays what training began with
    train(faces, ready, "joint", "--joint-epochs", 1, "--joint-batch", 12, "--alpha", 0.5)
    generator = torch.Generator().manual_seed(Recipe().seed * 1000)
    torch.randperm(12, generator=generator)
    draws = torch.rand(12, DRAWS, generator=generator)
    listed = read_ferplus(faces / "data", "train")
    views = random_views(torch.from_numpy(listed.pixels)[:, None], 32, draws, scale=(0.85, 1.2))
    model = load_ran(Recipe(), ready)
    output = model.forward_regions(crop_regions(views, pixel_boxes(model.layout, 32)))
    loss = 0.0
    for row in range(12):
        logs = output.logits[row].log_softmax(0).tolist()
        shares = [votes / 9 for votes in listed.votes[row, :8].tolist()]
        loss -= sum(share * log for share, log in zip(shares, logs, strict=True))
        mu = output.self_weights[row].tolist()
        loss += max(0.0, 0.5 - (max(mu[1:]) - mu[0]))
    assert metrics(ready, "joint")[0]["loss"] == pytest.approx(loss / 12, abs=1e-5)


def test_joint_training_on_few_crops_sees_the_whole_face_and_so_many(faces, ready, monkeypatch):
    seen, forward = [], RegionAttentionNetwork.forward

    def watched(self, views, boxes=None):
        seen.extend([boxes.tolist()] if torch.is_grad_enabled() else [])
        return forward(self, views, boxes)

    monkeypatch.setattr(RegionAttentionNetwork, "forward", watched)
    train(faces, ready, "joint", "--joint-epochs", 2, "--joint-crops", 2)
    assert [(len(boxes), boxes[0]) for boxes in seen] == [(3, [0, 0, 32, 32])] * 6
    assert len({str(boxes) for boxes in seen}) > 1
    assert json.loads((ready / "config.json").read_text())["joint_crops"] == 2


def test_the_ran_loss_has_the_hand_computed_value():
    logits = torch.tensor([[2.0, 0.0]])
    output = RanOutput(logits, torch.tensor([[0.5, 0.51]]), *[torch.empty(0)] * 3)
    # 0.75 * log(1 + e^-2) + 0.25 * (2 + log(1 + e^-2)) + 3 * (0.02 - 0.01)
    loss = ran_loss(output, torch.tensor([[0.75, 0.25]]), Recipe(rb_loss=3.0))
    assert loss.item() == pytest.approx(0.126928 + 0.5 + 0.03, abs=1e-5)


def test_heads_are_trained_on_the_features_that_the_network_computes(faces, ready):
    model, listed = load_ran(Recipe(), ready), read_ferplus(faces / "data", "valid")
    assert compute_features(model, listed, 32, place=ready / "features")
    features = read_features(ready / "features", len(listed))
    assert features.dtype == torch.float16
    pictures = torch.from_numpy(listed.pixels)[:, None].expand(-1, 3, -1, -1) / 255
    inputs = nn.functional.interpolate(pictures, (32, 32), mode="bilinear", antialias=True)
    with torch.no_grad():
        assert torch.allclose(features.float(), model(inputs).features, atol=2e-3)


def test_heads_leave_the_backbone_as_it_was_and_keep_their_best_epoch(ready):
    backbone, ran = parameters(ready / "backbone.pt"), parameters(ready / "ran.pt")
    shared = [name for name in backbone if name.startswith(("backbone.", "mean", "std"))]
    assert all(torch.equal(backbone[name], ran[name]) for name in shared)
    best = max(row["valid"] for row in metrics(ready, "heads"))
    assert kept_epoch(ready)["valid"] == best


def test_the_kept_epoch_is_counted_from_where_the_heads_last_began(ready):
    rows = [("heads", 1, 0.9), ("joint", 1, 0.95), ("heads", 1, 0.4), ("heads", 2, 0.6)]
    rows = [{"stage": stage, "epoch": epoch, "valid": valid} for stage, epoch, valid in rows]
    (ready / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert kept_epoch(ready)["valid"] == 0.6


def test_new_heads_begin_joint_training_anew(faces, ready):
    train(faces, ready, "joint", "--joint-epochs", 1)
    train(faces, ready, "heads")
    train(faces, ready, "joint")
    assert [row["epoch"] for row in metrics(ready, "joint")] == [1, 1]


def test_a_limit_is_for_one_call(faces, ready):
    train(faces, ready, "heads", "--limit", 5)
    assert metrics(ready, "heads")[-1]["faces"] == 5
    train(faces, ready, "heads")
    assert metrics(ready, "heads")[-1]["faces"] == 12


def test_small_epochs_run_at_two_thirds_of_the_size(faces, tmp_path):
    sides = []
    network, width = tiny_backbone()
    network[0].register_forward_pre_hook(lambda _, inputs: sides.append(inputs[0].shape[-1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "resnet18", Backbone(lambda: (network, width), "layer4", 8))
        train(faces, tmp_path / "run", "backbone", *SMALL, "--epochs", 2, "--small-epochs", 1)
    assert sides == [21] * 3 + [32] * 7, "twelve faces of valid are two batches"
