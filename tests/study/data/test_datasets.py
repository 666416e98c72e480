"""FERPlus and the published lists: read alike from folder and zip, and refused in one sentence."""

import re
import zipfile

import numpy as np
import pytest
import torch
from made_up_ferplus import LISTS, write_ferplus, write_lists, zip_of
from PIL import Image

from ran.errors import BadRequest
from ran.study.data.ferplus import Faces, read_ferplus, read_lists


@pytest.fixture
def ferplus(tmp_path):
    write_ferplus(tmp_path / "ferplus", faces=3)
    return tmp_path / "ferplus"


@pytest.fixture
def lists(tmp_path):
    stems = {
        f"fer{n:07d}": (split, n % 8) for n, split in enumerate(["Train", "Valid", "Test"] * 4)
    }
    write_lists(tmp_path / "lists", stems)
    return tmp_path / "lists"


def refusal(source, split="train"):
    """Return what reading a split says when it is refused: one line, with a next step."""
    with pytest.raises(BadRequest) as refused:
        read_ferplus(source, split)
    assert "\n" not in str(refused.value)
    assert refused.value.hint
    return refused.value.message


def test_a_zip_gives_the_same_faces_as_its_folder(ferplus, tmp_path):
    folder = read_ferplus(ferplus, "test")
    packed = read_ferplus(zip_of(ferplus, tmp_path / "ferplus.zip"), "test")
    assert folder.names == packed.names == ("fer0000006", "fer0000007", "fer0000008")
    assert np.array_equal(folder.pixels, packed.pixels)
    assert np.array_equal(folder.votes, packed.votes)


def test_a_face_is_its_picture_with_its_votes(ferplus):
    faces = read_ferplus(ferplus, "valid")
    picture = np.asarray(Image.open(ferplus / "FER2013Valid/fer0000004.png"))
    assert np.array_equal(faces.pixels[1], picture)
    assert faces.votes[1].tolist() == [0, 6, 3, 0, 0, 0, 0, 0, 1, 0]
    assert faces.labels().tolist() == [0, 1, 2]


def test_soft_labels_are_the_shares_of_the_eight_expressions():
    votes = np.array([[6, 2, 0, 0, 0, 0, 0, 0, 5, 9], [0] * 8 + [4, 6]])
    faces = Faces(("a", "b"), np.zeros((2, 48, 48), np.uint8), votes)
    assert faces.shares()[0].tolist() == [0.75, 0.25, 0, 0, 0, 0, 0, 0]
    assert torch.equal(faces.shares()[1], torch.zeros(8)), "no vote for an expression: no say"


def test_of_equal_votes_the_first_expression_is_the_label():
    votes = np.array([[0, 4, 0, 4, 0, 0, 0, 0, 2, 0]])
    assert Faces(("a",), np.zeros((1, 48, 48), np.uint8), votes).labels().tolist() == [1]


def test_chosen_and_first_keep_the_order_and_each_face_its_own_picture(ferplus):
    faces = read_ferplus(ferplus, "train")
    two = faces.chosen(frozenset({"fer0000002", "fer0000000", "elsewhere"}))
    assert two.names == ("fer0000000", "fer0000002")
    assert np.array_equal(two.pixels, faces.pixels[[0, 2]])
    assert np.array_equal(two.votes, faces.votes[[0, 2]])
    assert two.first(1).names == ("fer0000000",)
    assert two.first(None).names == two.names


def test_an_unknown_split_names_the_splits(ferplus):
    with pytest.raises(BadRequest, match="train, valid, test"):
        read_ferplus(ferplus, "exam")


def test_a_source_that_is_not_there_or_no_zip_is_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "nowhere")
    (tmp_path / "text.zip").write_text("not a zip")
    assert "is not a zip" in refusal(tmp_path / "text.zip")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["label.csv", "fer0000001.png"])
def test_what_a_folder_or_zip_lacks_is_named(ferplus, tmp_path, name, packed):
    (ferplus / "FER2013Train" / name).unlink()
    source = zip_of(ferplus, tmp_path / "ferplus.zip") if packed else ferplus
    assert f"holds no FER2013Train/{name}" in refusal(source)


