"""dlib's file of the face backbone: read as it was written, computed as it stands, refused."""

import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training_runs import train

from ran.__main__ import main
from ran.errors import BadCheckpoint, BadRequest
from ran.net.backbones import BACKBONES, Backbone
from ran.net.dlib29 import LAST_STAGE, SMALLEST, WIDTH, Dlib29
from ran.net.model import PlainNetwork
from ran.study.data.ferplus import read_ferplus
from ran.study.training.options import Recipe
from ran.study.training.stages import backbone_stage
from ran.study.training.start import dlib_file
from ran.study.training.start.dlib_file import installed, read_backbone, read_layers, settle
from ran.study.training.start.initial_backbone import load_backbone

PLAN = [(32, 32)] * 3 + [(32, 64)] + [(64, 64)] * 3 + [(64, 128)] + [(128, 128)] * 2
PLAN += [(128, 256)] + [(256, 256)] * 3
DOWN = (3, 7, 10, 13)
SIZES = [(32, 3, 7)] + [size for a, b in PLAN for size in ((b, a, 3), (b, b, 3))]
"""Filters out, in, and their side, of each of the 29 convolutions."""


@pytest.fixture(autouse=True, scope="module")
def _whole_backbone(_tiny):
    """The real backbone, in place of the tiny one that stands in for it in training."""
    row = Backbone(lambda: (Dlib29(), WIDTH), LAST_STAGE, SMALLEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "dlib29", row)
        yield


def whole_number(value):
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def layer(name, numbers, *, version=2):
    numbers = np.asarray(numbers, "<f4")
    sizes = b"".join(map(whole_number, (numbers.size, 1, 1, 1)))
    return name + whole_number(version) + sizes + numbers.tobytes()


def network_of(draw):
    """Return the layers of a made-up network: filters and biases, then scales and shifts."""
    layers = []
    for out, before, side in SIZES:
        filters = draw.normal(0, (2 / (before * side**2)) ** 0.5, out * before * side**2)
        layers.append(np.concatenate([filters, draw.normal(0, 0.2, out)]))
        layers.append(np.concatenate([draw.uniform(0.4, 1.1, out), draw.normal(0, 0.2, out)]))
    return [numbers.astype(np.float32) for numbers in layers]


def write(path, layers):
    """Write layers as such a file has them, among the words of other layers."""
    names = (b"con_4", b"affine_")
    body = b"".join(
        b"relu_" + layer(names[n % 2], numbers) + whole_number(-3)
        for n, numbers in enumerate(layers)
    )
    path.write_bytes(b"\x01\x02loss_metric_2" + body + layer(b"fc_no_bias", [1.0, 2.0]))
    return path


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    layers = network_of(np.random.default_rng(6))
    return write(tmp_path_factory.mktemp("dlib") / "faces.dat", layers), layers


def restated(layers, pictures):
    """The file's own arithmetic: convolution with biases, scale and shift, on 0 to 255."""
    convolutions = iter(zip(SIZES, layers[::2], layers[1::2], strict=True))

    def next_one(maps, *, stride=1, padding=0):
        (out, before, side), numbers, affine = next(convolutions)
        filters = torch.from_numpy(numbers[:-out]).view(out, before, side, side)
        maps = F.conv2d(maps, filters, torch.from_numpy(numbers[-out:]), stride, padding)
        scales, shifts = torch.from_numpy(affine).view(2, 1, out, 1, 1)
        return maps * scales + shifts

    mean = torch.tensor([122.782, 117.001, 104.298]).view(1, 3, 1, 1)
    maps = F.max_pool2d(torch.relu(next_one((pictures * 255 - mean) / 256, stride=2)), 3, 2)
    for number, (before, channels) in enumerate(PLAN):
        down = number in DOWN
        long = next_one(maps, stride=2) if down else next_one(maps, padding=1)
        long = next_one(torch.relu(long), padding=1)
        short = F.avg_pool2d(maps, 2) if down else maps
        side = max(long.shape[-1], short.shape[-1])
        total = torch.zeros(len(maps), channels, side, side)
        total[:, :, : long.shape[-1], : long.shape[-1]] += long
        total[:, :before, : short.shape[-1], : short.shape[-1]] += short
        maps = torch.relu(total)
    return maps.mean((2, 3))


def pictures(count=3):
    grey = torch.rand(count, 1, 150, 150, generator=torch.manual_seed(1))
    return F.avg_pool2d(grey, 5, 1, 2).expand(-1, 3, -1, -1)


def features(model, faces):
    with torch.no_grad():
        return model.features(faces[:, None])[:, 0]


def test_layers_are_read_as_they_were_written_and_numbers_are_not_taken_for_names(tmp_path):
    trap = np.frombuffer(b"con_4\x01\x02\x00", "<f4")  # a name among the numbers
    rows = [("con_4", trap), ("affine", np.array([0.5, -2.0], np.float32))]
    names = {"con_4": b"con_4", "affine": b"affine_"}
    (tmp_path / "few.dat").write_bytes(b"".join(layer(names[name], row) for name, row in rows))
    read = list(read_layers(tmp_path / "few.dat"))
    assert [name for name, _ in read] == ["con_4", "affine"]
    for (_, numbers), (_, written) in zip(read, rows, strict=True):
        assert numbers.tobytes() == written.tobytes()


def test_a_size_above_255_takes_more_bytes_and_is_read(tmp_path):
    row = np.arange(70_000, dtype=np.float32)
    (tmp_path / "long.dat").write_bytes(layer(b"con_4", row))
    ((_, numbers),) = read_layers(tmp_path / "long.dat")
    np.testing.assert_array_equal(numbers, row)


