"""Data sets in every form in which people have them: what is read, and what is said of faults."""

import csv

import made_up_data
import numpy as np
import pytest
from made_up_ferplus import write_ferplus, zip_of

from ran.errors import BadRequest
from ran.expressions import AFFECTNET, FERPLUS, RAFDB
from ran.study.data.opened import open_data


def kinds(data) -> dict[str, int]:
    return {fault.kind: fault.count for fault in data.faults}


def test_rafdb_has_its_own_seven_labels_and_the_aligned_faces(tmp_path):
    data = open_data(made_up_data.rafdb(tmp_path))
    assert (data.layout, data.classes) == ("rafdb", RAFDB)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 3, "test": 8}
    test = data.splits["test"]
    assert test.names[:2] == ("test_0001", "test_0002")
    assert test.labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    expected = made_up_data.picture(tmp_path / "other.png", 3 + 4)
    again = open_data(made_up_data.folders(tmp_path / "one", ["Happy"], each=1))
    assert np.array_equal(test.read(4), _pixels(expected))
    assert data.faults == ()
    assert again.layout == "folders"


def _pixels(path):
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def test_rafdbs_whole_photographs_are_told(tmp_path):
    data = open_data(made_up_data.rafdb(tmp_path, place="Image/original"))
    assert kinds(data) == {"mistake": 1}
    assert "Whole photographs stand where aligned faces are meant" in data.faults[0].words
    assert len(data.splits["test"]) == 8


def test_rafdb_without_faces_names_what_to_unpack(tmp_path):
    root = made_up_data.rafdb(tmp_path)
    (root / "Image").rename(root / "Pictures")
    with pytest.raises(BadRequest) as refusal:
        open_data(root)
    assert "aligned.zip" in refusal.value.hint


def test_rafdbs_damaged_lines_and_absent_files_are_counted(tmp_path):
    root = made_up_data.rafdb(tmp_path)
    table = root / "EmoLabel/list_patition_label.txt"
    table.write_text(table.read_text() + "test_0099.jpg 8\nvalid_0001.jpg 3\n\ntest_0100.jpg 2\n")
    data = open_data(root)
    assert kinds(data) == {"label": 2, "missing": 1}
    assert data.faults[0].first == "line 12"
    assert data.faults[1].first == "Image/aligned/test_0100_aligned.jpg"


@pytest.mark.parametrize("place", ["", "Manually_Annotated_Images"])
def test_affectnet_by_its_tables_goes_by_hashes_and_leaves_out_what_is_no_expression(
    tmp_path, place
):
    data = open_data(made_up_data.affectnet_tables(tmp_path, place=place))
    assert (data.layout, data.classes) == ("affectnet", AFFECTNET)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 3, "valid": 9}
    assert data.splits["valid"].names[0] == made_up_data.HASHES[3]
    assert data.splits["valid"].labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    assert kinds(data) == {"label": 2}
    assert data.judged == "valid", "AffectNet has no test split that is public"


def test_affectnet_without_contempt_has_seven_classes(tmp_path):
    data = open_data(made_up_data.affectnet_tables(tmp_path, classes=7))
    assert data.classes == AFFECTNET[:7]


def test_affectnet_by_one_table_alone(tmp_path):
    made_up_data.affectnet_tables(tmp_path)
    data = open_data(tmp_path / "validation.csv")
    assert {name: len(split) for name, split in data.splits.items()} == {"valid": 9}


def test_affectnets_numbered_files_have_their_labels_beside_and_their_names_in_a_table(tmp_path):
    root = made_up_data.affectnet_numbered(tmp_path)
    np.save(root / "val_set/annotations/3_exp.npy", np.array("9"))
    (root / "val_set/annotations/4_exp.npy").write_bytes(b"no array")
    data = open_data(root)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 8, "valid": 6}
    assert data.splits["valid"].labels.tolist() == [0, 1, 2, 5, 6, 7]
    assert data.splits["valid"].names[0] == made_up_data.HASHES[50]
    assert kinds(data) == {"label": 2}


def test_an_array_that_holds_objects_is_not_unpickled(tmp_path):
    root = made_up_data.affectnet_numbered(tmp_path, count=2)
    np.save(root / "val_set/annotations/1_exp.npy", np.array([{}], object), allow_pickle=True)
    assert kinds(open_data(root)) == {"label": 1}


def test_fer2013_has_its_own_labels_without_votes_and_ferplus_with_them(tmp_path):
    plain = open_data(made_up_data.fer2013(tmp_path / "plain"))
    assert plain.layout == "fer2013"
    assert plain.classes == (
        "anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral",
    )  # fmt: skip
    assert [len(plain.splits[name]) for name in ("train", "valid", "test")] == [7, 7, 7]
    assert plain.splits["test"].names[0] == "fer0000014"
    assert plain.splits["test"].read(0).shape == (48, 48, 3)
    voted = open_data(made_up_data.fer2013(tmp_path / "voted", votes=True) / "fer2013.csv")
    assert voted.classes == FERPLUS
    assert voted.splits["train"].labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert len(voted.splits["test"]) == 6, "one face is none to nine of ten"
    assert kinds(voted) == {"label": 1}