def test_a_zip_that_was_cut_short_is_refused(ferplus, tmp_path):
    source = zip_of(ferplus, tmp_path / "ferplus.zip")
    source.write_bytes(source.read_bytes()[:-200])
    assert "is not a zip" in refusal(source)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_part_of_a_zip_is_named(ferplus, tmp_path, method):
    source = tmp_path / "ferplus.zip"
    with zipfile.ZipFile(source, "w", method) as archive:
        for file in sorted(ferplus.rglob("*.*")):
            archive.write(file, file.relative_to(ferplus))
        part = archive.getinfo("FER2013Train/fer0000001.png")
    content = bytearray(source.read_bytes())
    start = part.header_offset + 30 + len(part.filename)
    content[start : start + 50] = b"\xff" * 50  # no block of a deflated stream begins so
    source.write_bytes(content)
    assert "FER2013Train/fer0000001.png in" in refusal(source)


@pytest.mark.parametrize("content", [b"", b"not a picture", None])
def test_a_damaged_picture_is_named(ferplus, content):
    path = ferplus / "FER2013Train/fer0000001.png"
    path.write_bytes(path.read_bytes()[:900] if content is None else content)
    assert "fer0000001.png is no picture" in refusal(ferplus)


def test_a_picture_of_another_size_is_refused_before_it_is_decoded(ferplus):
    path = ferplus / "FER2013Train/fer0000001.png"
    Image.new("1", (2_000, 3_000)).save(path)
    path.write_bytes(path.read_bytes()[:200])  # decoding would fail
    assert "fer0000001.png is 2000 x 3000 pixels" in refusal(ferplus)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fer0000001.png,box,1,2,3", "has 5 columns, not 12"),
        ("fer0000001.png,box,1,2,3,4,5,6,7,8,9,10,11", "has 13 columns, not 12"),
        ("fer0000001.png,box,1,2,many,4,5,6,7,8,9,10", "has the vote 'many'"),
        ("fer0000001.png,box,1,2,-3,4,5,6,7,8,9,10", "has the vote '-3'"),
        ("fer0000001.png,box,1,2,0.5,4,5,6,7,8,9,10", "has the vote '0.5'"),
        (",box,1,2,3,4,5,6,7,8,9,10", "names no picture"),
        (" ,box,1,2,3,4,5,6,7,8,9,10", "names no picture"),
        ("../a.png,box,1,2,3,4,5,6,7,8,9,10", "names '../a.png', which is no file"),
        ("..,box,1,2,3,4,5,6,7,8,9,10", "names '..', which is no file"),
        (f"a,box,1,2,3,4,5,6,7,8,9,{'9' * 5000}", f"has the vote '{'9' * 80}'"),
        (f"{'a' * 5000},box,1,2,3,4,5,6,7,8,9,1", f"names '{'a' * 80}', which is no file"),
    ],
)
def test_a_bad_row_of_votes_is_named_by_its_line(ferplus, line, said):
    path = ferplus / "FER2013Train/label.csv"
    rows = path.read_text().splitlines()
    path.write_text("\n".join([rows[0], line, rows[2]]))
    assert refusal(ferplus) == f"Line 2 of FER2013Train/label.csv {said}."


def test_a_mark_of_byte_order_is_no_part_of_the_first_name(ferplus):
    path = ferplus / "FER2013Train/label.csv"
    before = read_ferplus(ferplus, "train")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_ferplus(ferplus, "train").names == before.names


def test_a_picture_with_two_rows_is_named(ferplus):
    path = ferplus / "FER2013Train/label.csv"
    path.write_text(path.read_text() + path.read_text().splitlines()[1])
    assert "has two rows of fer0000001.png" in refusal(ferplus)


def test_two_files_of_one_name_are_one_picture_of_the_lists(ferplus):
    path = ferplus / "FER2013Train/label.csv"
    again = path.read_text().splitlines()[1].replace(".png", ".jpg")
    path.write_text(f"{path.read_text()}{again}\n")
    assert "has two rows of fer0000001.jpg" in refusal(ferplus)


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"\xff\xfe\x00\x81", "is not a table")]
)
def test_a_label_file_that_is_no_table_is_refused(ferplus, content, said):
    (ferplus / "FER2013Train/label.csv").write_bytes(content)
    assert said in refusal(ferplus)


