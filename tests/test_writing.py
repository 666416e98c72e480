"""Files are written whole or not at all, and never over what is read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ran.errors import BadRequest
from ran.writing import refuse_same, replacing, write_bytes, write_text


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_nothing_is_left_beside_it(tmp_path):
    write_text(tmp_path / "a.csv", "größer\n")
    assert (tmp_path / "a.csv").read_bytes() == "größer\n".encode()
    write_bytes(tmp_path / "a.csv", b"new")
    assert (tmp_path / "a.csv").read_bytes() == b"new"
    assert left(tmp_path) == ["a.csv"]


def test_what_fails_half_way_leaves_the_old_file_and_no_other(tmp_path):
    write_text(tmp_path / "a.csv", "old")
    with pytest.raises(BadRequest, match="No space left"), replacing(tmp_path / "a.csv") as fresh:
        fresh.write_text("half")
        raise OSError(28, os.strerror(28), str(fresh))
    with pytest.raises(ValueError, match="stop"), replacing(tmp_path / "b.csv") as fresh:
        fresh.write_text("half")
        raise ValueError("stop")
    assert (tmp_path / "a.csv").read_text() == "old"
    assert left(tmp_path) == ["a.csv"]


def test_the_path_that_was_given_is_named_and_not_the_fresh_one(tmp_path):
    for path, said in (
        (tmp_path, f"{tmp_path} cannot be written: it is a folder."),
        (tmp_path / "none" / "a.csv", "No such file or directory"),
        (Path("/dev/full"), "/dev/full cannot be written: No space left on device."),
    ):
        with pytest.raises(BadRequest, match=re.escape(said)) as refused:
            write_text(path, "x")
        assert str(path) in str(refused.value)
        assert refused.value.hint


def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(0o640)
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_text(tmp_path / "link.csv", "new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"
    assert (tmp_path / "real.csv").stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to_and_not_replaced():
    write_text(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()


def test_an_output_that_is_read_or_written_already_is_refused_under_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photo = tmp_path / "me.png"
    photo.write_bytes(b"x")
    (tmp_path / "soft.png").symlink_to(photo)
    os.link(photo, tmp_path / "hard.png")
    for name in (photo, "me.png", "./me.png", "soft.png", "hard.png", f"../{tmp_path.name}/me.png"):
        with pytest.raises(BadRequest, match="--out would write over the photo"):
            refuse_same({"--out": Path(name)}, {"the photo": photo})
    with pytest.raises(BadRequest, match="--npz would write over --csv"):
        refuse_same({"--csv": Path("new"), "--npz": tmp_path / "new"}, {"the photo": photo})
    refuse_same({"--csv": Path("a"), "--npz": Path("b"), "--out": None}, {"the recipe": None})
    refuse_same({"--csv": Path("/dev/null"), "--npz": Path("/dev/null")}, {})


def test_nothing_in_the_project_writes_a_file_by_itself():
    """Every file goes through ran.writing, but for a log that grows and an upload's own folder."""
    allowed = {
        "ran/__main__.py": 2,  # into nowhere
        "ran/writing.py": 2,
        "ran/net/checkpoints.py": 1,  # two at once, both by replacing
        "ran/commands/explain.py": 2,  # three at once, all by replacing
        "ran/commands/figure.py": 1,  # two at once, both by replacing
        "ran/study/training/run_folder.py": 1,  # a line more in metrics.jsonl
        "ran/ui/shared/compute.py": 1,  # an uploaded checkpoint, into a folder that goes at once
    }
    writes = re.compile(r"\.write_(?:text|bytes)\(|\.open\(\"[awx]b?\"\)")
    found = {}
    top = Path(__file__).parents[1]
    for root in ("ran", "pages", "benchmarks"):
        for path in (top / root).rglob("*.py"):
            text = path.read_text()
            count = len(writes.findall(text)) - text.count('fresh.open("wb")')
            if count:
                found[path.relative_to(top).as_posix()] = count
    assert found == allowed


def printed(line: str, **streams) -> subprocess.CompletedProcess:
    """Run a line of Python that has `Path`, `write_text` and `replacing`, as a process."""
    code = f"from pathlib import Path\nfrom ran.writing import replacing, write_text\n{line}"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False, text=True,
        stderr=subprocess.PIPE, **streams,
    )  # fmt: skip


def test_standard_output_is_written_to_in_its_turn(tmp_path):
    """Also where it is a file: replaced, what is printed before and after would be lost."""
    line = "print('one'); write_text(Path('/dev/stdout'), 'two\\n'); print('three')"
    assert printed(line, stdout=subprocess.PIPE).stdout == "one\ntwo\nthree\n"
    with (tmp_path / "out.txt").open("w") as out:
        printed(line, stdout=out)
    assert (tmp_path / "out.txt").read_text() == "one\ntwo\nthree\n"


def test_a_named_pipe_gets_what_is_written_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        write_text(pipe, "through\n")
        assert reader.communicate()[0] == "through\n"
    assert pipe.is_fifo()


def test_a_link_to_itself_is_refused_and_stays(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(BadRequest, match="loop cannot be written: Too many levels"):
        write_text(tmp_path / "loop", "x")
    assert (tmp_path / "loop").is_symlink()


def test_two_outputs_whose_names_differ_in_case_alone_are_refused(tmp_path):
    with pytest.raises(BadRequest, match="--npz would write over --csv"):
        refuse_same({"--csv": tmp_path / "Map", "--npz": tmp_path / "map"}, {})


def test_a_file_that_standard_output_goes_into_is_known(tmp_path):
    line = (
        "from ran.writing import is_printed_to, is_standard_output as is_out; import sys; "
        "print([(is_printed_to(Path(p)), is_out(Path(p))) for p in (sys.argv[0], 'OUT', "
        "'/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', '/dev/null')])"
    ).replace("OUT", str(tmp_path / "out.txt"))
    with (tmp_path / "out.txt").open("w") as out:
        printed(line, stdout=out)
    yes, no = True, False
    expected = [(no, no), (yes, no), (yes, yes), (yes, yes), (yes, yes), (no, no)]
    assert (tmp_path / "out.txt").read_text() == f"{expected}\n"


def test_a_full_disk_leaves_no_half_of_a_network(tmp_path):
    """Files may not grow beyond a megabyte here, as on a disk that has no more."""
    code = """
import resource, sys
from pathlib import Path
import torch
from ran.errors import BadRequest
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.released import write_pickled
network, card = load_checkpoint()
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
folder = Path(sys.argv[1])
for write in (
    lambda: save_checkpoint(folder / "new", network, card),
    lambda: save_checkpoint(folder / "old", network, card),
    lambda: write_pickled(folder / "one.pt", network.state_dict()),
):
    try:
        write()
    except BadRequest as error:
        print(error)
"""
    (tmp_path / "old").mkdir()
    for name in ("model.safetensors", "card.json"):
        (tmp_path / "old" / name).write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=Path(__file__).parents[1], capture_output=True, check=False, text=True,
    )  # fmt: skip
    said = done.stdout.splitlines()
    assert [line.split(" cannot be written: ")[0] for line in said] == [
        str(tmp_path / name)
        for name in ("new/model.safetensors", "old/model.safetensors", "one.pt")
    ]
    assert all("File too large" in line for line in said)
    assert left(tmp_path) == ["old"]
    assert left(tmp_path / "old") == ["card.json", "model.safetensors"]
    assert {path.read_text() for path in (tmp_path / "old").iterdir()} == {"old"}
