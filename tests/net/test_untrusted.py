"""Files that would unfold to more than lies in them are refused before anything unfolds them."""

import hashlib
import io
import json
import pickle
import struct
import zipfile

import pytest
import torch

from ran.errors import BadCheckpoint
from ran.net.card import LONGEST_NAME, LONGEST_TEXT, MOST_BYTES, read_card
from ran.net.checkpoints import load_checkpoint
from ran.net.released import load_released
from ran.net.untrusted import (
    MOST_ENTRIES,
    MOST_HEADER,
    MOST_OPERATIONS,
    MOST_PICKLED,
    opened_pickled,
)


def saved(content, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


STATE = {"state_dict": {"module.fc.weight": torch.ones(8, 512)}}


def packed_again(content: bytes, kind: int, change=lambda name, held: held) -> bytes:
    """The same archive with its entries changed, or compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", kind) as out:
        for name in source.namelist():
            out.writestr(name, change(name, source.read(name)))
    return buffer.getvalue()


@pytest.fixture
def opened(monkeypatch):
    """What torch.load was given: it must stay empty."""
    given = []
    monkeypatch.setattr(torch, "load", lambda *args, **_: given.append(args))
    return given


def refused(tmp_path, content: bytes, words: str) -> None:
    path = tmp_path / "mine.pth.tar"
    path.write_bytes(content)
    with pytest.raises(BadCheckpoint, match=words) as refusal:
        load_released(path)
    assert str(tmp_path) not in str(refusal.value)


@pytest.mark.parametrize("is_new", [True, False])
def test_what_torch_save_writes_is_read_to_the_bit(is_new, tmp_path):
    path = tmp_path / "some.pth"
    state = {"weight": torch.randn(8, 5), "count": torch.tensor(7), "half": torch.ones(3).half()}
    path.write_bytes(saved(state, _use_new_zipfile_serialization=is_new))
    with opened_pickled(path) as file:
        found = torch.load(file, weights_only=True)
    assert list(found) == list(state)
    assert all(torch.equal(found[name], state[name]) for name in state)
    assert {found[name].dtype for name in state} == {value.dtype for value in state.values()}


def test_torch_is_given_the_archive_that_was_looked_at_and_no_other(tmp_path, opened):
    """One file, two directories: what a reader sees depends on where it looks for the last."""
    bomb = packed_again(
        saved({"state_dict": {"module.fc.weight": torch.zeros(1000, 1000)}}), zipfile.ZIP_DEFLATED
    )
    sound = saved(STATE)
    for content in (bomb + sound, sound + bomb):
        path = tmp_path / "two.pth"
        path.write_bytes(content)
        try:
            with opened_pickled(path) as file, zipfile.ZipFile(file) as archive:
                kinds = {entry.compress_type for entry in archive.infolist()}
        except BadCheckpoint as refusal:
            assert "is compressed" in str(refusal)
        else:
            assert kinds == {zipfile.ZIP_STORED}
            assert len(file.getbuffer()) <= 2 * len(sound)


@pytest.mark.parametrize("end", [10, 200, -30, -1])
def test_a_damaged_archive_is_refused_and_not_passed_on(end, tmp_path, opened):
    refused(tmp_path, saved(STATE)[:end], "not a PyTorch file of tensors")
    assert not opened


def test_a_damaged_old_file_is_refused_and_not_passed_on(tmp_path, opened):
    old = saved(STATE, _use_new_zipfile_serialization=False)
    refused(tmp_path, old[:20] + b"\xff" + old[21:], "not a PyTorch file of tensors")
    assert not opened


def test_a_compressed_file_is_refused_before_it_is_opened(tmp_path, opened):
    zeros = saved({"state_dict": {"module.fc.weight": torch.zeros(1000, 1000)}})
    content = packed_again(zeros, zipfile.ZIP_DEFLATED)
    assert len(content) < len(zeros) / 100
    refused(tmp_path, content, "is compressed, which torch.save never does")
    assert not opened


def test_entries_larger_than_the_file_are_refused(tmp_path, opened):
    content = bytearray(saved(STATE))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sizes = [entry.file_size for entry in archive.infolist() if "/data/" in entry.filename]
    place = content.rindex(struct.pack("<II", sizes[0], sizes[0]))  # in the directory
    content[place : place + 8] = struct.pack("<II", 2**30, 2**30)
    refused(tmp_path, bytes(content), r"says that it holds more than its [\d,]+ bytes")
    assert not opened


def test_more_entries_than_any_network_has_are_refused(tmp_path, opened):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for number in range(MOST_ENTRIES + 1):
            out.writestr(str(number), b"")
    refused(tmp_path, buffer.getvalue(), "far more parts than a network has")
    assert not opened


def test_a_pickle_of_a_million_names_is_refused(tmp_path, opened):
    names = pickle.dumps(dict.fromkeys(map(str, range(MOST_PICKLED // 8))))
    content = packed_again(
        saved(STATE), zipfile.ZIP_STORED,
        lambda name, held: names if name.endswith("data.pkl") else held,
    )  # fmt: skip
    refused(tmp_path, content, "far more parts than a network has")
    assert not opened


def test_an_old_file_of_a_million_names_is_refused(tmp_path, opened):
    old = saved(STATE, _use_new_zipfile_serialization=False)
    names = pickle.dumps(dict.fromkeys(map(str, range(MOST_OPERATIONS // 2))), protocol=2)
    assert old.startswith(pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2))
    refused(tmp_path, names + old, "far more parts than a network has")
    assert not opened


def test_a_view_that_repeats_one_number_is_refused_without_being_written_out(tmp_path):
    """Of 10^12 numbers: a copy of it would need terabytes."""
    vast = torch.zeros(1).expand(10**6, 10**6)
    state = {"alpha.0.weight": vast, "beta.0.weight": vast, "fc.weight": vast}
    refused(tmp_path, saved({"state_dict": state}), "has 1000000 outputs")


def test_a_long_header_is_refused_before_it_is_read(checkpoint, tmp_path, monkeypatch):
    folder = tmp_path / "ours"
    folder.mkdir()
    header = struct.pack("<Q", MOST_HEADER + 1) + b"{" + b" " * MOST_HEADER + b"}"
    (folder / "model.safetensors").write_bytes(header)
    card = json.loads((checkpoint / "card.json").read_text())
    card["sha256"] = hashlib.sha256(header).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))
    monkeypatch.setattr("ran.net.checkpoints.load_file", lambda _: pytest.fail("it was read"))
    with pytest.raises(BadCheckpoint, match="names more tensors than any network here has"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "n" * (LONGEST_NAME + 1), "says name"),
        ("name", "two\nlines", "says name"),
        ("name", "", "says name"),
        ("note", "n" * (LONGEST_TEXT + 1), "says note"),
        ("note", "half \ud800 of a character", "it holds half of a character"),
    ],
)
def test_a_text_of_a_card_is_bounded(field, value, words, checkpoint, tmp_path):
    card = json.loads((checkpoint / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**card, field: value}))
    with pytest.raises(BadCheckpoint, match=words):
        read_card(tmp_path / "card.json")


def test_a_card_as_large_as_a_book_is_refused_unread(tmp_path):
    (tmp_path / "card.json").write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(BadCheckpoint, match="more than 1 MB"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    "name",
    [
        "![](http://a.b/c)",
        "[calm](x)",
        ":material/home:",
        "$x$",
        "*calm*",
        "`calm`",
        "<b>calm",
        "a\tb",
    ],
)
def test_a_class_that_a_label_would_read_as_markdown_is_refused(name, checkpoint, tmp_path):
    card = json.loads((checkpoint / "card.json").read_text())
    card["classes"][0] = name
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(BadCheckpoint, match="says classes"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    "name", ["calm", "very happy", "Überraschung", "혐오", "घृणा", "calm/neutral"]
)
def test_a_class_in_any_script_is_read(name, checkpoint, tmp_path):
    card = json.loads((checkpoint / "card.json").read_text())
    card["classes"][0] = name
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert read_card(tmp_path / "card.json").classes[0] == name
