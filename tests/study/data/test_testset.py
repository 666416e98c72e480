"""Test sets of covered and turned faces: a manifest that makes the same pixels again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import made_up_data
import numpy as np
import pytest
from pyarrow import parquet

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest
from ran.face.detect import Face
from ran.study.data import testset
from ran.study.data.opened import open_data
from ran.study.data.testset import KINDS, TestSet, pixels_of, rows_of
from ran.study.evaluation.data_sets import judge, reported

ROOT = Path(__file__).parents[3]


@pytest.fixture
def data(tmp_path):
    return made_up_data.rafdb(tmp_path / "raf", test=6)


def make(data, out, *options) -> int:
    return main(["testset", str(data), "--out", str(out), *options])


def test_every_face_has_a_row_a_kind_and_severity_and_no_picture_is_copied(data, tmp_path, capsys):
    assert make(data, tmp_path / "out", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["faces"], told["rows"]) == (6, 6 * 4 * 5)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["manifest.parquet"]
    rows = parquet.read_table(told["manifest"]).to_pylist()
    assert {(row["kind"], row["severity"]) for row in rows} == {
        (kind, severity) for kind in KINDS for severity in range(1, 6)
    }
    made = json.loads(parquet.read_schema(told["manifest"]).metadata[testset.MADE])
    assert (made["version"], made["layout"], made["split"], made["seed"]) == (1, "rafdb", "test", 0)


def test_the_manifest_makes_the_pixels_whose_digests_it_holds(data, tmp_path):
    make(data, tmp_path / "out")
    found = open_data(tmp_path / "out" / "manifest.parquet")
    assert found.layout == "testset"
    split = found.splits["test"]
    assert len(split) == 120
    for row in range(0, 120, 7):
        assert split.read(row).shape == (64, 64, 3)
    assert open_data(tmp_path / "out").layout == "testset", "its folder is enough"


def test_equal_seeds_give_equal_rows_and_a_part_of_the_faces_has_those_of_the_whole(data):
    source = open_data(data)
    whole = list(rows_of(source, TestSet(seed=3)))
    assert list(rows_of(source, TestSet(seed=3))) == whole
    some = list(rows_of(source, TestSet(("parts",), (2, 4), seed=3), most=2))
    assert len(some) == 2 * 2
    assert all(row in whole for row in some)
    other = list(rows_of(source, TestSet(seed=4)))
    assert sum(a["digest"] == b["digest"] for a, b in zip(whole, other, strict=True)) < 70


def test_severities_of_a_face_differ_in_nothing_else(data):
    rows = list(rows_of(open_data(data), TestSet()))
    for name in {row["name"] for row in rows}:
        for kind in KINDS:
            done = [json.loads(row["done"]) for row in rows
                    if (row["name"], row["kind"]) == (name, kind)]  # fmt: skip
            if kind == "turned":
                assert len({one["yaw"] > 0 for one in done}) == 1
                assert [abs(one["yaw"]) for one in done] == [12, 24, 36, 48, 60]
            else:
                assert len({(one["fill"], one["seed"]) for one in done}) == 1
                assert len({shape["kind"] for one in done for shape in one["shapes"]}) <= 2
            if kind == "stickers":
                assert len({one["shapes"][0]["name"] for one in done}) == 1
            if kind == "parts":
                assert len({json.dumps(one["shapes"]) for one in done}) == 1


def test_another_process_makes_the_same_digests(data, tmp_path):
    make(data, tmp_path / "here")
    command = [sys.executable, "-m", "ran", "testset", str(data), "--out", str(tmp_path / "there")]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path)
    here, there = (
        parquet.read_table(tmp_path / name / "manifest.parquet") for name in ("here", "there")
    )
    assert here.equals(there)


def test_what_is_more_severe_changes_more():
    draw = np.random.default_rng(0)
    faces = [Face.from_pixels(draw.integers(0, 256, (96, 96, 3), np.uint8)) for _ in range(25)]
    for kind in KINDS:
        changed = []
        for level in range(5):
            shares = []
            for number, face in enumerate(faces):
                generator = np.random.default_rng([number, level])
                after = pixels_of(face, testset._DRAWN[kind](face, level, generator))
                shares.append(np.abs(after.astype(int) - face.pixels).mean())
            changed.append(np.mean(shares))
        assert changed[4] > changed[2] > changed[0], kind


def test_a_picture_that_was_exchanged_is_told_when_it_is_read(data, tmp_path):
    make(data, tmp_path / "out")
    split = open_data(tmp_path / "out").splits["test"]
    made_up_data.picture(data / "Image/aligned/test_0003_aligned.jpg", 999)
    third = split.names.index("test_0003")
    with pytest.raises(BadRequest, match="is not the picture that the test set was made of"):
        split.read(third)
    split.read(0)


def test_rows_that_come_out_otherwise_are_told(data, tmp_path, monkeypatch):
    make(data, tmp_path / "out")
    split = open_data(tmp_path / "out").splits["test"]
    monkeypatch.setattr(testset, "pixels_of", lambda face, done: face.pixels)
    with pytest.raises(BadRequest, match="comes out otherwise"):
        split.read(0)


def test_a_data_set_that_is_gone_or_another_is_told(data, tmp_path):
    make(data, tmp_path / "out")
    (data / "Image").rename(data / "Moved")
    with pytest.raises(BadRequest):
        open_data(tmp_path / "out")
    data.rename(tmp_path / "elsewhere")
    with pytest.raises(BadRequest, match="is not there") as refusal:
        open_data(tmp_path / "out")
    assert "equal seeds" in refusal.value.hint


def test_a_manifest_of_another_version_is_refused(data, tmp_path, monkeypatch):
    make(data, tmp_path / "out")
    monkeypatch.setattr(testset, "VERSION", 2)
    with pytest.raises(BadRequest, match="is a test set of version 1"):
        open_data(tmp_path / "out")


def test_a_network_is_judged_by_kind_and_severity(data, tmp_path, checkpoint, capsys):
    make(data, tmp_path / "out", "--kinds", "stickers,turned", "--severity", "2..3")
    engine = Engine.load(checkpoint, "cpu")
    judged = judge(engine, open_data(tmp_path / "out"))
    found = reported(judged, None)
    assert list(found["kinds"]) == ["stickers 2", "stickers 3", "turned 2", "turned 3"]
    right = (judged.answers == judged.labels).numpy()
    for kind, row in found["kinds"].items():
        rows = np.array([one == kind for one in judged.kinds])
        assert (row["n"], row["accuracy"]) == (6, pytest.approx(float(right[rows].mean())))
    capsys.readouterr()
    options = ["--data", str(tmp_path / "out" / "manifest.parquet"), "--checkpoint",
               str(checkpoint), "--device", "cpu"]  # fmt: skip
    assert main(["evaluate", *options]) == 0
    assert "stickers 2          6 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--kinds", "hats"), "There is no kind hats"),
        (("--kinds", ","), "There is no kind of face"),
        (("--severity", "6"), "There are no severities (6,)"),
        (("--severity", "4..2"), "There are no severities ()"),
        (("--severity", "x"), "There is no severity 'x'"),
        (("--faces", "0"), "0 faces make no test set"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(data, tmp_path, options, words, capsys):
    assert make(data, tmp_path / "out", *options) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
