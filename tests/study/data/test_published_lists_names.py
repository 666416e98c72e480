"""The authors' lists of every data set, in all forms in which they name a picture."""

import os
from collections import Counter
from pathlib import Path

import pytest

from ran.errors import BadRequest
from ran.study.data.lists import listed, name_of, occlusion_kinds

HASH = "bc9ad400db82eca1882b11c9603348fb3e92f5b0d67391ac22a1bc79"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("7/fer0032220 6", "fer0032220"),
        ("7_fer0032220.png 8 1", "fer0032220"),
        ("test_0004_aligned 3 4", "test_0004"),
        ("0/test_0004_aligned.jpg", "test_0004"),
        (f"val/0/{HASH}/", HASH),
        (f"0/{HASH}.jpg", HASH),
        (f"7/{HASH}/8.jpg", HASH),
        ("   ", ""),
        ("///", ""),
    ],
)
def test_a_line_names_a_picture_in_any_form(line, name):
    assert name_of(line) == name


def test_a_line_that_names_none_is_refused_by_its_number(tmp_path):
    (tmp_path / "RAF_DB_dir").mkdir()
    (tmp_path / "RAF_DB_dir/rafdb_occlusion_list.txt").write_text("test_0003_aligned 3 4\n\n//\n")
    with pytest.raises(BadRequest, match="Line 3 of "):
        listed(tmp_path, "rafdb")


def test_data_sets_without_lists_have_none_and_absent_lists_are_refused(tmp_path):
    assert listed(tmp_path, "folders") == {}
    with pytest.raises(BadRequest, match="holds no list"):
        listed(tmp_path, "affectnet")


@pytest.mark.data
@pytest.mark.parametrize(
    ("layout", "counts"),
    [
        ("ferplus", {"occlusion": 605, "pose30": 1170, "pose45": 633}),
        ("rafdb", {"occlusion": 734, "pose30": 1247, "pose45": 558}),
        ("affectnet", {"occlusion": 683, "pose30": 1944, "pose45": 983}),
    ],
)
def test_the_published_lists_name_so_many_pictures(layout, counts):
    root = os.environ.get("RAN_DATA")
    if not root or not (Path(root) / "ran_lists").is_dir():
        pytest.skip("RAN_DATA names no folder with ran_lists")
    found = listed(Path(root) / "ran_lists", layout)
    assert {name: len(members) for name, members in found.items()} == counts


@pytest.mark.data
def test_the_occlusion_lists_say_what_hides_a_face():
    root = os.environ.get("RAN_DATA")
    if not root or not (Path(root) / "ran_lists").is_dir():
        pytest.skip("RAN_DATA names no folder with ran_lists")
    lists = Path(root) / "ran_lists"
    ferplus = Counter(occlusion_kinds(lists, "ferplus").values())
    assert ferplus == {"upper face": 70, "lower face": 138, "left or right side": 213,
                       "glasses": 184}  # fmt: skip
    assert set(occlusion_kinds(lists, "rafdb").values()) == {"kind 1", "kind 2", "kind 3", "kind 4"}
    assert occlusion_kinds(lists, "affectnet") == {}
    assert occlusion_kinds(lists, "folders") == {}
