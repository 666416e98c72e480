"""Beginning whole: a file of tensors answers here as its own equations say, and nowhere else."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training_runs import train

from ran.__main__ import main
from ran.errors import BadCheckpoint
from ran.net.backbones import BACKBONES, Backbone
from ran.net.checkpoints import load_checkpoint
from ran.net.dlib29 import LAST_STAGE, SMALLEST, WIDTH, Dlib29
from ran.net.regions import crop_regions, pixel_boxes
from ran.study.evaluation.accuracy import listed_layout
from ran.study.training.start.whole_network import read_whole

SIDE = 150
MEAN = (122.782, 117.001, 104.298)
PLAN = [(32, 32)] * 3 + [(32, 64)] + [(64, 64)] * 3 + [(64, 128)] + [(128, 128)] * 2
PLAN += [(128, 256)] + [(256, 256)] * 3
"""Channels before and behind each of the fourteen blocks, in the order of the files."""
DOWN = (3, 7, 10, 13)


@pytest.fixture(autouse=True, scope="module")
def _whole_backbone(_tiny):
    """The real backbone, in place of the tiny one that stands in for it in training."""
    row = Backbone(lambda: (Dlib29(), WIDTH), LAST_STAGE, SMALLEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "dlib29", row)
        yield


def norm(draw, name, channels):
    return {
        f"{name}.weight": torch.from_numpy(draw.uniform(0.5, 1.0, channels)),
        f"{name}.bias": torch.from_numpy(draw.normal(0, 0.2, channels)),
        f"{name}.running_mean": torch.from_numpy(draw.normal(0, 0.2, channels)),
        f"{name}.running_var": torch.from_numpy(draw.uniform(0.5, 1.5, channels)),
        f"{name}.num_batches_tracked": torch.tensor(7),
    }


def filters(draw, out, before, side):
    scale = (2 / (before * side**2)) ** 0.5
    return torch.from_numpy(draw.normal(0, scale, (out, before, side, side)))


@pytest.fixture(scope="module")
def made_up():
    """A state dict such as the files hold, in half precision, its numbers drawn."""
    draw = np.random.default_rng(4)
    state = {"b.conv.weight": filters(draw, 32, 3, 7), "b.mean": torch.tensor(MEAN)}
    state |= norm(draw, "b.bn", 32)
    for number, (before, channels) in enumerate(PLAN):
        block = f"b.blocks.{number}"
        state[f"{block}.conv1.weight"] = filters(draw, channels, before, 3)
        state[f"{block}.conv2.weight"] = filters(draw, channels, channels, 3)
        state |= norm(draw, f"{block}.bn1", channels) | norm(draw, f"{block}.bn2", channels)
    for name, out, before in (("fc", 8, 256), ("q0", 1, 256), ("q1", 1, 512), ("head", 8, 512)):
        state[f"{name}.weight"] = torch.from_numpy(draw.normal(0, 0.3, (out, before)))
        state[f"{name}.bias"] = torch.from_numpy(draw.normal(0, 0.3, out))
    return {k: v.half() if v.is_floating_point() else v for k, v in state.items()}


def restated(state, crops):
    """RAN and plain logits of crops f32[B, R, 3, S, S], line by line from the files' own terms."""
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}

    def normed(maps, name):
        row = [state[f"{name}.{part}"] for part in ("running_mean", "running_var")]
        return F.batch_norm(maps, *row, state[f"{name}.weight"], state[f"{name}.bias"], eps=1e-5)

    maps = (crops.flatten(0, 1) * 255 - torch.tensor(MEAN).view(1, 3, 1, 1)) / 256
    maps = torch.relu(normed(F.conv2d(maps, state["b.conv.weight"], stride=2), "b.bn"))
    maps = F.max_pool2d(maps, 3, 2)
    for number, (before, channels) in enumerate(PLAN):
        block, down = f"b.blocks.{number}", number in DOWN
        long = F.conv2d(maps, state[f"{block}.conv1.weight"], stride=2 if down else 1,
                        padding=0 if down else 1)  # fmt: skip
        long = torch.relu(normed(long, f"{block}.bn1"))
        long = normed(F.conv2d(long, state[f"{block}.conv2.weight"], padding=1), f"{block}.bn2")
        short = F.avg_pool2d(maps, 2) if down else maps
        side = max(long.shape[-1], short.shape[-1])
        total = torch.zeros(len(maps), channels, side, side)
        total[:, :, : long.shape[-1], : long.shape[-1]] += long
        total[:, :before, : short.shape[-1], : short.shape[-1]] += short
        maps = torch.relu(total)
    features = maps.mean((2, 3)).view(*crops.shape[:2], -1)
    mu = torch.sigmoid(features @ state["q0.weight"][0] + state["q0.bias"])
    anchor = (mu[..., None] * features).sum(1) / mu.sum(1, keepdim=True)
    pairs = torch.cat([features, anchor[:, None].expand_as(features)], 2)
    products = mu * torch.sigmoid(pairs @ state["q1.weight"][0] + state["q1.bias"])
    w = products / products.sum(1, keepdim=True)
    answer = (w[..., None] * pairs).sum(1) @ state["head.weight"].T + state["head.bias"]
    return answer, features[:, 0] @ state["fc.weight"].T + state["fc.bias"], w


