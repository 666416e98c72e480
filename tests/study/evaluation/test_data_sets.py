"""`python -m ran evaluate --data`: any data set, the authors' lists of it, files for a paper."""

import csv
import json
from dataclasses import replace

import made_up_data
import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.regions.controls import CONTROLS
from ran.explain.regions.intervene import Intervention
from ran.expressions import RAFDB
from ran.face.detect import Face
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.scene import Scene
from ran.study.data.check import evenly
from ran.study.data.opened import open_data
from ran.study.data.splits import DataSet
from ran.study.evaluation.data_sets import against, controls, judge, reported
from ran.study.evaluation.reports_written import as_csv, as_latex


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture
def lists(tmp_path):
    folder = tmp_path / "lists" / "RAF_DB_dir"
    folder.mkdir(parents=True)
    (folder / "rafdb_occlusion_list.txt").write_text(
        "test_0001_aligned 3 4\ntest_0004_aligned 0 4\ntest_0077_aligned 0 4\n"
    )
    (folder / "val_raf_db_list.txt").write_text("0/test_0002_aligned.jpg\n")
    return tmp_path / "lists"


def test_pictures_are_answered_as_framed_faces_among_the_common_classes(tmp_path, engine):
    data = open_data(made_up_data.rafdb(tmp_path))
    judged = judge(engine, data)
    assert judged.classes == tuple(name for name in engine.card.classes if name in RAFDB)
    assert len(judged.classes) == 7
    assert "contempt" not in judged.classes
    split = data.splits["test"]
    columns = [engine.card.classes.index(name) for name in judged.classes]
    for row in range(len(split)):
        answer = engine.predict(Scene(Face.from_pixels(split.read(row))))
        assert judged.logits[row].tolist() == pytest.approx(answer.logits[columns], abs=1e-5)
        assert judged.classes[int(judged.labels[row])] == RAFDB[split.labels[row]]


def test_a_report_is_scikit_learns_and_lists_are_parts_of_it(tmp_path, engine, lists):
    judged = judge(engine, open_data(made_up_data.rafdb(tmp_path / "raf", test=30)))
    found = reported(judged, lists)
    answers, labels = judged.answers.numpy(), judged.labels.numpy()
    test = found["test"]
    assert found["layout"] == "rafdb"
    assert test["n"] == 30
    assert test["accuracy"] == pytest.approx(float((answers == labels).mean()))
    assert test["balanced"] == pytest.approx(balanced_accuracy_score(labels, answers))
    f1 = f1_score(labels, answers, average="macro", labels=np.unique(labels), zero_division=0)
    assert test["macro_f1"] == pytest.approx(f1)
    assert test["confusion"] == confusion_matrix(labels, answers, labels=range(7)).tolist()
    assert test["classes"] == list(judged.classes)
    assert found["occlusion"]["n"] == 2
    kinds = found["occlusion"]["kinds"]
    assert {kind: row["n"] for kind, row in kinds.items()} == {"kind 4": 2}
    right = [answers[k] == labels[k] for k in (0, 3)]
    assert kinds["kind 4"]["accuracy"] == pytest.approx(np.mean(right))
    assert found["pose30"]["n"] == 1
    assert "pose45" not in found
    assert found["missing"] == 1, "test_0077 is not in the data set"


def test_what_cannot_be_read_or_has_another_class_is_counted(tmp_path, engine):
    root = made_up_data.folders(tmp_path, ["Happy", "boredom", "fear"], splits=(), each=3)
    (root / "fear" / "fear1.png").write_bytes(b"damaged")
    data = open_data(root)
    judged = judge(engine, data)
    found = reported(judged, None)
    assert (found["test"]["n"], found["unread"], found["left_out"]) == (5, 1, 3)
    assert judged.classes == ("happiness", "fear")
    for place, row in enumerate(judged.rows):
        answer = engine.predict(Scene(Face.from_pixels(data.splits["test"].read(row))))
        own = [float(answer.logits[engine.card.classes.index(name)]) for name in judged.classes]
        assert judged.logits[place].tolist() == pytest.approx(own, abs=1e-5)


def test_a_data_set_without_a_class_of_the_network_is_refused(tmp_path, engine):
    root = made_up_data.folders(tmp_path, ["boredom", "fear"], splits=())
    with pytest.raises(BadRequest, match="has the classes fear, boredom"):
        judge(engine, open_data(root))


def test_two_networks_are_paired_picture_by_picture(tmp_path, engine, checkpoint, lists):
    data = open_data(made_up_data.rafdb(tmp_path / "raf", test=20))
    model, card = load_checkpoint(checkpoint)
    with torch.no_grad():
        model.classifier.bias[0] += 100.0  # it answers neutral whatever it sees
    save_checkpoint(tmp_path / "other", model, card)
    first = judge(engine, data)
    second = judge(Engine.load(tmp_path / "other", "cpu"), data)
    found = against(first, second, lists)
    right = (first.answers == first.labels).float().mean()
    neutral = (first.labels == first.classes.index("neutral")).float().mean()
    assert found["test"]["difference"] == pytest.approx(float(right - neutral), abs=1e-6)
    assert set(found) == {"test", "occlusion", "pose30"}
    assert against(first, first, None)["test"]["p"] == 1


