"""Checkpoints: what is saved comes back, what is not right is refused in words, never otherwise."""

import dataclasses
import hashlib
import io
import json
import math
import pickle
import random
import re
import struct
import warnings
from pathlib import Path

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from ran.errors import BadCheckpoint
from ran.expressions import FERPLUS
from ran.net.card import Card, read_card
from ran.net.checkpoints import WEIGHTS, bundled, load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork

CARD = Card(
    name="plain",
    kind="plain",
    backbone="resnet18",
    classes=("calm", "glad", "cross"),
    input_size=48,
    grey=True,
    framing="ferplus",
    attention="sigmoid",
    alpha=0.02,
    trained_on="nothing",
    licence="MIT",
    recipe={"epochs": 1},
    seed=3,
    scores={"ferplus": {"n": 3137, "accuracy": 0.8}},
    note="Untrained.",
    temperature=1.5,
)


@pytest.fixture(scope="module")
def plain():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return PlainNetwork("resnet18", classes=3).eval()


@pytest.fixture
def folder(plain, tmp_path):
    save_checkpoint(tmp_path / "plain", plain, CARD)
    return tmp_path / "plain"


def header(path):
    """The header of a safetensors file, read by hand: length, then JSON."""
    content = path.read_bytes()
    return json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])


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


def edit_card(folder, **changes):
    values = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**values, **changes}))


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


WRONG = {
    "name": [None, 5, ["a"]],
    "kind": ["RAN", None, ["ran"]],
    "backbone": ["resnet19", 18],
    "classes": [
        [""] + ["a"] * 7,
        [*"abcdefg", ""],
        [*"abcdefg", "two\nlines"],
        [*"abcdefg", " "],
        [*"abcdefg", "h" * 41],
        "calm",
        [],
        [1, 2, 3],
        ["a", "b", "a"],
        None,
        {"a": 1},
    ],
    "input_size": [48.0, "48", True, 31, 513, None, math.nan],
    "grey": [1, "yes", None],
    "framing": ["tight", None],
    "attention": ["tanh", None, {}],
    "alpha": ["0.02", math.nan, True, -0.1, 1.1, None, math.inf],
    "trained_on": [None, 1],
    "licence": [None],
    "recipe": [None, [], "none"],
    "seed": [-1, 1.5, "3", True, 10**400],
    "scores": [
        [],
        {"ferplus": 0.8},
        {"ferplus": {"accuracy": 0.8}},
        {"ferplus": {"n": 3, "accuracy": 81.5}},
        {"ferplus": {"n": 3, "accuracy": math.nan}},
        {"ferplus": {"n": 0, "accuracy": 0.5}},
        {"ferplus": {"n": 3, "accuracy": "0.8"}},
    ],
    "note": [None],
    "layout": ["random", None],
    "temperature": [0, -1.0, math.nan, math.inf, "1", True, None, 10**400],
    "intended_use": [None, 3],
    "limits": [None, ["few"]],
    "flipped": [[], {"ferplus": {"n": 3, "accuracy": 1.5}}, {"ferplus": {"n": 3}}],
    "per_class": [{"fear": {"n": -1, "accuracy": 0.5}}, {"fear": 0.5}, "none"],
    "calibration": [
        {},
        {"bins": 15, "ece": 0.1, "ece_before": 0.2},
        {"bins": 0, "ece": 0.1, "ece_before": 0.2, "fitted_on": 3},
        {"bins": 15, "ece": 1.1, "ece_before": 0.2, "fitted_on": 3},
    ],
    "photographs": [
        {"n": 9, "found": 8, "agreement": 0.9, "accuracy": 0.8},
        {"n": 9, "found": 8, "agreement": 90, "accuracy": 0.8, "direct": 0.8},
    ],
    "against_plain": [
        {"pose30": {"n": 9, "difference": 0.1, "ran_only": 2, "plain_only": 1, "p": 1.2}},
        {"pose30": {"n": 9, "difference": -1.1, "ran_only": 2, "plain_only": 1, "p": 0.2}},
    ],
    "seeds": [{"ferplus": {"n": 1, "mean": 0.8, "spread": 0.0}}, {"ferplus": {"n": 3}}],
    "layouts": [
        [],
        None,
        {"spiral": {"radius": None, "temperature": None, "scores": None, "controls": None}},
        {"fixed": {"radius": None, "temperature": None, "scores": None}},
        {"fixed": {"radius": 0.2, "temperature": None, "scores": None, "controls": None}},
        {"landmark": {"radius": None, "temperature": None, "scores": None, "controls": None}},
        {"fixed": {"radius": None, "temperature": 0, "scores": None, "controls": None}},
        {"fixed": {"radius": None, "temperature": 1, "scores": {"a": 1}, "controls": None}},
        {"fixed": {"radius": None, "temperature": 1, "scores": None, "controls": []}},
    ],
    "sha256": [None, 5],
}
OLDER = {"layout": "fixed", "temperature": 1.0, "intended_use": "", "limits": "", "layouts": {}}
for _name in ("flipped", "per_class", "calibration", "photographs", "against_plain", "seeds"):
    OLDER[_name] = None
