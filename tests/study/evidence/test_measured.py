"""`python -m ran evidence`: each part on made-up faces, on the card, and what it refuses."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from made_up_ferplus import write_ferplus, write_lists

from ran.__main__ import main
from ran.commands import evidence
from ran.engine import Engine
from ran.explain.maps.methods import METHODS
from ran.explain.regions.controls import CONTROLS, LEARNT
from ran.net.card import read_card
from ran.net.checkpoints import load_checkpoint, save_checkpoint, write_evidence
from ran.net.measures import MEASURES, is_evidence
from ran.net.model import PlainNetwork
from ran.net.regions import fixed_layout
from ran.study.evaluation.accuracy import evaluate, exam, logits
from ran.study.evaluation.control_table import control_table
from ran.study.evidence import measured
from ran.study.evidence.calibration import calibrations
from ran.study.evidence.leaving import COVERS, FILLS, NOTHING, leaving
from ran.study.evidence.map_badges import badges
from ran.study.evidence.measured import Study


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "FERPlus"
    write_lists(tmp_path / "lists", write_ferplus(folder))
    return {"ferplus": folder, "lists": tmp_path / "lists"}


@pytest.fixture
def ours(checkpoint, tmp_path):
    return shutil.copytree(checkpoint, tmp_path / "ran")


def ask(data, ours, *options):
    return main(
        ["evidence", "--ferplus", str(data["ferplus"]), "--lists", str(data["lists"]),
         "--checkpoint", str(ours), "--device", "cpu", *options]
    )  # fmt: skip


def test_the_command_measures_attention_and_answers_and_writes_the_card(data, ours, capsys):
    before = read_card(ours / "card.json")
    parts = ("--measure", "attention", "--measure", "answers")
    assert ask(data, ours, *parts, "--onto-card", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) == {
        "ranks", "margins", "under_covers", "mean_w", "lists", "calibration", "confusion",
    }  # fmt: skip
    card = read_card(ours / "card.json")
    assert card.evidence == printed
    assert card.sha256 == before.sha256
    assert set(printed["ranks"]) == {"fixed", "fixed, covered"}
    assert sum(printed["mean_w"]["fixed"].values()) == pytest.approx(1, abs=1e-5)
    assert tuple(printed["mean_w"]["fixed"]) == fixed_layout().names


def test_the_confusion_matrix_counts_the_test_lists_answers(data, ours):
    engine = Engine.load(ours, "cpu")
    found = measured.PARTS["answers"](Study(engine, **data))
    faces, _lists = exam(data["ferplus"], data["lists"])
    answered = logits(engine.model, faces, engine.card.input_size).argmax(1).tolist()
    names = engine.card.classes
    for label, row in found["confusion"].items():
        for answer, count in row.items():
            pairs = zip(faces.labels().tolist(), answered, strict=True)
            assert count == sum(pair == (names.index(label), names.index(answer)) for pair in pairs)
    assert set(found["lists"]) == {"FER2013Valid", "ferplus", "occlusion", "pose30", "pose45"}
    right = np.equal(faces.labels(), answered).mean()
    assert found["lists"]["ferplus"]["accuracy"] == pytest.approx(right)


def test_controls_are_measured_on_each_test_list(data, ours, monkeypatch):
    engine = Engine.load(ours, "cpu")

    faces, subsets = exam(data["ferplus"], data["lists"])
    for place, name in enumerate(["occlusion", "pose30", "pose45"]):  # parts, and no beginning
        subsets[name] = frozenset(faces.names[1 + place :: 2])
    monkeypatch.setattr(measured, "exam", lambda *_: (faces, subsets))
    found = measured.PARTS["controls"](Study(engine, **data))
    assert is_evidence(found)
    assert set(found["controls"]) == {f"fixed, {name}" for name in subsets}
    whole = evaluate(engine.model, engine.card.input_size, **data)["ferplus"]["accuracy"]
    assert found["controls"]["fixed, ferplus"]["learnt"] == pytest.approx(whole)
    for name, members in subsets.items():
        row = found["controls"][f"fixed, {name}"]
        part = faces.chosen(members)
        expected = control_table(engine.model, part, engine.card.input_size, layout="fixed")
        assert row["n"] == len(members)
        for control in CONTROLS:
            assert row[control] == pytest.approx(expected[control]["accuracy"]), control
            if control != LEARNT:
                assert row[f"{control}, p"] == pytest.approx(expected[control]["p"]), control


def test_a_card_holds_the_controls_that_are_measured():
    names = {name.removesuffix(", p") for name in MEASURES["controls"]} - {"n"}
    assert names == set(CONTROLS)


def test_probabilities_are_judged_on_photographs_too(data, ours, monkeypatch):
    engine = Engine.load(ours, "cpu")

    def found(engine, asked):
        every = logits(engine.model, asked, engine.card.input_size)
        return [0, 2, 3], every[[0, 2, 3]]

    monkeypatch.setattr(measured, "photographed", found)
    table = measured.PARTS["answers"](Study(engine, **data))["calibration"]
    faces, _lists = exam(data["ferplus"], data["lists"])
    part = faces.at(np.array([0, 2, 3]))
    expected = calibrations(
        logits(engine.model, part, engine.card.input_size), part,
        {"photographs": frozenset(part.names)}, temperature=engine.card.temperature,
    )  # fmt: skip
    assert table["photographs"]["n"] == 3
    assert table["photographs"] == pytest.approx(expected["photographs"])


def test_of_covers_every_answer_is_counted_and_grey_levels_are_told_apart(data, ours):
    engine, study = Engine.load(ours, "cpu"), Study(Engine.load(ours, "cpu"), **data, most=4)
    found = leaving(engine, study.faces(None), fixed_layout())
    assert set(found) == {f"{name}, {fill}" for name in COVERS for fill in FILLS} | {NOTHING}
    for name, row in found.items():
        assert row["n"] == (4 * len(COVERS) if name == NOTHING else 4)
        assert row["left"] + row["came"] + row["cannot_tell"] == pytest.approx(1)
    assert abs(found[NOTHING]["points"]) < max(abs(row["points"]) for row in found.values())


def test_badges_of_maps_have_a_row_a_method_that_a_card_can_hold(data, ours):
    engine, study = Engine.load(ours, "cpu"), Study(Engine.load(ours, "cpu"), **data, most=4)
    found = badges(engine, study.faces(None), names=("grad-cam", "deeplift", "smoothgrad"))
    assert is_evidence({"badges": found})
    for name, row in found.items():
        assert row["n"] == 4
        assert row["insertion_low"] <= row["insertion_middle"] <= row["insertion_high"]
        assert (row["sensitivity_low"] is None) == METHODS[name].is_slow
        assert (row["gap_low"] is None) == (name != "deeplift"), "a sum is promised by one alone"
    assert found["deeplift"]["gap_high"] < 1e-3


def test_an_untrained_network_asked_as_if_it_were_trained_is_flagged_as_often(data, ours):
    """The tiny network learnt nothing: what randomisation says of it and of redrawn ones agrees."""
    engine, study = Engine.load(ours, "cpu"), Study(Engine.load(ours, "cpu"), **data, most=6)
    row = badges(engine, study.faces(None), names=("input-x-gradient",))["input-x-gradient"]
    assert abs(row["alarms"] - row["caught"]) < 0.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--faces", "2"), "2 faces tell nothing. Use 4 or more."),
        (("--measure", "luck"), "invalid choice: 'luck'"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(data, ours, options, words, capsys):
    assert ask(data, ours, *options) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_plain_network_has_no_attention_to_measure(data, tmp_path, capsys):
    _, card = load_checkpoint()
    card = replace(card, kind="plain", backbone="resnet18", input_size=48, layouts={}, evidence={})
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=8), card)
    assert ask(data, tmp_path / "plain", "--measure", "attention") == 2
    assert "no attention to measure" in capsys.readouterr().err


def test_the_commands_parts_are_those_that_can_be_measured():
    assert tuple(measured.PARTS) == evidence.PARTS


def test_a_card_takes_no_evidence_that_it_could_not_be_read_back_with(ours):
    with pytest.raises(ValueError, match="no card can hold"):
        write_evidence(ours, {"luck": {}})
    with pytest.raises(ValueError, match="no card can hold"):
        write_evidence(ours, {"margins": {"fixed": {"rho": float("nan")}}})
    assert read_card(ours / "card.json").evidence == {}


def test_evidence_is_kept_measure_by_measure(ours):
    row = dict.fromkeys(MEASURES["margins"], 0.5)
    write_evidence(ours, {"margins": {"fixed": row}, "mean_w": {"fixed": {"Whole face": 1.0}}})
    card = write_evidence(ours, {"mean_w": {"fixed": {"Whole face": 0.5}}})
    assert card.evidence == {"margins": {"fixed": row}, "mean_w": {"fixed": {"Whole face": 0.5}}}
