"""Training on made-up faces: what it leaves, that it resumes, what it refuses."""

import argparse
import itertools
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from made_up_ferplus import write_ferplus, write_lists
from torch import nn

from ran.__main__ import main
from ran.commands.train import add_arguments, run
from ran.errors import BadCheckpoint, BadRequest
from ran.net.checkpoints import load_checkpoint
from ran.net.model import BACKBONES, RanOutput, RegionAttentionNetwork
from ran.net.regions import crop_regions, pixel_boxes
from ran.study.augment import DRAWS, random_views
from ran.study.datasets import read_ferplus
from ran.study.features import compute_features, read_features
from ran.study.objective import ran_loss
from ran.study.recipe import Recipe
from ran.study.runs import kept_epoch, load_ran

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("*.json"))
SMALL = ("--input-size", 32, "--batch", 4, "--joint-batch", 4)


def tiny_backbone():
    """Return six features with batch normalisation, where a ResNet would take most of the time."""
    layers = [nn.Conv2d(3, 6, 5, stride=4), nn.BatchNorm2d(6), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 6


@pytest.fixture(autouse=True, scope="module")
def _tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "resnet18", tiny_backbone)
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


def options(faces, folder):
    return ["--ferplus", faces / "data", "--lists", faces / "lists", "--run", folder]


def train(faces, folder, *asked):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args([str(option) for option in (*asked, *options(faces, folder))]))


