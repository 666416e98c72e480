"""What a check finds in a data set's pictures, and what it says."""

import json
from types import SimpleNamespace

import made_up_data
import numpy as np
import pytest

from ran.__main__ import main
from ran.engine import Engine
from ran.face.framing import FERPLUS as FRAMING
from ran.study.data import check
from ran.study.data.check import checked, evenly
from ran.study.data.opened import open_data
from ran.study.data.splits import DataSet, Split, square


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def kinds(data) -> dict[str, int]:
    return {fault.kind: fault.count for fault in data.faults}


def test_equal_pictures_of_two_splits_and_damaged_ones_are_found(tmp_path, engine):
    root = made_up_data.rafdb(tmp_path)
    faces = root / "Image/aligned"
    (faces / "test_0002_aligned.jpg").write_bytes((faces / "train_0003_aligned.jpg").read_bytes())
    (faces / "test_0003_aligned.jpg").write_bytes(
        (faces / "test_0001_aligned.jpg").read_bytes()  # twice in one split: not told
    )
    (faces / "test_0005_aligned.jpg").write_bytes(b"damaged")
    data = checked(open_data(root), engine)
    assert kinds(data) == {"unreadable": 1, "duplicate": 1}
    unreadable, duplicate = data.faults
    assert unreadable.first == "test/test_0005"
    assert duplicate.first == "test/test_0002 is train/train_0003"
    assert len(data.splits["test"]) == 7, "what cannot be read is left out"
    assert data.splits["test"].labels.tolist() == [0, 1, 2, 3, 5, 6, 0]


class Telling:
    """A network that reads a face's class off its brightness, in an order of its own."""

    device = "cpu"

    def __init__(self, classes, order):
        self.card = SimpleNamespace(classes=classes, framing=FRAMING.name)
        self.order = order

    def predict_many(self, scenes):
        told = [int(scene.face.pixels.mean()) // 10 for scene in scenes]
        logits = [np.eye(len(self.card.classes))[self.order[place]] for place in told]
        return [SimpleNamespace(logits=one) for one in logits]


def shaded(classes, each: int = 6) -> DataSet:
    labels = np.repeat(np.arange(len(classes)), each)
    split = Split(
        tuple(f"face{n}" for n in range(len(labels))),
        labels,
        lambda row: np.full((48, 48, 3), 10 * labels[row] + 5, np.uint8),
    )
    return DataSet("folders", tuple(classes), {"test": split})


def test_classes_that_a_network_takes_for_others_one_for_one_have_another_order(monkeypatch):
    monkeypatch.setattr(check, "_framing", lambda data, engine: [])
    names = ("neutral", "happiness", "surprise", "sadness")
    found = checked(shaded(names), Telling(names, [0, 2, 1, 3]))
    assert kinds(found) == {"order": 2}
    assert "happiness as surprise, surprise as happiness" in found.faults[0].words


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [0, 1, 2, 2], [1, 1, 1, 1]])
def test_a_network_that_errs_otherwise_says_nothing_of_the_order(monkeypatch, order):
    monkeypatch.setattr(check, "_framing", lambda data, engine: [])
    names = ("neutral", "happiness", "surprise", "sadness")
    assert checked(shaded(names), Telling(names, order)).faults == ()


@pytest.mark.parametrize(("shift", "is_told"), [(0.0, False), (0.05, False), (0.12, True)])
def test_landmarks_off_the_networks_framing_are_told(monkeypatch, shift, is_told):
    points = np.asarray(FRAMING.landmarks, float) + np.array((0.0, shift))
    monkeypatch.setattr(check, "_landmarks", lambda pixels, detector: points)
    names = ("neutral", "happiness")
    found = checked(shaded(names), Telling(names, [0, 1]))
    assert kinds(found) == ({"framing": 1} if is_told else {})


def test_a_photograph_of_a_face_framed_otherwise_is_told_by_the_detector(tmp_path, engine):
    """The astronaut cut twice as wide as the network was trained on."""
    from app_pages import ASTRONAUT
    from PIL import Image

    from ran.face.photo import open_photo

    face = engine.find_faces(open_photo(ASTRONAUT))[0]
    x0, y0, x1, y1 = face.box
    wide = (x1 - x0) / 2
    photo = Image.open(ASTRONAUT).convert("RGB")
    for number, box in enumerate(((x0, y0, x1, y1),) * 4):
        place = tmp_path / "right" / "neutral" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        photo.crop(tuple(map(int, box))).save(place)
        other = tmp_path / "wrong" / "neutral" / f"{number}.png"
        other.parent.mkdir(parents=True, exist_ok=True)
        photo.crop((int(x0 - wide), int(y0 - wide), int(x1 + wide), int(y1 + wide))).save(other)
        for folder in ("right", "wrong"):
            made_up_data.picture(tmp_path / folder / "fear" / f"{number}.png", number)
    assert kinds(checked(open_data(tmp_path / "right"), engine)) == {}
    assert kinds(checked(open_data(tmp_path / "wrong"), engine)) == {"framing": 1}


def test_oblong_pictures_are_told_and_their_middle_is_taken(tmp_path, engine):
    for number in range(4):
        made_up_data.picture(tmp_path / "fear" / f"{number}.png", number, wide=32)
    assert kinds(checked(open_data(tmp_path), engine)) == {"framing": 1}
    pixels = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    assert np.array_equal(square(pixels), pixels[:, 1:4])
    assert np.array_equal(square(pixels.transpose(1, 0, 2)), pixels.transpose(1, 0, 2)[1:4])


def test_evenly_takes_the_first_and_the_last():
    split = shaded(("neutral", "fear"), each=50).splits["test"]
    assert evenly(split, 3).names == ("face0", "face50", "face99")
    assert len(evenly(split, 500)) == 100


def test_the_command_prints_layout_splits_classes_and_faults(tmp_path, checkpoint, capsys):
    root = made_up_data.affectnet_tables(tmp_path)
    options = ["--checkpoint", str(checkpoint), "--device", "cpu"]
    assert main(["data", "check", str(root), "--json", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["layout"] == "affectnet"
    assert found["splits"] == {"train": 3, "valid": 9}
    assert found["classes"]["neutral"] == 3
    (fault,) = found["faults"]
    assert (fault["kind"], fault["count"]) == ("label", 2)
    assert main(["data", "check", str(root), *options]) == 0
    said = capsys.readouterr().out
    assert said.startswith("affectnet: train 3, valid 9\n")
    assert "- 2 pictures have none of the eight expressions" in said
    assert main(["data", "check", str(tmp_path / "absent"), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
