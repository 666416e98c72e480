"""A cohort: sources, what is left out of them, rows, parts, shards, and going on after a kill."""

import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
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
from ran.study.cohort import parts, sources
from ran.study.cohort.parts import Shard, read_cohort, write_cohort
from ran.study.cohort.rows import SAVED, Wanted
from ran.study.cohort.sources import open_source

ROOT = Path(__file__).parents[2]
FRAMED = Wanted(is_framed=True)


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    for number in range(7):
        made_up_data.picture(folder / f"{number % 2}" / f"{number}.png", number)
    (folder / "notes.txt").write_text("no picture")
    return folder


def names(source) -> list[str]:
    return [one.name for one in source.pictures]


def test_a_folder_a_zip_and_a_tar_give_the_same_pictures_in_the_same_order(pictures, tmp_path):
    files = sorted(file for file in pictures.rglob("*") if file.is_file())
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        for file in reversed(files):
            archive.write(file, file.relative_to(pictures).as_posix())
    with tarfile.open(tmp_path / "it.tar", "w") as archive:
        for file in reversed(files):
            archive.add(file, file.relative_to(pictures).as_posix())
    folder = open_source(pictures)
    assert names(folder) == ["0/0.png", "0/2.png", "0/4.png", "0/6.png", "1/1.png", "1/3.png",
                             "1/5.png"]  # fmt: skip
    for other in ("it.zip", "it.tar"):
        source = open_source(tmp_path / other)
        assert names(source) == names(folder)
        assert [one.read() for one in source.pictures] == [one.read() for one in folder.pictures]


def test_a_tables_paths_lie_below_it_in_its_order(pictures):
    rows = "path,label\n1/5.png,x\n0/0.png,y\n../secret.png,z\n/etc/passwd,z\n0/9.png,z\n,\n"
    (pictures / "table.csv").write_text(rows)
    (pictures.parent / "secret.png").write_bytes(b"secret")
    source = open_source(pictures / "table.csv")
    assert names(source) == ["1/5.png", "0/0.png"]
    assert source.left_out == (
        ("../secret.png", "it lies outside the table's folder"),
        ("/etc/passwd", "it lies outside the table's folder"),
        ("0/9.png", "it is not there"),
        ("", "it lies outside the table's folder"),
    )


def test_what_is_linked_out_of_a_folder_is_left_out(pictures, tmp_path):
    made_up_data.picture(tmp_path / "elsewhere.png", 50)
    (pictures / "linked.png").symlink_to(tmp_path / "elsewhere.png")
    (pictures / "inside.png").symlink_to(pictures / "0" / "0.png")
    source = open_source(pictures)
    assert source.left_out == (("linked.png", "it lies outside the folder"),)
    assert "inside.png" in names(source)


def test_names_that_would_leave_an_archive_are_names_and_write_nothing(tmp_path, engine):
    inside = made_up_data.picture(tmp_path / "one.png", 1).read_bytes()
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        archive.writestr("../../escaped.png", inside)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    out = tmp_path / "deep" / "er" / "out"
    list(write_cohort(engine, open_source(tmp_path / "it.zip"), FRAMED, out))
    assert read_cohort(out).column("path").to_pylist() == ["../../escaped.png"]
    assert not list(tmp_path.rglob("escaped.png"))


def test_a_zip_bomb_costs_no_more_than_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "it.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("honest.png", bytes(5000))
        archive.writestr("lying.png", bytes(900))
    content = bytearray((tmp_path / "it.zip").read_bytes())
    source = open_source(tmp_path / "it.zip")
    assert source.left_out == (("honest.png", "it is too large"),)
    # An entry that says less than it holds: its size in the directory is made small.
    place_ = content.rfind((5000).to_bytes(4, "little"))
    content[place_ : place_ + 4] = (10).to_bytes(4, "little")
    (tmp_path / "it.zip").write_bytes(content)
    lying = open_source(tmp_path / "it.zip")
    for picture in lying.pictures:
        try:
            assert len(picture.read()) <= 1000
        except BadRequest as refusal:
            assert "damaged" in refusal.message or "more than" in refusal.message


def test_too_many_entries_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_IN_ARCHIVE", 3)
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}.txt", b"")
    with pytest.raises(BadRequest, match="4 entries; 3 are read at most"):
        open_source(tmp_path / "it.zip")
    with tarfile.open(tmp_path / "it.tar", "w") as archive:
        for number in range(4):
            archive.addfile(tarfile.TarInfo(f"{number}.txt"))
    with pytest.raises(BadRequest, match="more than 3 entries"):
        open_source(tmp_path / "it.tar")


def test_links_devices_and_holes_in_a_tar_are_left_out(tmp_path):
    content = made_up_data.picture(tmp_path / "one.png", 1).read_bytes()
    with tarfile.open(tmp_path / "it.tar", "w") as archive:
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        entry = tarfile.TarInfo("one.png")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    source = open_source(tmp_path / "it.tar")
    assert (names(source), source.left_out) == (["one.png"], (("link.png", "it is no file"),))
    assert source.pictures[0].read() == content


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.zip", b"nothing", "is no folder, table, zip or tar"),
        ("a.csv", b"name\nx.png\n", "holds no picture that can be used"),
        ("a.parquet", b"PAR1", "no column path, or is no Parquet"),
    ],
)
def test_what_is_no_source_is_refused_with_the_next_step(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadRequest, match=words) as refusal:
        open_source(tmp_path / name)
    assert refusal.value.hint
    with pytest.raises(BadRequest, match="does not exist"):
        open_source(tmp_path / "absent")


def test_a_compressed_tar_says_that_it_must_be_plain(pictures, tmp_path):
    with tarfile.open(tmp_path / "it.tar.gz", "w:gz") as archive:
        archive.add(pictures, "pictures")
    with pytest.raises(BadRequest) as refusal:
        open_source(tmp_path / "it.tar.gz")
    assert "plain tar" in refusal.value.hint


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


def test_shards_together_are_the_whole(pictures, tmp_path, engine, monkeypatch):
    monkeypatch.setattr(parts, "PICTURES_A_PART", 2)
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
        "from ran.study.cohort import parts\n"
        "parts.PICTURES_A_PART = 4\n"
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


def test_the_examples_are_a_source_of_their_own():
    assert len(open_source("examples").pictures) == 8


def test_memory_does_not_grow_with_the_number_of_faces(engine, pictures, tmp_path, monkeypatch):
    """What is asked together is bounded, however many pictures there are."""
    asked = []
    answer = engine.predict_many
    monkeypatch.setattr(
        engine, "predict_many", lambda scenes: (asked.append(len(scenes)), answer(scenes))[1]
    )
    many = sources.Source(open_source(pictures).pictures * 40)
    list(write_cohort(engine, many, FRAMED, tmp_path / "out"))
    assert sum(asked) == 280
    assert max(asked) <= 64
    assert np.mean(asked) > 40, "many together"
