"""The table of controls, counted by hand, by command, on the card and on the Model page."""

import dataclasses
import json
import re
import shutil

import numpy as np
import pytest
import torch
from app_pages import opened, words
from made_up_ferplus import write_ferplus, write_lists

from ran.__main__ import main
from ran.errors import BadCheckpoint, BadRequest
from ran.explain.regions.controls import CONTROLS, controlled
from ran.net.card import read_card
from ran.net.checkpoints import load_checkpoint, save_checkpoint, write_controls
from ran.net.model import PlainNetwork
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import listed_layout, region_crops
from ran.study.evaluation.control_table import control_table, valid_faces
from ran.study.evaluation.covered_list import VALID_SEED, covered_list, product_covers

ROW = {"n": 10, "accuracy": 0.5, "difference": -0.1, "p": 0.01}
LAYOUT = {"radius": None, "temperature": None, "scores": None, "controls": None}


@pytest.fixture
def faces():
    drawn = np.random.default_rng(3).integers(0, 256, (12, 48, 48), dtype=np.uint8)
    votes = 10 * np.eye(10, dtype=np.int64)[np.arange(12) % 8]
    return Faces(tuple(f"fer{n:07d}" for n in range(12)), drawn, votes)


@pytest.fixture
def with_layouts(checkpoint, tmp_path):
    """A folder whose card names both layouts."""
    folder = tmp_path / "ran"
    shutil.copytree(checkpoint, folder)
    card = json.loads((folder / "card.json").read_text())
    card["layouts"] = {"fixed": LAYOUT, "landmark": {**LAYOUT, "radius": 0.25}}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


@pytest.mark.parametrize("layout", ["fixed", "landmark"])
def test_accuracy_and_difference_are_counted_face_by_face(checkpoint, faces, layout):
    model, card = load_checkpoint(checkpoint)
    table = control_table(model, faces, card.input_size, layout=layout)
    crops = torch.cat(
        list(region_crops(model, faces, card.input_size, layout=listed_layout(layout)))
    )
    with torch.no_grad():
        answers = controlled(model, model.features(crops))
    labels = faces.labels().tolist()
    right = {
        name: [int(logits[k].argmax()) == labels[k] for k in range(12)]
        for name, logits in answers.items()
    }
    assert list(table) == list(CONTROLS)
    for name, row in table.items():
        assert row["n"] == 12
        assert row["accuracy"] == pytest.approx(sum(right[name]) / 12)
        lost = sum(right[name]) - sum(right["learnt"])
        assert row["difference"] == pytest.approx(lost / 12)
    assert (table["learnt"]["difference"], table["learnt"]["p"]) == (0.0, 1.0)


def test_a_plain_network_has_no_attention_to_control(faces):
    with pytest.raises(BadRequest, match="no attention"):
        control_table(PlainNetwork().eval(), faces, 48, layout="fixed")