def test_controls_are_those_of_the_same_pictures(tmp_path, engine):
    data = open_data(made_up_data.rafdb(tmp_path / "raf", test=20))
    judged = judge(engine, data)
    table = controls(engine, data, judged)
    right = float((judged.answers == judged.labels).double().mean())
    assert table["learnt"]["accuracy"] == pytest.approx(right)
    assert {row["n"] for row in table.values()} == {20}
    assert list(table) == list(CONTROLS)
    columns = [engine.card.classes.index(name) for name in judged.classes]
    alone = [
        engine.intervene(Scene(Face.from_pixels(split.read(row))), Intervention(used=(0,)))
        for split in (data.splits["test"],)
        for row in range(20)
    ]
    answers = [int(one.logits[columns].argmax()) for one in alone]
    expected = float(np.mean(np.equal(answers, judged.labels.tolist())))
    assert table["whole face alone"]["accuracy"] == pytest.approx(expected)


def test_a_plain_network_and_one_picture_have_no_controls(tmp_path, engine):
    one = open_data(made_up_data.folders(tmp_path / "one", ["fear", "sad"], splits=(), each=1))
    few = DataSet("folders", one.classes, {"test": evenly(one.splits["test"], 1)})
    with pytest.raises(BadRequest, match="no other's weights"):
        controls(engine, few, judge(engine, few))
    _, card = load_checkpoint()
    card = replace(card, kind="plain", backbone="resnet18", input_size=48, layouts={}, evidence={})
    save_checkpoint(tmp_path / "plain", PlainNetwork(classes=8), card)
    with pytest.raises(BadRequest, match="no attention"):
        plain = Engine.load(tmp_path / "plain", "cpu")
        controls(plain, one, judge(plain, one))


def ask(checkpoint, *options):
    return main(["evaluate", "--checkpoint", str(checkpoint), "--device", "cpu", *options])


def test_the_command_prints_json_and_writes_csv_and_latex(tmp_path, checkpoint, lists, capsys):
    root = made_up_data.rafdb(tmp_path / "raf")
    files = ("--csv", str(tmp_path / "t.csv"), "--latex", str(tmp_path / "t.tex"))
    both = ("--data", str(root), "--lists", str(lists), "--against", str(checkpoint))
    assert ask(checkpoint, *both, *files, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "layout", "test", "occlusion", "pose30", "missing", "unread", "left_out", "against",
    }  # fmt: skip
    assert found["against"]["test"]["difference"] == 0
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    whole = [row for row in rows if not row["class"]]
    assert [row["list"] for row in whole] == ["test", "occlusion", "pose30"]
    assert float(whole[0]["accuracy"]) == found["test"]["accuracy"]
    assert sum(int(row["n"]) for row in rows if row["list"] == "test" and row["class"]) == 8
    lines = (tmp_path / "t.tex").read_text().splitlines()
    assert len(lines) == 3
    assert all(line.count("&") == 5 and line.endswith(r" \\") for line in lines)
    assert ask(checkpoint, *both) == 0
    assert "1 pictures of the lists are not in the data set" in capsys.readouterr().out


def test_folders_named_by_class_are_enough(tmp_path, checkpoint, capsys):
    root = made_up_data.folders(tmp_path, ["Happy", "Sad"], splits=())
    assert ask(checkpoint, "--data", str(root), "--json") == 0
    assert json.loads(capsys.readouterr().out)["test"]["classes"] == ["happiness", "sadness"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "There is nothing to answer."),
        (("--ferplus", "x"), "There is nothing to answer."),
        (("--data", "x", "--controls", "--covered"), "--covered needs no --data"),
        (("--data", "x", "--ferplus", "y"), "--ferplus needs no --data"),
        (("--ferplus", "x", "--lists", "y", "--csv", "z"), "--csv needs --data"),
        (("--data", "absent"), "absent does not exist"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(checkpoint, options, words, capsys):
    assert ask(checkpoint, *options) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_networks_name_is_escaped_for_latex():
    row = {"n": 3, "accuracy": 1.0, "low": 0.5, "high": 1.0, "balanced": 1.0, "macro_f1": 1.0}
    said = as_latex({"layout": "rafdb", "test": row, "missing": 0}, r"50 % & {a_b} \cmd ~^")
    assert said.startswith(r"50 \% \& \{a\_b\} \textbackslash{}cmd \textasciitilde{}")
    assert as_csv({"layout": "x", "missing": 0}).splitlines() == [
        "list,class,n,accuracy,low,high,balanced,macro_f1,majority"
    ]