def test_the_backbone_computes_what_the_file_says(made_up):
    path, layers = made_up
    model = PlainNetwork("dlib29").eval()
    said = load_backbone(model, path)
    assert said.endswith("left out: nothing")
    wanted = restated(layers, pictures())
    assert wanted.std(0).max() > 0.01
    torch.testing.assert_close(features(model, pictures()), wanted, atol=1e-4, rtol=1e-3)


def test_settling_changes_no_answer_and_lets_a_batch_be_normalised_as_before(made_up):
    path, _ = made_up
    model = PlainNetwork("dlib29").eval()
    load_backbone(model, path)
    faces = pictures(8)
    before = features(model, faces)
    untouched = features(model.train(), faces)
    load_backbone(model, path)
    settle(model.eval(), faces, at_once=3)
    torch.testing.assert_close(features(model, faces), before, atol=1e-4, rtol=1e-3)
    # In training mode the statistics are the batch's own: those that were measured, or nearly.
    settled = features(model.train(), faces)
    far = (untouched - before).abs().mean()
    assert (settled - before).abs().mean() < 0.02 * far


def test_settling_leaves_mode_and_hooks_as_they_were(made_up):
    model = PlainNetwork("dlib29").train()
    load_backbone(model, made_up[0])
    settle(model, pictures(2))
    assert model.training
    assert not any(part._forward_hooks for part in model.modules())


def test_training_begins_with_the_settled_backbone_and_its_normalisation(faces, made_up, tmp_path):
    path, layers = made_up
    train_faces = read_ferplus(faces / "data", "train")
    recipe = Recipe(backbone="dlib29", input_size=150, init=path.name)
    model = backbone_stage(recipe, tmp_path, train_faces, init=path).model.eval()
    wanted = restated(layers, pictures())
    torch.testing.assert_close(features(model, pictures()), wanted, atol=1e-4, rtol=1e-3)
    first = next(part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d))
    assert not torch.allclose(first.running_var, torch.ones(32), atol=0.01), "it was measured"


def test_the_command_takes_the_installed_file_by_its_name(faces, made_up, tmp_path, monkeypatch):
    path, _ = made_up
    monkeypatch.setattr(dlib_file, "installed", lambda: path)
    train(faces, tmp_path / "run", "backbone", "--backbone", "dlib29", "--init", "dlib",
          "--input-size", 103, "--epochs", 1, "--batch", 4)  # fmt: skip
    assert f'"init": "{path.name}"' in (tmp_path / "run/config.json").read_text()
    assert (tmp_path / "run/backbone.pt").is_file()


def test_without_the_package_the_command_says_what_to_install(faces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dlib_file, "find_spec", lambda _: None)
    place = ["--ferplus", faces / "data", "--lists", faces / "lists", "--run", tmp_path / "run"]
    words = ["train", "backbone", "--backbone", "dlib29", "--input-size", 150, "--init", "dlib"]
    assert main([str(word) for word in (*words, *place)]) == 2
    assert "pip install face-recognition-models==0.3.0" in capsys.readouterr().err


def test_another_backbone_is_refused(made_up):
    with pytest.raises(BadCheckpoint, match="--backbone"):
        load_backbone(PlainNetwork("vgg16"), made_up[0])


@pytest.mark.parametrize("kept", [7, 8, 9, 14, 40, 100])
def test_a_file_that_ends_too_early_is_refused(made_up, tmp_path, kept):
    content = made_up[0].read_bytes()
    (tmp_path / "short.dat").write_bytes(content[: content.rindex(b"affine_") + kept])
    with pytest.raises(BadCheckpoint, match="ends within a layer"):
        read_backbone(tmp_path / "short.dat")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda layers: layers[:-2], "56 layers, expected 58"),
        (lambda layers: [*layers, *layers[:2]], "60 layers, expected 58"),
        (lambda layers: [layers[0][:-1], *layers[1:]], r"layer 1 is \('con_4', 4735\)"),
        (lambda _: [], "0 layers"),
    ],
)
def test_a_file_of_another_network_is_refused(made_up, tmp_path, change, said):
    path = write(tmp_path / "other.dat", change(made_up[1]))
    with pytest.raises(BadCheckpoint, match=f"does not hold dlib29: {said}"):
        read_backbone(path)


def test_a_layer_of_another_version_is_refused(tmp_path):
    (tmp_path / "new.dat").write_bytes(layer(b"con_4", [1.0], version=3))
    with pytest.raises(BadCheckpoint, match="version 3, not 2"):
        read_backbone(tmp_path / "new.dat")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadCheckpoint, match="does not exist"):
        read_backbone(tmp_path / "nowhere.dat")


def test_the_installed_file_is_the_network_that_its_description_says():
    try:
        path = installed()
    except BadRequest:
        pytest.skip("face-recognition-models is not installed")
    assert "face_recognition_models" not in sys.modules, "it is found without being imported"
    state = read_backbone(path)
    layers = [numbers.copy() for _, numbers in read_layers(path)]
    model = PlainNetwork("dlib29").eval()
    load_backbone(model, path)
    wanted = restated(layers, pictures())
    torch.testing.assert_close(features(model, pictures()), wanted, atol=1e-4, rtol=1e-3)
    parameters = sum(v.numel() for k, v in state.items() if k.endswith(("weight", "bias")))
    assert 5.5e6 < parameters < 5.7e6
    assert wanted.std(0).mean() > 1e-3, "faces that differ have features that differ"