def test_the_command_asks_valid_alone_and_writes_the_card(with_layouts, tmp_path, capsys):
    stems = write_ferplus(tmp_path / "ferplus", faces=8)
    write_lists(tmp_path / "lists", stems)
    data = ["--ferplus", str(tmp_path / "ferplus"), "--lists", str(tmp_path / "lists")]
    options = ["--checkpoint", str(with_layouts), "--device", "cpu"]
    count = len(valid_faces(tmp_path / "ferplus", tmp_path / "lists"))
    shutil.rmtree(tmp_path / "ferplus/FER2013Test")
    assert main(["evaluate", *data, *options, "--controls", "--onto-card", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"fixed", "landmark"}
    layouts = read_card(with_layouts / "card.json").layouts
    assert {kind: layout["controls"] for kind, layout in layouts.items()} == told
    assert all(row["n"] == count for table in told.values() for row in table.values())
    covered = [*options, "--controls", "--covered"]
    assert main(["evaluate", *data, *covered, "--onto-card", "--json"]) == 0
    told_covered = json.loads(capsys.readouterr().out)
    layouts = read_card(with_layouts / "card.json").layouts
    assert {kind: layout["covered_controls"] for kind, layout in layouts.items()} == told_covered
    assert {kind: layout["controls"] for kind, layout in layouts.items()} == told
    hidden = covered_list(valid_faces(tmp_path / "ferplus", tmp_path / "lists"), seed=VALID_SEED)
    model, card = load_checkpoint(with_layouts)
    expected = control_table(model, hidden, card.input_size, layout="landmark")
    for name, row in told_covered["landmark"].items():
        assert row == pytest.approx(expected[name]), name
    covered = [*options, "--controls", "--covered", "2", "--onto-card"]
    assert main(["evaluate", *data, *covered, "--json"]) == 0
    told_second = json.loads(capsys.readouterr().out)
    for layout in read_card(with_layouts / "card.json").layouts.values():
        assert layout["covered_controls_2"] in told_second.values()
        digests = layout["covered_lists"]
        assert digests["1"] == hidden.key
        second = valid_faces(tmp_path / "ferplus", tmp_path / "lists")
        assert digests["2"] == product_covers(second, seed=VALID_SEED).key
    assert main(["evaluate", *data, *options, "--covered"]) == 2
    assert "--covered" in capsys.readouterr().err
    assert main(["evaluate", *data, *options, "--controls"]) == 0
    printed = capsys.readouterr().out
    assert all(printed.count(f"  {name} ") == 2 for name in CONTROLS)
    assert main(["evaluate", *data, *options, "--controls", "--flip"]) == 2
    assert main(["evaluate", *data, *options, "--controls", "--photographs", "3"]) == 2


def test_a_card_without_layouts_holds_no_controls(checkpoint):
    with pytest.raises(BadCheckpoint, match="names no layout 'fixed'"):
        write_controls(checkpoint, {"fixed": {"learnt": ROW}})


@pytest.mark.parametrize(
    ("p", "difference", "said"),
    [(0.01, -0.1, "w carries something"), (0.4, -0.1, "w carries nothing"),
     (0.01, 0.1, "w carries nothing")],
)  # fmt: skip
def test_the_model_page_says_what_the_controls_say(
    checkpoint, tmp_path, tiny_network, monkeypatch, p, difference, said
):
    model, card = load_checkpoint(checkpoint)
    table = {
        "learnt": {**ROW, "difference": 0.0, "p": 1.0},
        "another face": {**ROW, "accuracy": 0.4, "difference": difference, "p": p},
    }
    clean = {"learnt": table["learnt"], "another face": {**ROW, "p": 0.9, "accuracy": 0.3}}
    both = {"controls": clean, "covered_controls": table}
    card = dataclasses.replace(card, layouts={"fixed": {**LAYOUT, **both}})
    save_checkpoint(tmp_path / "ran", model, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "ran"))
    page = words(opened("model"))
    clean_part, covered_part = page.split("Every face under one cover", 1)
    assert re.findall(r"w carries \w+", page) == ["w carries nothing", said]
    assert "30.0 %" in clean_part
    assert "40.0 %" in covered_part
    assert f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}") in page


def test_the_model_page_says_where_the_mean_answers_as_well(
    checkpoint, tmp_path, tiny_network, monkeypatch
):
    model, card = load_checkpoint(checkpoint)
    table = {"learnt": ROW, "another face": ROW, "mean": {**ROW, "p": 0.6}}
    card = dataclasses.replace(card, layouts={"fixed": {**LAYOUT, "controls": table}})
    save_checkpoint(tmp_path / "ran", model, card)
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "ran"))
    page = words(opened("model"))
    assert "the mean of all faces, answers as well as the face's own" in page
    assert "w carries" not in page


def test_a_card_without_controls_shows_none(tiny_network):
    assert "Is attention worth anything?" not in words(opened("model"))