def metrics(folder, stage):
    """Return the lines of one stage without their times."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{**row, "time": 0} for row in rows if row["stage"] == stage]


def parameters(path):
    return torch.load(path, weights_only=True)


def pretend_heads_reached(folder, valid):
    """Write into metrics.jsonl that every epoch of the heads had this accuracy."""
    rows = [{**row, "valid": valid} for row in metrics(folder, "heads")]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


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
        patch.setitem(BACKBONES, "resnet18", lambda: (network, width))
        train(faces, tmp_path / "run", "backbone", *SMALL, "--epochs", 2, "--small-epochs", 1)
    assert sides == [21] * 3 + [32] * 7, "twelve faces of valid are two batches"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("backbone", "--backbone", "resnet19"), "There is no backbone 'resnet19'."),
        (("backbone", "--attention", "none"), "There is no attention 'none'."),
        (("backbone", "--input-size", 16), "Expected a whole number from 32 to 512."),
        (("backbone", "--views", "portraits"), "Use one of crops, photographs."),
        (("backbone", "--train-on", "test"), "There is no train on 'test'."),
        (("backbone", "--mixup", 0.7, "--cutmix", 0.6), "together at most 1"),
        (("joint", "--joint-crops", 6), "Expected a whole number from 0 to 5."),
        (("backbone", "--joint-crops", 2, "--flip-consistency", 1.0), "Set one of them to 0."),
        (("backbone", "--stop-after-minutes", 0), "Give 1 or more."),
        (("release", "--photographs", -1, "--out", "out"), "Give 0 or more."),
        (("backbone", "--rate", "nan"), "Expected a number from 0 to 100."),
        (("backbone", "--limit", 0), "Give 1 or more."),
        (("heads",), "Run the stage `backbone` first."),
        (("joint",), "Run the stage `heads` first."),
        (("release",), "Give --out FOLDER."),
        (("release", "--out", "out"), "Run the stage `heads` first."),
        (("backbone", "--init", "nowhere.pth.tar"), "Give --init a .pth.tar file or"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(faces, tmp_path, capsys, asked, said):
    arguments = ["train", *asked, *options(faces, tmp_path / "run")]
    assert main([str(argument) for argument in arguments]) == 2
    said_last = capsys.readouterr().err.splitlines()[-1]
    assert said in said_last


def test_without_accelerate_training_says_what_to_install(faces, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)  # an import of it now raises ImportError
    arguments = ["train", "backbone", *options(faces, tmp_path / "run")]
    assert main([str(argument) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "pip install -r requirements-train.txt" in error


@pytest.mark.parametrize(
    "changed", [("--input-size", 48), ("--epochs", 3), ("--batch", 6), ("--seed", 8)]
)
def test_a_begun_run_refuses_to_change_under_way(faces, ready, changed):
    before = (ready / "config.json").read_text()
    with pytest.raises(BadRequest, match="has begun with"):
        train(faces, ready, "heads", *changed)
    assert (ready / "config.json").read_text() == before


@pytest.mark.parametrize("changed", [("--joint-epochs", 3), ("--joint-batch", 6), ("--limit", 4)])
def test_joint_training_refuses_to_resume_with_another_number_of_steps(faces, ready, changed):
    train(faces, ready, "joint", "--stop-after", 1)
    with pytest.raises(BadRequest, match="has begun as"):
        train(faces, ready, "joint", *changed)


def test_a_config_from_before_joint_training_existed_still_reads(faces, ready):
    config = json.loads((ready / "config.json").read_text())
    old = {name: value for name, value in config.items() if not name.startswith(("joint", "init"))}
    (ready / "config.json").write_text(json.dumps(old))
    train(faces, ready, "heads")


@pytest.mark.parametrize("text", ["{", "[]", '{"colour": 1}', '{"epochs": "many"}'])
def test_a_damaged_config_is_refused(faces, ready, text):
    (ready / "config.json").write_text(text)
    with pytest.raises(BadRequest):
        train(faces, ready, "heads")


@pytest.mark.parametrize("name", ["backbone.pt", "ran.pt"])
def test_damaged_parameters_are_refused(faces, ready, name):
    (ready / name).write_bytes((ready / name).read_bytes()[:500])
    with pytest.raises(BadCheckpoint, match="is damaged"):
        train(faces, ready, "heads" if name == "backbone.pt" else "joint")


def test_a_loss_that_is_no_number_ends_training(faces, tmp_path):
    with pytest.raises(BadRequest, match="lower rate"):
        train(
            faces,
            tmp_path / "run",
            "backbone",
            *SMALL,
            "--rate",
            100,
            "--weight-decay",
            1,
            "--epochs",
            50,
        )


FULL = (
    "--views", "photographs", "--mixup", 0.3, "--cutmix", 0.3, "--balance", 0.5,
    "--flip-consistency", 1.0, "--sam", 0.05,
)  # fmt: skip


def test_all_stages_in_one_call_leave_what_three_calls_leave(faces, tmp_path):
    asked = (*SMALL, *FULL, "--epochs", 2, "--head-epochs", 2, "--joint-epochs", 1)
    train(faces, tmp_path / "one", "all", *asked)
    for stage in ("backbone", "heads", "joint"):
        train(faces, tmp_path / "three", stage, *asked)
    for stage, epochs in (("backbone", 2), ("heads", 2), ("joint", 1)):
        rows = metrics(tmp_path / "one", stage)
        assert len(rows) == epochs
        assert rows == metrics(tmp_path / "three", stage)
    ran, same = (parameters(tmp_path / name / "ran.pt") for name in ("one", "three"))
    assert all(torch.equal(ran[name], same[name]) for name in ran)


def test_a_call_whose_time_is_over_stops_and_the_next_ones_go_on_to_the_same_end(
    faces, tmp_path, monkeypatch
):
    asked = (*SMALL, "--epochs", 2, "--head-epochs", 2, "--joint-epochs", 2)
    train(faces, tmp_path / "whole", "all", *asked)
    # Each look at the clock takes half a minute: every call has time for a few epochs or parts.
    now = itertools.count(0.0, 30.0)
    monkeypatch.setattr("ran.study.runs.time.monotonic", lambda: next(now))
    calls = 0
    while not (tmp_path / "parts/joint/progress.json").is_file() or (
        json.loads((tmp_path / "parts/joint/progress.json").read_text())["epoch"] < 2
    ):
        train(faces, tmp_path / "parts", "all", *asked, "--stop-after-minutes", 1.6)
        calls += 1
        assert calls < 20, "every call must get further"
    assert calls > 2
    for stage in ("backbone", "heads", "joint"):
        assert metrics(tmp_path / "parts", stage) == metrics(tmp_path / "whole", stage)


def test_a_run_on_train_and_valid_keeps_its_last_epochs_and_chooses_nothing(faces, tmp_path):
    folder = tmp_path / "run"
    asked = ("--train-on", "train+valid", "--epochs", 2, "--head-epochs", 2, "--joint-epochs", 2)
    train(faces, folder, "all", *SMALL, *asked)
    for stage in ("backbone", "heads", "joint"):
        rows = metrics(folder, stage)
        assert all("valid" not in row and row["faces"] == 24 for row in rows)
    assert [row["kept"] for row in metrics(folder, "joint")] == [False, True]
    assert (kept_epoch(folder)["stage"], kept_epoch(folder)["epoch"]) == ("joint", 2)
    train(faces, folder, "release", "--out", tmp_path / "ran-out", "--photographs", 0)
    _, card = load_checkpoint(tmp_path / "ran-out")
    assert "train and valid, 24 faces" in card.trained_on
    assert "fixed beforehand" in card.trained_on
    assert (card.temperature, card.calibration["fitted_on"]) == (1.0, 0)


def test_joint_training_that_is_half_done_does_not_count_where_the_last_epoch_does(faces, tmp_path):
    asked = ("--train-on", "train+valid", "--epochs", 1, "--head-epochs", 1, "--joint-epochs", 2)
    for stage in ("backbone", "heads"):
        train(faces, tmp_path / "run", stage, *SMALL, *asked)
    train(faces, tmp_path / "run", "joint", "--stop-after", 1)
    assert kept_epoch(tmp_path / "run")["stage"] == "heads"


@pytest.mark.parametrize(
    "option", [FULL[0:2], FULL[2:4], FULL[4:6], FULL[6:8], FULL[8:10], FULL[10:12]], ids=str
)
def test_every_option_of_training_changes_what_is_learnt(faces, tmp_path, option):
    train(faces, tmp_path / "plain", "backbone", *SMALL, "--epochs", 1)
    train(faces, tmp_path / "other", "backbone", *SMALL, "--epochs", 1, *option)
    assert (
        metrics(tmp_path / "plain", "backbone")[0]["loss"]
        != (metrics(tmp_path / "other", "backbone")[0]["loss"])
        or option[0] == "--sam"
    )
    plain, other = (parameters(tmp_path / name / "backbone.pt") for name in ("plain", "other"))
    assert any(not torch.equal(plain[name], other[name]) for name in plain)


def test_options_come_from_a_file_and_the_command_line_has_the_last_word(faces, tmp_path):
    config = tmp_path / "recipe.json"
    config.write_text(json.dumps({"input_size": 32, "batch": 4, "epochs": 2, "seed": 9}))
    train(faces, tmp_path / "run", "backbone", "--config", config, "--epochs", 1)
    recipe = json.loads((tmp_path / "run/config.json").read_text())
    assert (recipe["batch"], recipe["epochs"], recipe["seed"]) == (4, 1, 9)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "as JSON"), ('{"colour": 1}', "colour"), ("[]", "list"), ('{"init": "a"}', "init")],
)
def test_a_file_of_options_that_cannot_be_is_refused(faces, tmp_path, text, said):
    (tmp_path / "recipe.json").write_text(text)
    with pytest.raises(BadRequest, match=said):
        train(faces, tmp_path / "run", "backbone", "--config", tmp_path / "recipe.json")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_of_the_repository_can_be_begun(faces, tmp_path, path):
    train(faces, tmp_path / "run", "backbone", "--config", path, *SMALL, "--epochs", 1)


def test_a_run_from_before_these_options_goes_on_with_what_they_were(faces, ready):
    config = json.loads((ready / "config.json").read_text())
    new = {"train_on", "views", "mixup", "cutmix", "balance", "flip_consistency", "sam"}
    assert new < set(config)
    old = {name: value for name, value in config.items() if name not in new}
    (ready / "config.json").write_text(json.dumps(old))
    (ready / "metrics.jsonl").write_text(
        "".join(
            json.dumps({name: value for name, value in row.items() if name != "kept"}) + "\n"
            for stage in ("backbone", "heads")
            for row in metrics(ready, stage)
        )
    )
    train(faces, ready, "heads")
    train(faces, ready, "joint", "--joint-epochs", 1)
    with pytest.raises(BadRequest, match="has begun with views"):
        train(faces, ready, "heads", "--views", "photographs")
