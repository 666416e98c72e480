"""Beginning from a backbone in the authors' released layout: what is taken, left out, refused."""

import re

import pytest
import torch

from ran.errors import BadCheckpoint, BadRequest
from ran.net.checkpoints import bundled, load_checkpoint
from ran.net.model import PlainNetwork
from ran.study.data.ferplus import Faces
from ran.study.training.fit import backbone_stage
from ran.study.training.options import Recipe
from ran.study.training.start.initial_backbone import load_backbone, name_of


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A made-up face-recognition ResNet-18 in the authors' layout, and its backbone's tensors."""
    backbone = PlainNetwork().backbone.state_dict()
    state = {f"module.{key}": value for key, value in backbone.items()}
    for head, width in (("fc", 512), ("alpha.0", 512), ("beta.0", 1024)):
        state[f"module.{head}.weight"] = torch.zeros(1, width)
    path = tmp_path_factory.mktemp("released") / "faces.pth.tar"
    torch.save({"epoch": 3, "arch": "resnet18", "state_dict": state}, path)
    return path, backbone


@pytest.fixture
def faces():
    pixels = torch.arange(2 * 48 * 48).remainder(200).byte().view(2, 48, 48).numpy()
    return Faces(("a", "b"), pixels, torch.ones(2, 10, dtype=torch.int64).numpy())


def test_the_backbone_is_taken_and_its_heads_are_named_as_left_out(released):
    path, backbone = released
    model = PlainNetwork()
    said = load_backbone(model, path)
    assert said.endswith("left out: alpha.0.weight, beta.0.weight, fc.weight")
    for name, value in model.backbone.state_dict().items():
        assert torch.equal(value, backbone[name])


def test_a_released_backbone_sees_values_as_they_are(released, faces, tmp_path):
    stage = backbone_stage(Recipe(init="faces.pth.tar"), tmp_path, faces, init=released[0])
    assert stage.model.mean.flatten().tolist() == [0, 0, 0]
    assert stage.model.std.flatten().tolist() == [1, 1, 1]


def test_an_untrained_backbone_sees_the_training_faces_normalised(faces, tmp_path):
    model = backbone_stage(Recipe(), tmp_path, faces).model
    seen = (torch.from_numpy(faces.pixels) / 255 - model.mean[0, 0]) / model.std[0, 0]
    assert seen.mean().item() == pytest.approx(0, abs=1e-4)
    assert seen.std().item() == pytest.approx(1, abs=1e-3)


def test_a_run_that_is_to_begin_with_a_file_does_not_begin_without_it(faces, tmp_path):
    with pytest.raises(BadRequest, match=r"backbone of faces\.pth\.tar. Give it as --init"):
        backbone_stage(Recipe(init="faces.pth.tar"), tmp_path, faces)


def test_a_file_without_counts_of_batches_is_taken(released, tmp_path):
    state = {k: v for k, v in released[1].items() if not k.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "old.pth.tar")
    model = PlainNetwork()
    load_backbone(model, tmp_path / "old.pth.tar")
    assert torch.equal(model.backbone.state_dict()["conv1.weight"], state["conv1.weight"])


def test_a_backbone_of_another_depth_is_refused(released):
    with pytest.raises(BadCheckpoint, match=r"80 tensors are missing.*--backbone"):
        load_backbone(PlainNetwork("resnet34"), released[0])


def test_a_tensor_of_another_shape_is_named(released, tmp_path):
    state = {**released[1], "conv1.weight": torch.zeros(64, 1, 7, 7)}
    torch.save({"state_dict": state}, tmp_path / "grey.pth.tar")
    with pytest.raises(BadCheckpoint, match=r"1 have another shape, first conv1\.weight"):
        load_backbone(PlainNetwork(), tmp_path / "grey.pth.tar")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x80\x02}"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "faces.pth.tar"
    path.write_bytes(content)
    with pytest.raises(BadCheckpoint, match=re.escape(f"{path} is not a PyTorch checkpoint")):
        load_backbone(PlainNetwork(), path)


@pytest.mark.parametrize("content", [[1, 2], {"state_dict": 3}, {"epoch": 3}])
def test_a_checkpoint_without_tensors_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "faces.pth.tar")
    with pytest.raises(BadCheckpoint, match="no state_dict of tensors"):
        load_backbone(PlainNetwork(), tmp_path / "faces.pth.tar")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadCheckpoint, match="does not exist"):
        load_backbone(PlainNetwork(), tmp_path / "nowhere.pth.tar")


def test_a_checkpoint_of_ours_brings_its_normalisation_and_leaves_its_heads():
    folder = bundled()["ran-dlib29-ferplus"]
    network, card = load_checkpoint(folder)
    model = PlainNetwork(card.backbone)
    said = load_backbone(model, folder)
    for name, value in model.backbone.state_dict().items():
        assert torch.equal(value, network.backbone.state_dict()[name])
    assert torch.equal(model.mean, network.mean)
    assert torch.equal(model.std, network.std)
    assert "self_attention" in said
    assert "classifier" in said
    assert "mean" not in said
    assert name_of(folder) == f"ran-dlib29-ferplus {card.sha256[:12]}"


def test_a_folder_without_a_card_is_refused(tmp_path):
    with pytest.raises(BadCheckpoint, match=r"card\.json"):
        name_of(tmp_path)
