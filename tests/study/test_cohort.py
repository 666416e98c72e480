"""A cohort: rows, parts, shards, and going on after a kill."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import made_up_data
import numpy as np
import pytest
from pyarrow import parquet

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.regions.attention_shift import attention_shift
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import preset
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.cohort import pictures_from, rows, tables_on_disk
from ran.study.cohort.pictures_from import open_source
from ran.study.cohort.rows import SAVED, Wanted, rows_of
from ran.study.cohort.tables_on_disk import Shard, read_cohort, write_cohort

ROOT = Path(__file__).parents[2]
FRAMED = Wanted(is_framed=True)


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture
def pictures(tmp_path):
    return made_up_data.seven(tmp_path / "pictures")


def test_rows_are_the_engines_own_answers(pictures, tmp_path, engine):
    wanted = Wanted(
        ("mask", "eyes"), Fill("noise", seed=3), LayoutChoice("landmark", radius=0.25), True, SAVED
    )
    list(write_cohort(engine, open_source(pictures), wanted, tmp_path / "out"))
    rows = read_cohort(tmp_path / "out").to_pylist()
    assert [(row["path"], row["cover"]) for row in rows[:3]] == [
        ("0/0.png", ""), ("0/0.png", "mask"), ("0/0.png", "eyes"),
    ]  # fmt: skip
    assert len(rows) == 7 * 3
    from ran.face.photo import open_photo

    for row in rows[:6]:
        (face,) = engine.with_poses([Face.from_pixels(open_photo(pictures / row["path"]).pixels)])
        shapes = {"": (), "mask": (place("mask", face),), "eyes": preset("eyes", face)}[
            row["cover"]
        ]
        scene = Scene(face, shapes, wanted.fill, wanted.layout.regions(face))
        answer, clean = engine.predict_many([scene, scene.clean()])
        assert row["expression"] == answer.expression
        for place_, box in enumerate(answer.boxes):
            assert row[f"w_{box.name}"] == pytest.approx(float(answer.weights[place_]), abs=1e-5)
            assert row[f"mu_{box.name}"] == pytest.approx(
                float(answer.self_weights[place_]), abs=1e-5
            )
            worth = engine.region_values(scene).shapley[place_, int(answer.logits.argmax())]
            assert row[f"shapley_{box.name}"] == pytest.approx(float(worth), abs=1e-4)
        for place_, name in enumerate(answer.classes):
            assert row[f"p_{name}"] == pytest.approx(float(answer.probabilities[place_]), abs=1e-5)
        assert row["rb_margin"] == pytest.approx(answer.rb_margin, abs=1e-5)
        if row["cover"]:
            shift = attention_shift(clean.weights, answer.weights, answer.covered).change
            assert row["shift"] == pytest.approx(shift, abs=1e-5)
        else:
            assert row["shift"] is None
        assert (row["yaw"] is None) == (face.pose is None)
        assert row["box"] is None


def test_faces_are_looked_for_and_what_has_none_is_an_error_beside(tmp_path, engine):
    folder = tmp_path / "photos"
    made_up_data.picture(folder / "noise.png", 3)
    (folder / "broken.png").write_bytes(b"broken")
    (folder / "face.png").write_bytes((ROOT / "examples" / "astronaut.png").read_bytes())
    *_, last = write_cohort(engine, open_source(folder), Wanted(), tmp_path / "out")
    (row,) = read_cohort(tmp_path / "out").to_pylist()
    assert (row["path"], row["face"], len(row["box"])) == ("face.png", 0, 4)
    errors = parquet.read_table(tmp_path / "out" / "errors.parquet").to_pylist()
    assert [error["path"] for error in errors] == ["broken.png", "noise.png"]
    assert "No face found in noise.png" in errors[1]["reason"]
    assert (last.done, last.rows, last.errors) == (3, 1, 2)


def test_pictures_opened_ahead_keep_their_order_and_their_faults(
    pictures, tmp_path, engine, monkeypatch
):
    (pictures / "1" / "0.png").write_bytes(b"broken")
    source = open_source(pictures)
    *_, told = rows_of(engine, source.pictures, FRAMED)
    monkeypatch.setattr(rows, "AHEAD", 2)
    *_, again = rows_of(engine, source.pictures, FRAMED)
    names = [picture.name for picture in source.pictures]
    assert [row["path"] for row in again.rows] == [name for name in names if name != "1/0.png"]
    assert again.rows == told.rows
    assert [name for name, _reason in again.errors] == ["1/0.png"]


def test_shards_together_are_the_whole(pictures, tmp_path, engine, monkeypatch):
    monkeypatch.setattr(tables_on_disk, "PICTURES_A_PART", 2)
    source = open_source(pictures)
    list(write_cohort(engine, source, FRAMED, tmp_path / "whole"))
    for number in (2, 1, 3):
        shard = Shard(number, 3)
        list(write_cohort(engine, source, FRAMED, tmp_path / "parts", shard=shard, resume=True))
    whole, together = (read_cohort(tmp_path / name) for name in ("whole", "parts"))
    assert together.equals(whole)
    assert len(list((tmp_path / "parts").glob("part-*.parquet"))) == 4


@pytest.mark.parametrize("text", ["0/3", "4/3", "a/b", "3", "", "-1/2", "1/0"])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(BadRequest, match="no shard"):
        Shard.named(text)
    assert Shard.named("3/64") == Shard(3, 64)


def test_a_folder_that_holds_parts_is_gone_on_with_or_left_alone(pictures, tmp_path, engine):
    source, out = open_source(pictures), tmp_path / "out"
    list(write_cohort(engine, source, FRAMED, out))
    before = {file.name: file.stat().st_mtime_ns for file in out.glob("part-*")}
    with pytest.raises(BadRequest, match="parts of this cohort already"):
        list(write_cohort(engine, source, FRAMED, out))
    *_, last = write_cohort(engine, source, FRAMED, out, resume=True)
    assert (last.done, last.rows) == (7, 0)
    assert before == {file.name: file.stat().st_mtime_ns for file in out.glob("part-*")}
    for other in (dataclasses.replace(FRAMED, covers=("mask",)), Wanted(saved=("w",))):
        with pytest.raises(BadRequest, match="of another cohort"):
            list(write_cohort(engine, source, other, out, resume=True))
    (out / "part-00009.parquet").write_bytes(b"no table")
    with pytest.raises(BadRequest, match="of another cohort"):
        list(write_cohort(engine, source, FRAMED, out, resume=True))


def test_a_killed_run_goes_on_without_a_row_lost_or_twice(tmp_path, checkpoint):
    folder = tmp_path / "pictures"
    for number in range(60):
        made_up_data.picture(folder / f"{number:03d}.png", number)
    (folder / "010.png").write_bytes(b"broken")
    out = tmp_path / "out"
    script = (
        "import sys\n"
        "from ran.study.cohort import tables_on_disk\n"
        "tables_on_disk.PICTURES_A_PART = 4\n"
        "from ran.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", script, "cohort", str(folder), "--out", str(out), "--framed",
               "--cover", "mask", "--checkpoint", str(checkpoint), "--device", "cpu"]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    while len(list(out.glob("part-*.parquet"))) < 3 and time.monotonic() < end:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = len(list(out.glob("part-*.parquet")))
    assert 3 <= there < 15, "it was killed on its way"
    done = subprocess.run(
        [*command, "--resume", "--json"], env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    rows = read_cohort(out).select(["path", "cover"]).to_pylist()
    assert len(rows) == 59 * 2
    assert len({(row["path"], row["cover"]) for row in rows}) == 59 * 2
    assert told["rows"] < 59 * 2, "what was there is not asked again"
    errors = parquet.read_table(out / "errors.parquet").to_pylist()
    assert [error["path"] for error in errors] == ["010.png"]


def ask(checkpoint, *options):
    return main(["cohort", *options, "--checkpoint", str(checkpoint), "--device", "cpu"])


def test_the_command_writes_says_and_can_be_tried_dry(pictures, tmp_path, checkpoint, capsys):
    out = str(tmp_path / "out")
    assert ask(checkpoint, str(pictures), "--out", out, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "pictures": 7, "left_out": 0, "parts": 1, "own_parts": 1,
    }  # fmt: skip
    assert not (tmp_path / "out").exists()
    assert ask(checkpoint, str(pictures), "--out", out, "--framed", "--save", "w, logits") == 0
    assert "7 rows below" in capsys.readouterr().out
    table = read_cohort(tmp_path / "out")
    assert {"w_Whole face", "logit_fear", "p_fear"} <= set(table.column_names)
    assert "rb_margin" not in table.column_names
    made = json.loads(
        parquet.read_schema(tmp_path / "out/part-00000.parquet").metadata[b"ran.cohort"]
    )
    assert made["sha256"] == Engine.load(checkpoint, "cpu").card.sha256
    assert made["wanted"]["saved"] == ["w", "logits"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cover", "beard"), "There is no cover 'beard'"),
        (("--save", "luck"), "nothing called 'luck'"),
        (("--fill", "gold"), "There is no fill 'gold'"),
        (("--shard", "9/3"), "There is no shard '9/3'"),
        (("--framed", "--detect"), "not allowed with"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    pictures, tmp_path, checkpoint, options, words, capsys
):
    assert ask(checkpoint, str(pictures), "--out", str(tmp_path / "out"), *options) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_memory_does_not_grow_with_the_number_of_faces(engine, pictures, tmp_path, monkeypatch):
    """What is asked together is bounded, however many pictures there are."""
    asked = []
    answer = engine.predict_many
    monkeypatch.setattr(
        engine, "predict_many", lambda scenes: (asked.append(len(scenes)), answer(scenes))[1]
    )
    many = pictures_from.Source(open_source(pictures).pictures * 40)
    list(write_cohort(engine, many, FRAMED, tmp_path / "out"))
    assert sum(asked) == 280
    assert max(asked) <= 64
    assert np.mean(asked) > 40, "many together"
