"""Stages that cover faces, leave regions out and learn several layouts, on made-up faces."""

import json
import shutil

import numpy as np
import pytest
import torch
from training_runs import SMALL, metrics, parameters, pretend_heads_reached, train

from ran.__main__ import main
from ran.study.data.ferplus import read_ferplus
from ran.study.evaluation.accuracy import accuracy, listed_layout
from ran.study.evaluation.covered_list import VALID_SEED, covered_list
from ran.study.training.features import compute_features
from ran.study.training.options import Recipe, read_recipe
from ran.study.training.run_folder import load_ran

REGIONS = ("--drop-whole", 0.4, "--drop-crops", 0.15, "--exchanged", 0.1, "--alone", 0.3,
           "--mixture", 1.0, "--responsibility", 0.5, "--layouts", "fixed+landmark")  # fmt: skip


@pytest.fixture(scope="module")
def covering(faces, tmp_path_factory):
    """A run folder whose backbone and heads were trained with everything there is."""
    folder = tmp_path_factory.mktemp("runs") / "covering"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAN_DEVICE", "cpu")
        train(faces, folder, "backbone", *SMALL, "--epochs", 1, "--covers", 0.6)
        train(faces, folder, "heads", "--head-epochs", 3, "--head-faces", 8, *REGIONS)
    return folder


def test_an_epoch_is_chosen_on_clean_and_covered_faces_of_every_layout(faces, covering):
    best = max(metrics(covering, "heads"), key=lambda row: row["valid"])
    valid = read_ferplus(faces / "data", "valid")
    model = load_ran(read_recipe(covering, {}), covering)
    side = read_recipe(covering, {}).input_size
    expected = {
        f"{layout}, {name}": accuracy(model, shown, side, layout=listed_layout(layout))
        for name, shown in (
            ("valid", valid), ("covered", covered_list(valid, seed=VALID_SEED))
        )
        for layout in ("fixed", "landmark")
    }  # fmt: skip
    # Features are kept in half precision: one face of twelve may fall on the other side.
    assert best["parts"] == pytest.approx(expected, abs=1 / 12 + 1e-6)
    assert set(best["parts"]) == set(expected)
    assert best["valid"] == pytest.approx(sum(best["parts"].values()) / 4)
    plain = metrics(covering, "backbone")[0]
    assert set(plain["parts"]) == {"valid", "covered"}, "a plain network has one layout"


def test_heads_learn_from_so_many_faces_in_every_layout_as_they_are_and_mirrored(
    faces, covering, monkeypatch, tmp_path
):
    asked = []

    def watched(model, shown, side, *, place, layout, mirrored, allowance):
        asked.append((place.name, layout.kind, mirrored, shown))
        return compute_features(
            model, shown, side, place=place, layout=layout, mirrored=mirrored, allowance=allowance
        )

    monkeypatch.setattr("ran.study.training.heads.compute_features", watched)
    train(faces, shutil.copytree(covering, tmp_path / "run"), "heads")
    assert [row[:3] for row in asked[:4]] == [
        ("train-fixed", "fixed", False), ("train-fixed-mirrored", "fixed", True),
        ("train-landmark", "landmark", False), ("train-landmark-mirrored", "landmark", True),
    ]  # fmt: skip
    assert len({row[3].key for row in asked[:4]}) == 1, "the same covers in all of them"
    learnt, train_ = asked[0][3], read_ferplus(faces / "data", "train")
    chosen = train_.at(np.linspace(0, 11, 8).round().astype(int))
    assert learnt.names == chosen.names
    changed = (learnt.pixels != chosen.pixels).any((1, 2))
    assert 0 < changed.sum() < 8, "a share of the faces is covered"


def test_joint_training_goes_on_so_with_live_statistics(faces, covering, tmp_path):
    folder = shutil.copytree(covering, tmp_path / "run")
    pretend_heads_reached(folder, -1.0)
    before = parameters(folder / "ran.pt")
    train(
        faces, folder, "joint", "--joint-epochs", 2, "--joint-statistics", "live", "--stop-after", 1
    )
    train(faces, folder, "joint")
    rows = metrics(folder, "joint")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert set(rows[0]["parts"]) == {
        f"{layout}, {name}" for layout in ("fixed", "landmark") for name in ("valid", "covered")
    }
    after = parameters(folder / "ran.pt")
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert same == {"mean", "std"}, "heads, backbone and its statistics have all moved"
    assert json.loads((folder / "config.json").read_text())["responsibility"] == 0.5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--drop-whole", 0.4), "drop_whole does not leave it that"),
        (("--layouts", "fixed+landmark"), "layouts does not leave it that"),
        (("--joint-statistics", "none"), "Use one of frozen, live."),
        (("--covers", 1.5), "Expected a number from 0 to 1."),
        (("--mixture", -1), "Expected a number from 0 to"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_sentence(
    faces, tmp_path, capsys, options, said
):
    arguments = ["train", "backbone", "--ferplus", faces / "data", "--lists", faces / "lists",
                 "--run", tmp_path / "run", "--flip-consistency", 1.0, *options]  # fmt: skip
    assert main([str(argument) for argument in arguments]) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_recipe_asks_regions_if_any_of_its_options_does():
    assert not Recipe(covers=0.6).asks_regions
    for name in ("drop_whole", "drop_crops", "exchanged", "alone", "mixture", "responsibility"):
        assert Recipe(**{name: 0.1}).asks_regions
