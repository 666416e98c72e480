"""Files are written whole or not at all, and never over what is read."""

import os
import re
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
        "ran/writing.py": 1,
        "ran/study/runs.py": 1,  # a line more in metrics.jsonl
        "ran/ui/compute.py": 1,  # an uploaded checkpoint, into a folder that goes at once
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
