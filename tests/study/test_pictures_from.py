"""Where a cohort's pictures come from, and what is left out of them."""

import io
import random
import tarfile
import zipfile

import made_up_data
import pytest

from ran.engine import Engine
from ran.errors import BadRequest
from ran.study.cohort import pictures_from
from ran.study.cohort.pictures_from import open_source, zipped
from ran.study.cohort.rows import Wanted
from ran.study.cohort.tables_on_disk import read_cohort, write_cohort


@pytest.fixture
def pictures(tmp_path):
    return made_up_data.seven(tmp_path / "pictures")


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


def test_names_that_would_leave_an_archive_are_names_and_write_nothing(tmp_path, checkpoint):
    inside = made_up_data.picture(tmp_path / "one.png", 1).read_bytes()
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        archive.writestr("../../escaped.png", inside)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    out = tmp_path / "deep" / "er" / "out"
    engine = Engine.load(checkpoint, "cpu")
    list(write_cohort(engine, open_source(tmp_path / "it.zip"), Wanted(is_framed=True), out))
    assert read_cohort(out).column("path").to_pylist() == ["../../escaped.png"]
    assert not list(tmp_path.rglob("escaped.png"))


def test_a_zip_bomb_costs_no_more_than_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures_from, "MOST_BYTES", 1000)
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


@pytest.mark.parametrize(
    "packing",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
    ids=["stored", "deflate", "bzip2", "lzma"],
)
def test_a_damaged_zip_gives_pictures_or_sentences_whatever_it_is_packed_with(tmp_path, packing):
    with zipfile.ZipFile(tmp_path / "it.zip", "w", packing) as archive:
        for number in range(3):
            archive.write(made_up_data.picture(tmp_path / f"{number}.png", number), f"{number}.png")
    whole = (tmp_path / "it.zip").read_bytes()
    draw = random.Random(packing)
    refused = 0
    for _attempt in range(300):
        damaged = bytearray(whole)
        for _byte in range(draw.randint(1, 8)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            for picture in zipped(io.BytesIO(bytes(damaged)), "it.zip").pictures:
                picture.read()
        except BadRequest as refusal:
            refused += 1
            assert refusal.hint
    assert refused > 50, "the test damages what is read"


def test_a_zip_is_opened_once_for_all_its_pictures(tmp_path, monkeypatch):
    """Its list of entries is read whole each time: a hundred thousand times a hundred thousand."""
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        for number in range(5):
            archive.write(made_up_data.picture(tmp_path / f"{number}.png", number), f"{number}.png")
    opened = []
    real = zipfile.ZipFile
    monkeypatch.setattr(
        "ran.study.cohort.pictures_from.zipfile.ZipFile",
        lambda *given: opened.append(given) or real(*given),
    )
    source = open_source(tmp_path / "it.zip")
    assert all(picture.read() for picture in source.pictures)
    assert len(opened) == 1


def test_too_many_entries_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures_from, "MOST_IN_ARCHIVE", 3)
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


def test_the_examples_are_a_source_of_their_own():
    assert len(open_source("examples").pictures) == 8
