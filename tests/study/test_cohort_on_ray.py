"""A cohort on a local Ray with two workers: the same rows, also where one is killed on its way."""

import json
import os
import signal
import sys
from pathlib import Path

import made_up_data
import pytest

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest
from ran.study.cohort.pictures_from import open_source
from ran.study.cohort.rows import Wanted
from ran.study.cohort.tables_on_disk import read_cohort, write_cohort

ray = pytest.importorskip("ray", reason="the extra [cluster] is not installed")
from ran.study.cohort.on_ray import RayWorkers  # noqa: E402

WANTED = Wanted(("mask",), is_framed=True)
BATCH = 3


@pytest.fixture(scope="module")
def cluster():
    """A Ray of two processors that this test began, and ends."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(60):
        made_up_data.picture(folder / f"{number:03d}.png", number)
    (folder / "010.png").write_bytes(b"broken")
    return folder


@pytest.fixture(scope="module")
def here(pictures, checkpoint, tmp_path_factory):
    """What this process writes."""
    out = tmp_path_factory.mktemp("here")
    engine = Engine.load(checkpoint, "cpu")
    list(write_cohort(engine, open_source(pictures), WANTED, out, batch=BATCH))
    return out


def workers_of_ours():
    """The processes of Ray's workers that descend from this one."""
    parents, names = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text()
            names[int(folder.name)] = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        parents[int(folder.name)] = int(status.rpartition(")")[2].split()[1])

    def is_ours(process):
        while process > 1:
            if process == os.getpid():
                return True
            process = parents.get(process, 0)
        return False

    return [
        one for one, name in names.items() if name.startswith("ray::MapWorker") and is_ours(one)
    ]


def same(one, other):
    first, second = (read_cohort(out).to_pylist() for out in (one, other))
    assert len(first) == len(second) == 59 * 2
    for row, again in zip(first, second, strict=True):
        assert row == pytest.approx(again, abs=1e-5)


def on_ray(checkpoint, pictures, out, **options):
    engine = Engine.load(checkpoint, "cpu")
    workers = RayWorkers(str(pictures), str(checkpoint), "cpu", count=2)
    return write_cohort(
        engine, open_source(pictures), WANTED, out, batch=BATCH, workers=workers, **options
    )


@pytest.mark.skipif(sys.platform != "linux", reason="workers are found in /proc")
def test_a_worker_that_is_killed_costs_no_row_and_none_is_there_twice(
    cluster, checkpoint, pictures, here, tmp_path
):
    killed, last = [], None
    for last in on_ray(checkpoint, pictures, tmp_path / "out"):
        if not killed:
            assert last.done < 60, "it is on its way"
            killed = workers_of_ours()[:1]
            os.kill(killed[0], signal.SIGKILL)
    assert killed
    assert (last.done, last.of) == (60, 60)
    same(tmp_path / "out", here)
    assert len(list((tmp_path / "out").glob("part-*.parquet"))) == 20


def test_what_is_there_is_gone_on_with_on_ray(cluster, checkpoint, pictures, here, tmp_path):
    out = tmp_path / "out"
    engine = Engine.load(checkpoint, "cpu")
    begun = write_cohort(engine, open_source(pictures), WANTED, out, batch=BATCH)
    for _ in range(15):
        next(begun)
    begun.close()
    before = {file.name: file.stat().st_mtime_ns for file in out.glob("part-*")}
    assert len(before) == 15
    *_, last = on_ray(checkpoint, pictures, out, resume=True)
    assert last.rows < 59 * 2
    same(out, here)
    assert all((out / name).stat().st_mtime_ns == time for name, time in before.items())


def test_workers_that_see_other_pictures_are_refused(cluster, checkpoint, pictures, tmp_path):
    other = made_up_data.seven(tmp_path / "other")
    engine = Engine.load(checkpoint, "cpu")
    workers = RayWorkers(str(other), str(checkpoint), "cpu", count=1)
    with pytest.raises(BadRequest, match="sees other pictures or another network"):
        list(write_cohort(engine, open_source(pictures), WANTED, tmp_path / "out", workers=workers))
    gone = RayWorkers(str(tmp_path / "gone"), str(checkpoint), "cpu", count=1)
    with pytest.raises(BadRequest, match=r"A worker cannot begin: .*gone does not exist"):
        list(write_cohort(engine, open_source(pictures), WANTED, tmp_path / "out", workers=gone))
    assert not list((tmp_path / "out").glob("part-*"))


def test_the_command_asks_ray(cluster, checkpoint, pictures, here, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ["cohort", os.path.relpath(pictures), "--out", "rows", "--framed", "--cover", "mask",
             "--batch", str(BATCH), "--checkpoint", str(checkpoint), "--device", "cpu",
             "--engine", "ray", "--json"]  # fmt: skip
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out) == {"pictures": 60, "rows": 118, "errors": 1}
    same(tmp_path / "rows", here)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--workers", "2"), "--engine ray"),
        (("--address", "ray://nowhere:1"), "--engine ray"),
        (("--engine", "ray", "--workers", "0"), "0 workers do nothing"),
        (("--engine", "ray", "--address", "nowhere"), "There is no cluster at 'nowhere'"),
        (("--engine", "ray", "--address", "127.0.0.1:1"), "There is no cluster at"),
        (("--batch", "0"), "A part cannot have 0 pictures"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    checkpoint, pictures, tmp_path, options, words, capsys
):
    asked = ["cohort", str(pictures), "--out", str(tmp_path / "out"), "--framed", "--checkpoint",
             str(checkpoint), "--device", "cpu", *options]  # fmt: skip
    assert main(asked) == 2
    said = [
        line for line in capsys.readouterr().err.splitlines() if not line.startswith("pictures")
    ]
    assert words in said[-1]