"""Fields that older cards leave out, and what they mean then."""


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_field_is_refused_by_its_name(field, folder):
    for value in WRONG[field]:
        edit_card(folder, **{field: value})
        with pytest.raises(BadCheckpoint, match=f"says {field} "):
            load_checkpoint(folder)


def test_a_card_that_says_a_thing_twice_is_refused(folder):
    path = folder / "card.json"
    path.write_text(path.read_text().replace('"grey":', '"seed": 1, "grey":'))
    with pytest.raises(BadCheckpoint, match="'seed' stands twice"):
        load_checkpoint(folder)


def test_every_field_of_a_card_is_checked():
    assert set(WRONG) == {field.name for field in dataclasses.fields(Card)}


def test_missing_and_unknown_fields_are_named(folder):
    values = json.loads((folder / "card.json").read_text())
    for name in set(values) - set(OLDER):
        rest = {key: value for key, value in values.items() if key != name}
        (folder / "card.json").write_text(json.dumps(rest))
        with pytest.raises(BadCheckpoint, match=f"missing {name}, unknown nothing"):
            load_checkpoint(folder)
    edit_card(folder, **values, colour="red")
    with pytest.raises(BadCheckpoint, match="missing nothing, unknown colour"):
        load_checkpoint(folder)


def test_an_older_card_reads_without_the_fields_that_came_later(folder):
    values = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(
        json.dumps({name: value for name, value in values.items() if name not in OLDER})
    )
    card = load_checkpoint(folder)[1]
    assert {name: getattr(card, name) for name in OLDER} == OLDER


def test_a_card_with_every_field_comes_back_as_it_was(folder):
    score = {"ferplus": {"n": 3, "accuracy": 0.5}}
    full = {
        "flipped": score,
        "per_class": {"calm": {"n": 0, "accuracy": 1.0}},
        "calibration": {"bins": 15, "ece": 0.02, "ece_before": 0.05, "fitted_on": 3191},
        "photographs": {"n": 9, "found": 8, "agreement": 0.9, "accuracy": 0.8, "direct": 0.8},
        "against_plain": {
            "pose30": {"n": 9, "difference": -0.1, "ran_only": 2, "plain_only": 3, "p": 1.0}
        },
        "seeds": {"ferplus": {"n": 3, "mean": 0.8, "spread": 0.01}},
    }
    edit_card(folder, **full)
    card = load_checkpoint(folder)[1]
    assert {name: getattr(card, name) for name in full} == full


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FIELDS = [field.name for field in dataclasses.fields(Card)]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, min_size=1, max_size=2))
@example({"alpha": 0})
def test_a_card_of_anything_is_refused_or_means_what_it_says(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "card.json"
    path.write_text(json.dumps({**dataclasses.asdict(CARD), **changes}))
    try:
        card = read_card(path)
    except BadCheckpoint:
        return
    assert 0 <= card.alpha <= 1
    assert card.temperature > 0
    assert isinstance(card.grey, bool)
    assert isinstance(card.input_size, int)
    assert {type(name) for name in card.classes} == {str}
    for row in (card.scores or {}).values():
        assert 0 <= row["accuracy"] <= 1 <= row["n"]


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
