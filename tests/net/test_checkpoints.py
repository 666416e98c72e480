"""Checkpoints: what is saved comes back, what is not right is refused in words, never otherwise."""

import dataclasses
import hashlib
import io
import math
import pickle
import random
import re
import warnings
from pathlib import Path

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plain_checkpoints import CARD, edit_card, header
from safetensors.torch import load_file, save_file

from ran.errors import BadCheckpoint
from ran.expressions import FERPLUS
from ran.net.card import read_card
from ran.net.checkpoints import WEIGHTS, bundled, load_checkpoint, save_checkpoint


def test_halves_on_disk_come_back_as_the_nearest_floats(plain, folder):
    dtypes = {entry["dtype"] for key, entry in header(folder / "model.safetensors").items()
              if "num_batches" not in key}  # fmt: skip
    assert dtypes == {"F16"}
    loaded, _ = load_checkpoint(folder)
    assert not loaded.training
    for key, value in loaded.state_dict().items():
        original = plain.state_dict()[key]
        assert value.dtype == original.dtype
        assert torch.equal(value, original.half().to(original.dtype)), key
    faces = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(loaded(faces).logits, plain(faces).logits, atol=0.02)


def test_without_halving_every_bit_comes_back(plain, tmp_path):
    save_checkpoint(tmp_path, plain, CARD, half=False)
    loaded, _ = load_checkpoint(tmp_path)
    for key, value in loaded.state_dict().items():
        assert torch.equal(value, plain.state_dict()[key]), key


def test_the_card_comes_back_with_the_hash_of_the_file(folder):
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    expected = dataclasses.replace(CARD, sha256=found)
    assert load_checkpoint(folder)[1] == read_card(folder / "card.json") == expected


def test_a_network_in_use_does_not_change_with_its_file(plain, tmp_path):
    save_checkpoint(tmp_path, plain, CARD, half=False)
    loaded, _ = load_checkpoint(tmp_path)
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.write(bytes(len(file.read()) - file.seek(0)))
    for key, value in loaded.state_dict().items():
        assert torch.equal(value, plain.state_dict()[key]), key


def edit_parameters(folder, change):
    """Change the tensors on disk and let the card's hash agree with them."""
    path = folder / "model.safetensors"
    state = load_file(path)
    change(state)
    save_file(state, path)
    edit_card(folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def flip_a_bit(folder):
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1000] ^= 1
    (folder / "model.safetensors").write_bytes(content)


def cut_off(folder):
    content = (folder / "model.safetensors").read_bytes()[:-7]
    (folder / "model.safetensors").write_bytes(content)
    edit_card(folder, sha256=hashlib.sha256(content).hexdigest())


def poison(number):
    return lambda folder: edit_parameters(
        folder, lambda state: state["backbone.conv1.weight"].view(-1)[7:8].fill_(number)
    )


def tensor(key, value):
    return lambda folder: edit_parameters(folder, lambda state: state.update({key: value}))


