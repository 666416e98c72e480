"""Options of training: what they change, where they come from, and what is refused."""

import itertools
import json
import sys
from pathlib import Path

import pytest
import torch
from training_runs import SMALL, metrics, options, parameters, train

from ran.__main__ import main
from ran.errors import BadCheckpoint, BadRequest
from ran.net.checkpoints import load_checkpoint
from ran.study.training.run_folder import kept_epoch

RECIPES = sorted((Path(__file__).parents[4] / "recipes").glob("*.json"))
FULL = (
    "--views", "photographs", "--mixup", 0.3, "--cutmix", 0.3, "--balance", 0.5,
    "--flip-consistency", 1.0, "--sam", 0.05,
)  # fmt: skip


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
    monkeypatch.setattr("ran.study.training.run_folder.time.monotonic", lambda: next(now))
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
