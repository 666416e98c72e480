"""Targets: each name reads its number off an answer, and a name that reads nothing is refused."""

import pytest
import torch

from ran.errors import BadRequest
from ran.explain.targets import difference, read_target, target_names
from ran.net.model import RanOutput

CLASSES = ("calm", "cross", "sad - ish", "sad")
REGIONS = ("Whole face", "Left", "Right")
OUTPUT = RanOutput(
    torch.tensor([[1.0, 5.0, 3.0, 2.5], [9.0, 0.0, 0.5, 4.0]]),
    torch.tensor([[0.5, 0.2, 0.9], [0.6, 0.4, 0.1]]),
    torch.tensor([[0.1, 0.3, 0.7], [0.8, 0.2, 0.25]]),
    torch.full((2, 3), 1 / 3),
    torch.zeros(2, 3, 4),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("calm", [1.0, 9.0]),
        ("sad - ish", [3.0, 0.5]),
        ("cross - calm", [4.0, -9.0]),
        ("sad - ish - sad", [0.5, -3.5]),
        ("sad - sad - ish", [-0.5, 3.5]),
        ("self-attention: Left", [0.2, 0.4]),
        ("relation-attention: Right", [0.7, 0.25]),
        ("rb-margin", [0.4, -0.2]),
    ],
)
def test_a_target_reads_what_its_name_says(name, expected):
    target = read_target(name, CLASSES, REGIONS)
    assert target.value(OUTPUT).tolist() == pytest.approx(expected)
    settled = target.settle(OUTPUT)
    assert (settled.name, settled.value(OUTPUT).tolist()) == (name, pytest.approx(expected))


def test_predicted_is_the_class_of_the_first_face_once_it_is_settled():
    target = read_target("predicted", CLASSES, REGIONS)
    assert target.value(OUTPUT).tolist() == [5.0, 9.0]
    settled = target.settle(OUTPUT)
    assert settled.name == "cross"
    assert settled.value(OUTPUT).tolist() == [5.0, 0.0]


def test_every_name_that_is_listed_is_read():
    names = target_names(CLASSES, REGIONS)
    assert len(names) == len(set(names)) == 1 + 4 + 2 * 3 + 1
    read = [read_target(name, CLASSES, REGIONS).value(OUTPUT)[0].item() for name in names[1:]]
    assert read == pytest.approx([1, 5, 3, 2.5, 0.5, 0.2, 0.9, 0.1, 0.3, 0.7, 0.4])
    assert read_target(difference("sad", "calm"), CLASSES).value(OUTPUT)[1].item() == -5.0


def test_a_network_without_attention_has_no_attention_to_explain():
    assert target_names(CLASSES) == ("predicted", *CLASSES)
    assert "rb-margin" not in target_names(CLASSES, REGIONS[:1])
    for name, regions in (
        ("self-attention: Left", ()),
        ("rb-margin", ()),
        ("rb-margin", REGIONS[:1]),
    ):
        with pytest.raises(BadRequest, match="There is no target"):
            read_target(name, CLASSES, regions)


@pytest.mark.parametrize(
    "name",
    ["", "Calm", "calm-cross", "calm - calm", "calm - ", " - ", "self-attention: Nose", "Left",
     "self-attention:Left", "predicted - calm"],
)  # fmt: skip
def test_an_unknown_target_is_refused_with_those_there_are(name):
    with pytest.raises(BadRequest) as refusal:
        read_target(name, CLASSES, REGIONS)
    assert repr(name) in refusal.value.message
    for known in target_names(CLASSES, REGIONS):
        assert known in refusal.value.hint