def grey_faces(count):
    return torch.rand(count, 1, SIDE, SIDE, generator=torch.manual_seed(2)).expand(-1, 3, -1, -1)


def compare(path, state):
    """Compare both networks of a file with its equations, on both layouts."""
    ran, plain = read_whole(path)
    faces = grey_faces(3)
    for kind in ("fixed", "landmark"):
        boxes = pixel_boxes(listed_layout(kind), SIDE)
        with torch.no_grad():
            wanted, alone, w = restated(state, crop_regions(faces, boxes))
            output = ran(faces, boxes)
            torch.testing.assert_close(output.logits, wanted, atol=5e-5, rtol=1e-5)
            torch.testing.assert_close(output.weights, w, atol=5e-5, rtol=1e-5)
            torch.testing.assert_close(plain(faces).logits, alone, atol=5e-5, rtol=1e-5)
    assert w.std(1).min() > 1e-3, "weights that are all alike would hide a mistake"


def test_a_file_answers_as_its_own_equations_say(made_up, tmp_path):
    torch.save(made_up, tmp_path / "made-up.pt")
    compare(tmp_path / "made-up.pt", made_up)


@pytest.mark.data
@pytest.mark.parametrize("name", ["all", "fixed", "landmark"])
def test_the_networks_that_there_are_answer_as_their_own_equations_say(data, name):
    path = data / f"networks/{name}.pt"
    compare(path, torch.load(path, weights_only=True))


def test_a_run_that_begins_whole_is_released_as_it_began(faces, made_up, tmp_path):
    torch.save(made_up, tmp_path / "made-up.pt")
    options = ["--backbone", "dlib29", "--input-size", SIDE, "--layouts", "fixed+landmark"]
    train(faces, tmp_path / "run", "begin", *options, "--init", tmp_path / "made-up.pt")
    train(faces, tmp_path / "run", "release", "--out", tmp_path / "ran-out", "--photographs", 0)
    ran, card = load_checkpoint(tmp_path / "ran-out")
    plain, _ = load_checkpoint(tmp_path / "plain-out")
    crops = crop_regions(grey_faces(2), pixel_boxes(ran.layout, SIDE))
    with torch.no_grad():
        wanted, alone, _ = restated(made_up, crops)
        torch.testing.assert_close(ran.forward_regions(crops).logits, wanted, atol=0.02, rtol=0)
        torch.testing.assert_close(
            plain.forward_regions(crops[:, :1]).logits, alone, atol=0.02, rtol=0
        )
    assert card.trained_layouts == ("fixed", "landmark")
    assert card.recipe["begun"] == "made-up.pt"
    assert card.layouts["landmark"]["scores"]["ferplus"]["n"] == 12


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"q0.weight": None}, "self_attention"),
        ({"b.blocks.13.conv2.weight": None}, "stage5.0.conv2.weight is missing"),
        ({"b.conv.weight": torch.zeros(32, 1, 7, 7)}, "size mismatch"),
        ({"fc.weight": torch.zeros(7, 256), "fc.bias": torch.zeros(7)}, "size mismatch"),
        ({"b.blocks.14.conv1.weight": torch.zeros(256, 256, 3, 3)}, "blocks.14"),
    ],
)
def test_a_file_of_another_network_is_refused_by_name(made_up, tmp_path, change, said):
    state = {k: v for k, v in {**made_up, **change}.items() if v is not None}
    torch.save(state, tmp_path / "other.pt")
    with pytest.raises(BadCheckpoint, match=rf"holds no RAN on dlib29.*{said}"):
        read_whole(tmp_path / "other.pt")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04"])
def test_a_file_that_holds_no_tensors_is_refused(tmp_path, content):
    (tmp_path / "no.pt").write_bytes(content)
    with pytest.raises(BadCheckpoint, match="not a PyTorch file of tensors"):
        read_whole(tmp_path / "no.pt")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--backbone", "resnet18", "--input-size", "96"], "recipe's backbone is resnet18"),
        (["--backbone", "dlib29", "--input-size", "102"], "needs at least 103 pixels"),
    ],
)
def test_what_such_a_file_cannot_be_is_refused(faces, made_up, tmp_path, capsys, options, said):
    torch.save(made_up, tmp_path / "made-up.pt")
    place = ["--ferplus", faces / "data", "--lists", faces / "lists", "--run", tmp_path / "run"]
    words = ["train", "begin", *place, *options, "--init", tmp_path / "made-up.pt"]
    assert main([str(word) for word in words]) == 2
    assert said in capsys.readouterr().err