def test_votes_under_the_name_of_pixels_and_the_other_way_round_are_told(tmp_path):
    swapped = open_data(made_up_data.fer2013(tmp_path, name="fer2013new.csv"))
    assert kinds(swapped) == {"mistake": 1}
    assert "one stands under the name of the other" in swapped.faults[0].words
    votes = made_up_data.fer2013(tmp_path / "votes", votes=True)
    (votes / "fer2013.csv").unlink()
    (votes / "fer2013new.csv").rename(votes / "fer2013.csv")
    with pytest.raises(BadRequest) as refusal:
        open_data(votes)
    assert "holds no pixels" in refusal.value.message


@pytest.mark.parametrize("damage", ["", "1 2 3", "a " * 2304, "256 " * 2304, "-1 " * 2304])
def test_pixels_that_are_none_are_refused_by_their_row(tmp_path, damage):
    root = made_up_data.fer2013(tmp_path)
    with (root / "fer2013.csv").open("a", newline="") as file:
        csv.writer(file).writerow([3, damage, "Training"])
    with pytest.raises(BadRequest, match="Row 23 of the pixels"):
        open_data(root)


def test_ferplus_is_read_whole_from_folder_or_zip(tmp_path):
    write_ferplus(tmp_path / "FERPlus")
    for path in (tmp_path / "FERPlus", zip_of(tmp_path / "FERPlus", tmp_path / "it.zip")):
        data = open_data(path)
        assert (data.layout, data.classes) == ("ferplus", FERPLUS)
        assert [len(data.splits[name]) for name in ("train", "valid", "test")] == [12, 12, 12]
        assert data.splits["test"].read(11).shape == (48, 48, 3)


def test_folders_are_classes_by_name_whatever_they_are_called(tmp_path):
    data = open_data(made_up_data.folders(tmp_path, ["Happy", "Sad", "Angry", "boredom"]))
    assert data.layout == "folders"
    assert data.classes == ("happiness", "sadness", "anger", "boredom")
    assert data.counts() == dict.fromkeys(data.classes, 4)
    assert set(data.splits) == {"train", "test"}


def test_pictures_of_one_name_in_two_folders_are_two(tmp_path):
    for name in ("fear", "neutral"):
        made_up_data.picture(tmp_path / name / "0.png", len(name))
    assert open_data(tmp_path).splits["test"].names == ("fear/0", "neutral/0")


def test_folders_without_splits_are_one(tmp_path):
    data = open_data(made_up_data.folders(tmp_path, ["fear", "neutral"], splits=()))
    assert {name: len(split) for name, split in data.splits.items()} == {"test": 4}


def test_folders_that_are_numbers_say_which_order_is_taken(tmp_path):
    data = open_data(made_up_data.folders(tmp_path, range(8), each=1))
    assert data.classes == FERPLUS
    assert kinds(data) == {"order": 8}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_manifest_names_paths_labels_and_splits(tmp_path, suffix):
    made_up_data.folders(tmp_path / "pictures", ["a"], splits=(), each=3)
    rows = [
        {"path": "pictures/a/a0.png", "label": "Happy", "split": "train"},
        {"path": "pictures/a/a1.png", "label": "sadness", "split": "test"},
        {"path": "pictures/a/a2.png", "label": "", "split": "test"},
        {"path": "pictures/a/a9.png", "label": "fear", "split": "test"},
    ]
    file = tmp_path / f"manifest.{suffix}"
    if suffix == "csv":
        with file.open("w", newline="") as out:
            table = csv.DictWriter(out, ["path", "label", "split"])
            table.writeheader()
            table.writerows(rows)
    else:
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    for path in (file, tmp_path):
        data = open_data(path)
        assert data.layout == "manifest"
        assert {name: len(split) for name, split in data.splits.items()} == {"train": 1, "test": 1}
        assert data.classes == ("happiness", "sadness", "fear")
        assert kinds(data) == {"label": 1, "missing": 1}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.zip", b"PK\x05\x06" + bytes(18), "is no data set that is known"),
        ("notes.txt", b"hello", "is no data set that is known"),
        ("table.csv", b"a,b\n1,2\n", "is no data set that is known"),
        ("manifest.parquet", b"PAR1 not", "cannot be read as Parquet"),
        ("labels.csv", b"path,labels\n1,2\n", "is no data set that is known"),
    ],
)
def test_what_is_no_data_set_is_refused_with_the_next_step(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadRequest, match=words) as refusal:
        open_data(tmp_path / name)
    assert refusal.value.hint


def test_an_empty_folder_and_an_absent_one_are_refused(tmp_path):
    with pytest.raises(BadRequest, match="no data set"):
        open_data(tmp_path)
    with pytest.raises(BadRequest, match="does not exist"):
        open_data(tmp_path / "absent")
