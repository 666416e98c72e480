"""Accuracy counted by hand on made-up faces, by a network that answers with a face's brightness."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from made_up_ferplus import write_ferplus, write_lists
from PIL import Image

from ran.errors import BadRequest
from ran.net.regions import fixed_layout
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import (
    FACES_ON_CPU,
    accuracy,
    answers,
    as_input,
    averaged,
    evaluate,
    logits,
    region_crops,
)


class ByBrightness:
    """Answers class k for a face whose whole-face crop has brightness k / 8; counts the faces."""

    def __init__(self):
        self.mean = torch.zeros(1)
        self.layout = fixed_layout()
        self.seen = []

    def forward_regions(self, crops):
        self.seen.append(tuple(crops.shape))
        level = (crops[:, 0].mean((1, 2, 3)) * 8).round().long()
        return SimpleNamespace(logits=torch.nn.functional.one_hot(level, 8).float())


def faces_of(levels, labels):
    """Return faces of even brightness level / 8, with all votes on the label."""
    pixels = np.stack([np.full((48, 48), level * 32, np.uint8) for level in levels])
    votes = 10 * np.eye(10, dtype=np.int64)[list(labels)]
    return Faces(tuple(f"fer{n:07d}" for n in range(len(levels))), pixels, votes)


@pytest.fixture
def exam(tmp_path):
    """Eight test faces labelled 0 to 7, of which the network answers 0, 1, 2 and 5 rightly."""
    stems = write_ferplus(tmp_path / "ferplus", faces=8)
    write_lists(tmp_path / "lists", stems)
    names = [stem for stem, (split, _) in stems.items() if split == "Test"]
    for name, level in zip(names, [0, 1, 2, 4, 3, 5, 7, 6], strict=True):
        picture = Image.new("L", (48, 48), level * 32)
        picture.save(tmp_path / f"ferplus/FER2013Test/{name}.png")
    root = tmp_path / "lists/FERplus_dir"
    for list_name, line, labels in (
        ("dlib_ferplus_val_center_crop_range_list.txt", "{label}/{stem} 6", range(7)),
        ("jianfei_occlusion_list.txt", "{label}_{stem}.png 8 1", (0, 1, 3)),
        ("pose_30_ferplus_list.txt", "{label}/{stem}.jpg", (2, 3, 4, 6)),
        ("pose_45_ferplus_list.txt", "{label}/{stem}.jpg", (5,)),
    ):
        lines = [line.format(label=label, stem=names[label]) for label in labels]
        (root / list_name).write_text("\n".join(lines))
    return {"ferplus": tmp_path / "ferplus", "lists": tmp_path / "lists"}


def test_each_list_has_the_accuracy_counted_by_hand(exam):
    assert evaluate(ByBrightness(), 16, **exam) == {
        "ferplus": {"n": 7, "accuracy": 4 / 7},  # label 7 is on no list
        "occlusion": {"n": 3, "accuracy": 2 / 3},
        "pose30": {"n": 4, "accuracy": 1 / 4},
        "pose45": {"n": 1, "accuracy": 1.0},
    }


def test_the_lists_are_parts_of_one_pass_over_the_test_list(exam):
    network = ByBrightness()
    evaluate(network, 16, **exam)
    assert network.seen == [(7, 6, 3, 16, 16)]


def test_a_face_of_a_list_that_the_data_lack_is_named(exam):
    path = exam["lists"] / "FERplus_dir/pose_45_ferplus_list.txt"
    path.write_text("0/fer9999999.jpg")
    with pytest.raises(BadRequest, match=r"1 of 1 faces of the list 'pose45'.*fer9999999"):
        evaluate(ByBrightness(), 16, **exam)


def test_an_empty_list_is_refused(exam):
    (exam["lists"] / "FERplus_dir/pose_45_ferplus_list.txt").write_text("")
    with pytest.raises(BadRequest, match="'pose45' is empty"):
        evaluate(ByBrightness(), 16, **exam)


def test_more_faces_than_fit_at_once_keep_their_order():
    levels = [n * 5 % 8 for n in range(2 * FACES_ON_CPU + 3)]
    network = ByBrightness()
    assert answers(network, faces_of(levels, levels), 8).tolist() == levels
    assert [shape[0] for shape in network.seen] == [FACES_ON_CPU, FACES_ON_CPU, 3]


def test_accuracy_is_the_share_that_agrees_with_most_votes():
    assert accuracy(ByBrightness(), faces_of([1, 2, 3, 4], [1, 2, 3, 0]), 8) == 0.75


def test_mirrored_crops_are_those_of_the_mirrored_pictures():
    faces = faces_of([0, 0], [0, 0])
    faces.pixels[:] = np.random.default_rng(1).integers(0, 256, faces.pixels.shape)
    turned = Faces(faces.names, faces.pixels[:, :, ::-1].copy(), faces.votes)
    network = ByBrightness()
    (mirrored,) = region_crops(network, faces, 24, mirrored=True)
    (plain,) = region_crops(network, turned, 24)
    assert torch.equal(mirrored, plain)
    (same,) = region_crops(network, faces, 24)
    assert not torch.equal(mirrored, same)


def test_an_input_is_the_picture_resized_as_pillow_does_it():
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    resized = Image.fromarray(pixels).convert("F").resize((32, 32), Image.Resampling.BILINEAR)
    ours = as_input(torch.from_numpy(pixels)[None, None], 32)
    assert ours.shape == (1, 3, 32, 32)
    assert torch.equal(ours[:, 0], ours[:, 2])
    assert np.abs(ours[0, 0].numpy() * 255 - np.asarray(resized)).max() < 0.01


class ByLeftEdge(ByBrightness):
    """Sure of class 1 where the left edge is white, half as sure of class 2 where the right is."""

    def forward_regions(self, crops):
        logits = torch.zeros(len(crops), 8)
        logits[:, 1] = 4.0 * crops[:, 0, 0, :, 0].mean(1)
        logits[:, 2] = 3.0 * crops[:, 0, 0, :, -1].mean(1)
        return SimpleNamespace(logits=logits)


def test_asking_the_mirrored_face_too_averages_the_probabilities():
    faces = faces_of([0, 0], [1, 2])
    faces.pixels[0, :, :24] = 255  # white on the left
    faces.pixels[1, :, 24:] = 255
    network = ByLeftEdge()
    plainly, mirrored = (logits(network, faces, 8, mirrored=turned) for turned in (False, True))
    assert plainly.argmax(1).tolist() == [1, 2]
    assert mirrored.argmax(1).tolist() == [2, 1]
    both = averaged(plainly, mirrored)
    # e^4 / (e^4 + 7) and 1 / (e^3 + 7), halved.
    expected = (math.exp(4) / (math.exp(4) + 7) + 1 / (math.exp(3) + 7)) / 2
    assert both[0, 1].item() == pytest.approx(expected, abs=1e-5)
    assert both.argmax(1).tolist() == [1, 1]


def test_flipped_scores_are_those_of_the_averaged_probabilities(exam):
    plain = evaluate(ByBrightness(), 16, **exam)
    # A network that does not mind mirroring answers as before.
    assert evaluate(ByBrightness(), 16, flip=True, **exam) == plain
