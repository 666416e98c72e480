"""The ablations: what each variant sees and learns, said a second time."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from made_up_ferplus import write_ferplus, write_lists
from training_runs import tiny_backbone

from ran.__main__ import main
from ran.errors import BadCheckpoint
from ran.face.detect import FERPLUS
from ran.net.attention import rb_margin
from ran.net.backbones import BACKBONES, Backbone
from ran.net.model import RegionAttentionNetwork
from ran.study.data.ferplus import read_ferplus
from ran.study.evaluation import ablation
from ran.study.evaluation.ablation import (
    VARIANTS,
    ablate,
    attend_without_relation,
    layout_of,
    union_of,
)
from ran.study.evaluation.ablation_table import WITH_RB_LOSS, WITHOUT_RB_LOSS, AblationTable
from ran.study.training.features import compute_features, read_features
from ran.study.training.heads import head_epochs
from ran.study.training.options import Recipe
from ran.study.training.run_folder import Allowance

NAMED = {variant.name: variant for variant in VARIANTS}
RECIPE = Recipe(input_size=32, head_epochs=2)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch, _no_settings_from_outside):
    monkeypatch.setitem(BACKBONES, "resnet18", Backbone(tiny_backbone, "layer4", 8))
    monkeypatch.setenv("RAN_DEVICE", "cpu")


@pytest.fixture
def splits(tmp_path):
    write_lists(tmp_path / "lists", write_ferplus(tmp_path / "data", faces=24))
    return [read_ferplus(tmp_path / "data", split) for split in ("train", "valid")]


@pytest.fixture
def model():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return RegionAttentionNetwork("resnet18").eval()


def table_of(folder):
    table = json.loads((folder / "ablation.json").read_text())
    return table, {row["name"]: row for row in table["rows"]}


def test_every_box_is_computed_once_and_every_variant_finds_its_own():
    union = union_of(VARIANTS)
    assert len(union) == 1 + 5 + 8 + 5
    assert len({box.edges for box in union.boxes}) == len(union)
    for variant in VARIANTS:
        boxes = layout_of(variant).boxes
        assert len(boxes) == 1 + variant.crops
        assert {box.edges for box in boxes} <= {box.edges for box in union.boxes}
    assert union_of(VARIANTS[:1]).names == layout_of(VARIANTS[0]).names


def test_fewer_crops_are_the_first_of_more_and_landmarks_are_the_framings():
    three, five, eight = (layout_of(NAMED[f"Random, {n} crops"]).boxes for n in (3, 5, 8))
    assert eight[:6] == five
    assert five[:4] == three
    corners = layout_of(NAMED["Fixed, 3 crops"]).names
    assert corners == ("Whole face", "Upper left", "Upper right", "Lower middle")
    for box, (x, y) in zip(
        layout_of(NAMED["Landmark, 5 crops"]).boxes[1:], FERPLUS.landmarks, strict=True
    ):
        assert box.x0 <= x <= box.x1
        assert box.y0 <= y <= box.y1


def test_a_row_is_what_heads_trained_on_its_own_regions_answer(model, splits, tmp_path):
    """Heads trained by hand on features of six regions, against the row cut out of nineteen."""
    train, valid = splits
    ablate(model, RECIPE, train, valid, folder=tmp_path, about="", variants=VARIANTS)
    table, rows = table_of(tmp_path)
    for faces, name in ((train, "train"), (valid, "valid")):
        compute_features(model, faces, 32, place=tmp_path / "own" / name)
    features, asked = (read_features(tmp_path / "own" / name, 24) for name in ("train", "valid"))
    for name, changes in (
        (WITH_RB_LOSS, {}),
        (WITHOUT_RB_LOSS, {"rb_loss": 0.0}),
        ("Softmax convention", {"attention": "softmax"}),
    ):
        shares, margins = [], []
        for seed in (0, 1, 2):
            torch.manual_seed(seed)
            recipe = replace(RECIPE, seed=seed, **changes)
            heads = RegionAttentionNetwork("resnet18", attention=recipe.attention)
            for _ in head_epochs(heads, features, train.shares(), recipe):
                pass
            output = heads.attend(asked.float())
            right = output.logits.argmax(1).numpy() == valid.labels()
            shares.append(right.mean())
            margins.append(rb_margin(output.self_weights).detach())
        assert rows[name]["accuracy"] == pytest.approx(np.mean(shares))
        assert rows[name]["spread"] == pytest.approx(np.std(shares, ddof=1))
        assert rows[name]["margin"] == pytest.approx(float(torch.stack(margins).mean()), abs=1e-5)
        if name in table["margins"]:
            counts = np.histogram(margins[0].numpy(), bins=np.linspace(-1, 1, 101))[0]
            assert np.abs(np.array(table["margins"][name]) - counts).sum() <= 2
            assert sum(table["margins"][name]) == 24
    assert rows["Whole face alone"]["margin"] is None
    assert [row["name"] for row in table["rows"]] == [variant.name for variant in VARIANTS]


def test_without_relation_attention_every_nu_is_one(model):
    features = torch.randn(4, 6, 6, generator=torch.Generator().manual_seed(0))
    # A bias so large that the sigmoid is 1: the network's own way to have nu = 1.
    with torch.no_grad():
        model.relation_attention.query.weight.zero_()
        model.relation_attention.query.bias.fill_(100.0)
    own, ours = model.attend(features), attend_without_relation(model, features)
    for name in ("logits", "self_weights", "relation_weights", "weights"):
        assert torch.allclose(getattr(own, name), getattr(ours, name), atol=1e-5), name


def test_the_test_split_is_not_read_and_a_released_backbone_is_named(
    model, splits, tmp_path, checkpoint, monkeypatch
):
    monkeypatch.undo()  # the checkpoint's backbone is a true ResNet
    monkeypatch.setenv("RAN_DEVICE", "cpu")
    monkeypatch.setattr(ablation, "VARIANTS", VARIANTS[:2])
    monkeypatch.setattr(ablation.ablate, "__kwdefaults__", {
        **ablation.ablate.__kwdefaults__, "variants": VARIANTS[:2]})  # fmt: skip
    for path in (tmp_path / "data/FER2013Test").iterdir():
        path.unlink()
    folders = ["--ferplus", tmp_path / "data", "--lists", tmp_path / "lists"]
    asked = ["--run", tmp_path / "run", "--checkpoint", checkpoint, "--limit", 3]
    assert main(["train", "ablate", *map(str, [*folders, *asked, "--head-epochs", 1])]) == 0
    table, _ = table_of(tmp_path / "run")
    card = json.loads((checkpoint / "card.json").read_text())
    assert card["sha256"][:12] in table["about"]
    assert (table["input_size"], table["faces"], table["epochs"]) == (48, 3, 1)


def test_when_the_time_is_over_no_table_is_written(model, splits, tmp_path):
    over = Allowance(ends=-1.0)
    assert not ablate(model, RECIPE, *splits, folder=tmp_path, about="", allowance=over)
    assert not (tmp_path / "ablation.json").exists()


def test_a_table_comes_back_as_it_was_written(model, splits, tmp_path):
    ablate(model, RECIPE, *splits, folder=tmp_path, about="Mine.", variants=VARIANTS[:2])
    table = AblationTable.read(tmp_path)
    again = replace(table, shows="Nothing much.")
    again.write(tmp_path)
    assert AblationTable.read(tmp_path) == again
    assert AblationTable.read(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:100],
        lambda text: text.replace('"crops"', '"craps"', 1),
        lambda text: text.replace('"edges": [', '"edges": [-2,', 1),
        lambda text: "[]",
    ],
)
def test_a_damaged_table_is_refused_with_what_to_do(model, splits, tmp_path, damage):
    ablate(model, RECIPE, *splits, folder=tmp_path, about="", variants=VARIANTS[:1])
    path = tmp_path / "ablation.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(BadCheckpoint, match="no table of ablations"):
        AblationTable.read(tmp_path)
