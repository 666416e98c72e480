"""The photograph check: the canvas by hand, and what is counted where faces are lost or turned."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest, NoFaceFound
from ran.face.detect import Face
from ran.study.data.ferplus import Faces
from ran.study.evaluation.photographs import check_photographs, on_canvas


def faces_of(labels):
    """Return faces whose every pixel is their number."""
    pixels = np.stack([np.full((48, 48), number, np.uint8) for number in range(len(labels))])
    votes = 10 * np.eye(10, dtype=np.int64)[list(labels)]
    return Faces(tuple(f"fer{n:07d}" for n in range(len(labels))), pixels, votes)


class Lab:
    """An engine that answers from tables: directly, and on the face found on a canvas."""

    def __init__(self, direct, found):
        self.card = SimpleNamespace(input_size=48)
        self.direct, self.found, self.photos = direct, found, []
        self.model = SimpleNamespace(
            mean=torch.zeros(1),
            layout=SimpleNamespace(unit=lambda: torch.tensor([[0.0, 0.0, 1.0, 1.0]])),
            forward_regions=self.answer,
        )

    def answer(self, crops):
        numbers = (crops[:, 0].mean((1, 2, 3)) * 255).round().long().tolist()
        rows = torch.tensor([self.direct[number] for number in numbers])
        return SimpleNamespace(logits=torch.nn.functional.one_hot(rows, 8).float())

    def find_faces(self, photo):
        self.photos.append(photo.name)
        number = int(photo.pixels[0, 0, 0])
        if self.found[number] is None:
            raise NoFaceFound("No face.", hint="Look elsewhere.")
        return [Face(np.full((8, 8, 3), number, np.uint8)), Face(np.zeros((8, 8, 3), np.uint8))]

    def predict_many(self, scenes):
        rows = [self.found[int(scene.face.pixels[0, 0, 0])] for scene in scenes]
        return [SimpleNamespace(logits=np.eye(8)[row]) for row in rows]


def test_a_picture_stands_in_the_middle_of_a_canvas_of_its_mean_grey():
    rows, columns = np.mgrid[0:48, 0:48]
    pixels = (4 * columns + rows).astype(np.uint8)
    photo = on_canvas(pixels, "fer1")
    assert photo.pixels.shape == (576, 576, 3)
    grey = round(float(pixels.mean()))
    outside = np.ones((576, 576), bool)
    outside[144:432, 144:432] = False
    assert (photo.pixels[outside] == grey).all()
    middle = photo.pixels[144:432, 144:432, 0].astype(float)
    assert np.abs(middle.reshape(48, 6, 48, 6).mean((1, 3)) - pixels).max() < 1


def test_agreement_and_accuracies_are_counted_over_the_faces_found():
    lab = Lab(direct=[0, 1, 2, 3, 4], found=[0, 5, None, 3, 2])
    # Found: 0, 1, 3, 4; same answer for 0 and 3; labels 0, 1, 7, 2: right directly 0 and 1.
    assert check_photographs(lab, faces_of([0, 1, 2, 7, 2])) == {
        "n": 5, "found": 4, "agreement": 0.5, "accuracy": 0.5, "direct": 0.5,
    }  # fmt: skip


def test_some_pictures_are_taken_evenly_from_first_to_last():
    lab = Lab(direct=[0] * 9, found=[0] * 9)
    assert check_photographs(lab, faces_of([0] * 9), most=3)["n"] == 3
    assert lab.photos == ["fer0000000", "fer0000004", "fer0000008"]


def test_no_face_at_all_and_no_photograph_are_refused():
    with pytest.raises(BadRequest, match="No face was found in 2 pictures"):
        check_photographs(Lab([0, 0], [None, None]), faces_of([0, 0]))
    with pytest.raises(BadRequest, match="1 or more"):
        check_photographs(Lab([0], [0]), faces_of([0]), most=0)


@pytest.mark.data
def test_on_real_faces_the_bundled_network_answers_mostly_as_without_a_canvas(data, capsys):
    arguments = ["evaluate", "--ferplus", str(data / "ferplus/ferplus.zip"), "--lists"]
    arguments += [str(data / "ran_lists"), "--photographs", "40", "--json"]
    assert main(arguments) == 0
    check = json.loads(capsys.readouterr().out)
    assert check["n"] == 40
    assert check["found"] >= 20
    assert check["agreement"] >= 0.75


def test_a_real_engine_goes_the_whole_way(checkpoint):
    """Three noise pictures hold no face, and that is said."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)
    faces = Faces(("a", "b", "c"), pixels, 10 * np.eye(10, dtype=np.int64)[:3])
    with pytest.raises(BadRequest, match="in 3 pictures"):
        check_photographs(Engine.load(checkpoint, "cpu"), faces)