def test_the_three_line_formats_are_read(tmp_path):
    root = tmp_path / "FERplus_dir"
    write_lists(tmp_path, {})
    for name, line in zip(
        LISTS,
        ["7/fer0000001 6", "0/fer0000002 6", "3_fer0000002.png 8 2", "0/fer0000002.jpg", ""],
        strict=True,
    ):
        (root / name).write_text(f"{line}\n" if line else "")
    found = read_lists(tmp_path)
    assert found.train == {"fer0000001": 7}
    assert found.test == {"fer0000002": 0}
    assert found.occlusion == {"fer0000002": (3, 2)}
    assert found.pose30 == {"fer0000002"}
    assert found.pose45 == frozenset()
    assert found.subsets()["occlusion"] == {"fer0000002"}


@pytest.mark.parametrize(
    "line",
    [
        "fer0000001", "8/fer0000001", "", "7/0000001 6", "7/fer0000001 a",
        f"7/fer0000001 {'9' * 5000}", f"7/fer{'0' * 5000}",
    ],
    ids=lambda line: line[:20],
)  # fmt: skip
@pytest.mark.parametrize("name", LISTS)
def test_a_bad_line_of_a_list_is_refused_with_its_number(lists, name, line):
    path = lists / "FERplus_dir" / name
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:2], line, *rows[3:]]) + "\n")
    with pytest.raises(BadRequest, match=re.escape(f"Line 3 of {path} is {line[:80]!r}.")):
        read_lists(lists)


@pytest.mark.parametrize("name", LISTS)
def test_a_mark_of_byte_order_spoils_no_line_of_a_list(lists, name):
    before = read_lists(lists)
    path = lists / "FERplus_dir" / name
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_lists(lists) == before


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("dlib_ferplus_train_center_crop_range_list.txt", "7/fer0034656"),
        ("jianfei_occlusion_list.txt", "7_fer0034656.png 8 1"),
        ("pose_30_ferplus_list.txt", "7/fer0034656.jpg"),
    ],
)
def test_a_list_that_names_a_picture_twice_is_refused_with_both_lines(lists, name, line):
    path = lists / "FERplus_dir" / name
    path.write_text(f"0/fer0034655 8 0\n{line}\n{line.replace('7', '2', 1)}\n")
    with pytest.raises(BadRequest, match=r"Lines 2 and 3 of .* both name fer0034656"):
        read_lists(lists)


@pytest.mark.parametrize("line", ["1_fer0034656.png", "1_fer0034656.png 8 4"])
def test_an_occlusion_without_a_known_kind_is_refused_with_its_number(lists, line):
    path = lists / "FERplus_dir/jianfei_occlusion_list.txt"
    path.write_text(f"1_fer0034655.png 8 0\n{line}\n")
    with pytest.raises(BadRequest, match=r"Line 2 of .* names no kind"):
        read_lists(lists)


def test_a_missing_list_is_named(lists):
    (lists / "FERplus_dir/pose_30_ferplus_list.txt").unlink()
    with pytest.raises(BadRequest, match=r"pose_30_ferplus_list\.txt does not exist"):
        read_lists(lists)


@pytest.mark.data
def test_the_published_lists_have_the_published_sizes(data):
    lists = read_lists(data / "ran_lists")
    assert {name: len(members) for name, members in lists.subsets().items()} == {
        "ferplus": 3137, "occlusion": 605, "pose30": 1170, "pose45": 633,
    }  # fmt: skip
    assert all(members <= set(lists.test) for members in lists.subsets().values())
    assert len(lists.pose30.intersection(lists.occlusion)) == 205
    kinds = [kind for _, kind in lists.occlusion.values()]
    assert [kinds.count(kind) for kind in range(4)] == [70, 138, 213, 184]


@pytest.mark.data
@pytest.mark.parametrize(("split", "count"), [("train", 25_045), ("valid", 3_191), ("test", 3_137)])
def test_every_label_of_the_lists_is_the_expression_most_voted_for(data, split, count):
    lists = read_lists(data / "ran_lists")
    labels = {**lists.train, **lists.test}
    members = frozenset(lists.test if split == "test" else lists.train)
    faces = read_ferplus(data / "ferplus/ferplus.zip", split).chosen(members)
    assert len(faces) == count
    assert faces.labels().tolist() == [labels[name] for name in faces.names]
    if split == "test":
        voted = dict(zip(faces.names, faces.labels().tolist(), strict=True))
        assert all(voted[stem] == label for stem, (label, _) in lists.occlusion.items())