DAMAGE = {
    "a flipped bit": (flip_a_bit, "damaged or not the card's: its SHA-256"),
    "another hash": (lambda f: edit_card(f, sha256="0" * 64), "the card says 000000000000"),
    "cut off": (cut_off, "is not a safetensors file"),
    "no model": (lambda f: (f / "model.safetensors").unlink(), "holds no model.safetensors"),
    "no card": (lambda f: (f / "card.json").unlink(), "card.json does not exist"),
    "card is no JSON": (lambda f: (f / "card.json").write_text("{'a': 1}"), "as JSON"),
    "card is no text": (lambda f: (f / "card.json").write_bytes(b"\xff\x00{}"), "as JSON"),
    "card without end": (lambda f: (f / "card.json").write_text("[" * 200_000), "as JSON"),
    "card is a list": (lambda f: (f / "card.json").write_text("[1]"), "holds list"),
    "two classes": (
        lambda f: edit_card(f, classes=["calm", "glad"]),
        "3 outputs, its card names 2 classes",
    ),
    "another backbone": (lambda f: edit_card(f, backbone="vgg16"), "does not fit a vgg16 plain"),
    "another kind": (lambda f: edit_card(f, kind="ran"), "does not fit a resnet18 ran"),
    "not a number": (poison(math.nan), "not finite"),
    "infinite": (poison(math.inf), "not finite"),
    "another shape": (
        tensor("mean", torch.zeros(3)),
        re.escape("mean should be [1, 3, 1, 1], is [3]"),
    ),
    "whole numbers": (
        tensor("classifier.bias", torch.zeros(3, dtype=torch.int8)),
        "classifier.bias should hold plain torch.float32, holds torch.int8",
    ),
    "a classifier of no rows": (tensor("classifier.weight", torch.tensor(1.0)), "has 0 outputs"),
    "a tensor too much": (tensor("extra", torch.zeros(1)), "extra is not expected"),
    "a tensor too few": (
        lambda f: edit_parameters(f, lambda state: state.pop("classifier.bias")),
        "classifier.bias is missing",
    ),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_folder_is_refused_with_what_is_wrong(case, folder):
    change, words = DAMAGE[case]
    change(folder)
    with pytest.raises(BadCheckpoint, match=words) as refusal:
        load_checkpoint(folder)
    assert refusal.value.hint.endswith(".")


def test_a_path_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path / "none", str(tmp_path / "none.pth.tar"), tmp_path / ("x" * 5000)):
        with pytest.raises(BadCheckpoint, match="does not exist"):
            load_checkpoint(path)


def small_files():
    """A small file in the authors' layout as PyTorch writes it now, and as it did before 1.6."""
    content = {"epoch": 3, "state_dict": {"module.fc.weight": torch.ones(2, 3)}}
    for is_new in (True, False):
        buffer = io.BytesIO()
        torch.save(content, buffer, _use_new_zipfile_serialization=is_new)
        yield buffer.getvalue()


NEW, OLD = small_files()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([NEW, OLD]), st.integers(0, 2**32))
@example(OLD, 166)  # PyTorch raises TypeError,
@example(OLD, 334)  # AssertionError,
@example(OLD, 8358)  # and AttributeError
@example(OLD, 295003)  # Python's own reader of pickles warns before it refuses
def test_no_damage_to_a_pytorch_file_is_answered_otherwise_than_in_words(
    tmp_path_factory, content, seed
):
    draw, damaged = random.Random(seed), bytearray(content)
    for _ in range(draw.randint(0, 6)):
        place = draw.randrange(len(damaged))
        damaged[place : place + draw.choice((0, 1, 1, 4))] = draw.randbytes(draw.choice((0, 1, 1)))
    path = tmp_path_factory.getbasetemp() / "damaged.pth.tar"
    path.write_bytes(damaged[: draw.choice((None, None, draw.randrange(len(damaged))))])
    with warnings.catch_warnings(), pytest.raises(BadCheckpoint):
        warnings.simplefilter("error")  # none of PyTorch's warnings may come through
        load_checkpoint(path)


class Bomb:
    """What a pickle can do to whoever opens it: here, make a folder."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.mkdir, (self.target,)


@pytest.mark.parametrize("form", ["zip", "legacy", "bare pickle"])
def test_a_pickle_bomb_is_refused_and_does_not_go_off(form, tmp_path):
    path, crater = tmp_path / "model.pth.tar", tmp_path / "crater"
    content = {"epoch": 1, "state_dict": {"module.fc.weight": Bomb(crater)}}
    if form == "bare pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(BadCheckpoint, match="tensors and plain values alone"):
        load_checkpoint(path)
    assert not crater.exists()


def test_the_bundled_checkpoints_load_and_carry_their_licence():
    assert all((path / "LICENSE").is_file() for path in WEIGHTS.iterdir())
    for path in bundled().values():
        _, card = load_checkpoint(path)
        assert card.classes == FERPLUS
