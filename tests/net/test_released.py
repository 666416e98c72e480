"""The authors' released format against a second statement of their network, and both ways."""

import io
import itertools
import json
import math
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision import models

from ran.errors import BadCheckpoint, BadRequest
from ran.expressions import AFFECTNET, FERPLUS, RAFDB
from ran.net.attention import rb_margin
from ran.net.checkpoints import convert, load_checkpoint
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import crop_regions, fixed_layout, pixel_boxes, random_layout
from ran.net.released import load_released

FACES = nn.functional.interpolate(
    torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(3)), (64, 64), mode="bilinear"
)
"""Soft blotches: their crops differ more than those of noise."""
STAGES = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool")


class AuthorsNetwork(nn.Module):
    """What the authors released, said again in our words: pictures f32[B, 3, H, W, R] in [0, 1].

    The whole face is the last of the R pictures. A weight is a softmax over the regions of what a
    sigmoid gives, for the self-attention `alpha` and for the relation-attention `beta`.
    """

    def __init__(self, classes, make=models.resnet18):
        super().__init__()
        body = make(weights=None)
        for name in STAGES:
            setattr(self, name, getattr(body, name))
        self.alpha = nn.Sequential(nn.Linear(512, 1), nn.Sigmoid())
        self.beta = nn.Sequential(nn.Linear(1024, 1), nn.Sigmoid())
        self.fc = nn.Linear(1024, classes)

    def feature(self, picture):
        for name in STAGES:
            picture = getattr(self, name)(picture)
        return picture.flatten(1)

    def forward(self, pictures):
        features = [self.feature(picture) for picture in pictures.unbind(4)]
        alphas = torch.cat([self.alpha(feature) for feature in features], 1).softmax(1)
        mean = sum(a[:, None] * f for a, f in zip(alphas.T, features, strict=True))
        mean = mean / alphas.sum(1, keepdim=True)
        pairs = [torch.cat([feature, mean], 1) for feature in features]
        betas = torch.cat([self.beta(pair) for pair in pairs], 1).softmax(1)
        products = alphas * betas
        pooled = sum(p[:, None] * pair for p, pair in zip(products.T, pairs, strict=True))
        total = products.sum(1, keepdim=True)
        return self.fc(pooled / total), alphas, betas, products / total


def authors_network(classes=8):
    """Random parameters and statistics; enlarged, centred heads tell regions well apart."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network = AuthorsNetwork(classes).eval()
        with torch.no_grad():
            for name, buffer in network.named_buffers():
                if name.endswith("running_var"):
                    buffer.uniform_(0.5, 1.5)
                elif name.endswith("running_mean"):
                    buffer.uniform_(-0.1, 0.1)
            middle = network.feature(FACES).mean(0)
            for head in (network.alpha[0], network.beta[0]):
                head.weight.mul_(40.0)
                head.bias.copy_(-head.weight @ middle.repeat(head.in_features // 512))
    return network


def write(path, network, *, parallel=True, is_new=True):
    """Save as the authors' training does: parallel, on the way, with its optimizer."""
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    prefix = "module." if parallel else ""
    content = {
        "epoch": 12,
        "arch": "resnet18",
        "state_dict": {prefix + key: value for key, value in network.state_dict().items()},
        "best_prec1": torch.tensor(88.5),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(content, path, _use_new_zipfile_serialization=is_new)
    return path


@pytest.fixture(scope="module")
def authors():
    return authors_network()


@pytest.fixture(scope="module")
def released(authors, tmp_path_factory):
    return write(tmp_path_factory.mktemp("released") / "model_best.pth.tar", authors)


@pytest.mark.parametrize("layout", [fixed_layout(), random_layout(7, seed=1)], ids=["R=6", "R=8"])
def test_a_released_network_answers_as_the_authors_code_does(authors, released, layout):
    crops = crop_regions(FACES, pixel_boxes(layout, 64))
    model, card = load_released(released)
    with torch.no_grad():
        ours = model.forward_regions(crops)
        logits, alphas, betas, weights = (
            # Theirs: the whole face last, regions on the last axis.
            authors(crops.roll(-1, 1).permute(0, 2, 3, 4, 1))
        )
    assert (card.attention, card.grey, card.input_size) == ("softmax", False, 224)
    for spread in (alphas, betas, weights):
        assert (spread.amax(1) - spread.amin(1)).min() > 0.01, "equal weights prove little"
    for found, expected in (
        (ours.logits, logits),
        (ours.self_weights, alphas.roll(1, 1)),
        (ours.relation_weights, betas.roll(1, 1)),
        (ours.weights, weights.roll(1, 1)),
        (rb_margin(ours.self_weights), alphas[:, :-1].amax(1) - alphas[:, -1]),
    ):
        assert (found - expected).abs().max() <= 1e-4


def test_what_old_versions_of_pytorch_wrote_loads_all_the_same(authors, tmp_path):
    """Neither the prefix nor the counts of batches nor the zip were always there."""
    state = {k: v for k, v in authors.state_dict().items() if "num_batches" not in k}
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    model, _ = load_checkpoint(tmp_path / "old.pth")
    assert torch.equal(model.classifier.weight, authors.fc.weight)
    assert torch.equal(model.backbone.layer4[1].bn2.running_var, authors.layer4[1].bn2.running_var)


def test_there_and_back_again_gives_the_same_tensors(authors, released, tmp_path):
    convert(released, tmp_path / "ours")
    stored = load_file(tmp_path / "ours" / "model.safetensors")
    assert torch.equal(stored["backbone.conv1.weight"], authors.conv1.weight)
    assert torch.equal(stored["self_attention.query.weight"], authors.alpha[0].weight)
    convert(tmp_path / "ours", tmp_path / "new folder" / "theirs.pth.tar")
    again = torch.load(tmp_path / "new folder" / "theirs.pth.tar", weights_only=True)
    assert set(again) == {"epoch", "arch", "state_dict", "best_prec1", "optimizer"}
    assert again["arch"] == "resnet18"
    before = {f"module.{key}": value for key, value in authors.state_dict().items()}
    assert again["state_dict"].keys() == before.keys()
    for key, value in before.items():
        assert torch.equal(again["state_dict"][key], value), key
    model, card = load_checkpoint(tmp_path / "ours")
    same, _ = load_checkpoint(tmp_path / "new folder" / "theirs.pth.tar")
    for key, value in model.state_dict().items():
        assert torch.equal(value, same.state_dict()[key]), key
    assert card.scores is None
    assert "not evaluated here" in card.note


def hollow(state):
    """The same shapes with one number each: small files for large networks."""
    return {
        f"module.{key}": torch.tensor(0.01).to(value.dtype).expand(value.shape)
        for key, value in state.items()
    }


def hollow_authors(classes):
    with torch.device("meta"):
        network = AuthorsNetwork(classes)
    return hollow(network.state_dict())


@pytest.mark.parametrize("backbone", ["resnet34", "vgg16"])
def test_the_backbone_is_read_off_the_names(backbone, tmp_path):
    with torch.device("meta"):
        whole = RegionAttentionNetwork(backbone).state_dict()
    heads = {"self_attention.query": "alpha.0", "relation_attention.query": "beta.0",
             "classifier": "fc"}  # fmt: skip
    state = {}
    for key, value in whole.items():
        module, _, name = key.rpartition(".")
        if key not in ("mean", "std"):
            state[f"{heads.get(module, module.removeprefix('backbone.'))}.{name}"] = value
    torch.save({"state_dict": hollow(state)}, tmp_path / "deep.pth.tar")
    model, card = load_checkpoint(tmp_path / "deep.pth.tar")
    assert card.backbone == backbone
    assert all((value == torch.tensor(0.01)).all() for value in model.parameters())


@pytest.mark.parametrize(
    ("classes", "order", "alpha"),
    [("ferplus", FERPLUS, 0.1), ("affectnet", AFFECTNET, 0.03), ("rafdb", RAFDB, 0.02)],
)
def test_each_data_set_has_its_order_and_margin(classes, order, alpha, tmp_path):
    path = tmp_path / "hollow.pth.tar"
    torch.save({"state_dict": hollow_authors(len(order))}, path)
    _, card = load_released(path, classes=classes)
    assert (card.classes, card.alpha) == (order, alpha)


def test_another_count_of_classes_is_refused_with_the_option_to_give(tmp_path):
    torch.save({"state_dict": hollow_authors(7)}, tmp_path / "seven.pth.tar")
    with pytest.raises(BadCheckpoint, match="7 outputs, ferplus has 8 classes") as refusal:
        load_checkpoint(tmp_path / "seven.pth.tar")
    assert "--classes" in refusal.value.hint


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (7, "`python -m ran convert --classes rafdb`"),
        (8, "`python -m ran convert --classes ferplus or affectnet`"),
        (5, "No class order known here has 5 classes"),
    ],
)
def test_only_class_orders_that_fit_are_offered(outputs, said, tmp_path):
    torch.save({"state_dict": hollow_authors(outputs)}, tmp_path / "theirs.pth.tar")
    other = "rafdb" if outputs == 8 else "ferplus"
    with pytest.raises(BadCheckpoint, match=f"{outputs} outputs") as refusal:
        load_released(tmp_path / "theirs.pth.tar", classes=other)
    assert said in refusal.value.hint


PLAIN = {key.removeprefix("module."): value for key, value in hollow_authors(8).items()}
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "backbone.")


@pytest.mark.parametrize(
    "prefix", ["", *PREFIXES, *map("".join, itertools.product(PREFIXES, repeat=2))]
)
def test_what_wraps_a_network_is_taken_off_its_names(prefix, tmp_path):
    state = {prefix + key: value for key, value in PLAIN.items()}
    torch.save({"state_dict": state}, tmp_path / "wrapped.pth.tar")
    model, card = load_checkpoint(tmp_path / "wrapped.pth.tar")
    assert card.backbone == "resnet18"
    assert all((value == torch.tensor(0.01)).all() for value in model.parameters())


def test_a_prefix_that_is_not_known_is_named(tmp_path):
    state = {f"student.{key}": value for key, value in PLAIN.items()}
    torch.save({"state_dict": state}, tmp_path / "wrapped.pth.tar")
    with pytest.raises(BadCheckpoint) as refusal:
        load_checkpoint(tmp_path / "wrapped.pth.tar")
    assert "'student.'" in refusal.value.hint


def test_two_networks_in_one_file_are_not_mixed(tmp_path):
    both = {**PLAIN, **{f"model.{key}": value + 1 for key, value in PLAIN.items()}}
    torch.save({"state_dict": both}, tmp_path / "two.pth.tar")
    with pytest.raises(BadCheckpoint, match="more than one network"):
        load_checkpoint(tmp_path / "two.pth.tar")


@pytest.mark.parametrize("number", [np.float64(88.5), np.float32(0.5), np.int64(3), np.bool_(True)])
@pytest.mark.parametrize("home", [b"numpy._core.multiarray", b"numpy.core.multiarray"])
def test_numbers_of_numpy_beside_the_tensors_are_no_hindrance(number, home, tmp_path):
    """The authors' training notes its best accuracy as it comes from NumPy, of any version."""
    made = io.BytesIO()
    torch.save({"best_prec1": number, "state_dict": hollow_authors(8)}, made)
    with zipfile.ZipFile(made) as new, zipfile.ZipFile(tmp_path / "theirs.pth.tar", "w") as file:
        for name in new.namelist():
            content = new.read(name)
            if name.endswith("data.pkl"):
                assert b"numpy._core.multiarray\n" in content
                content = content.replace(b"numpy._core.multiarray\n", home + b"\n")
            file.writestr(name, content)
    assert load_checkpoint(tmp_path / "theirs.pth.tar")[1].backbone == "resnet18"


def test_an_object_in_the_shape_of_a_number_is_refused(tmp_path):
    class Object:
        def __reduce__(self):
            return np._core.multiarray.scalar, (np.dtype("O"), b"anything")

    torch.save({"best": Object(), "state_dict": hollow_authors(8)}, tmp_path / "theirs.pth.tar")
    with pytest.raises(BadCheckpoint, match="plain values alone"):
        load_checkpoint(tmp_path / "theirs.pth.tar")


HOLLOW = hollow_authors(8)
WITHOUT_HEADS = {key: value for key, value in HOLLOW.items() if "alpha" not in key}
REFUSED = {
    "a backbone alone": ({"state_dict": WITHOUT_HEADS}, "no alpha.0.weight; it is not"),
    "a list": ([torch.zeros(1)], "no state_dict"),
    "no tensors": ({"state_dict": {"module.fc.weight": 3.0}}, "no state_dict of tensors"),
    "numbered tensors": ({"state_dict": {1: torch.zeros(1)}}, "no state_dict of tensors"),
    "a deeper network": (
        {"state_dict": {**HOLLOW, "module.layer1.2.conv3.weight": torch.zeros(1)}},
        "layer1.2.conv3.weight is not expected",
    ),
    **{
        f"a bias of {name}": ({"state_dict": {**HOLLOW, "module.alpha.0.bias": value}}, words)
        for name, value, words in (
            ("NaN", torch.tensor([math.nan]), "not finite"),
            ("no memory", torch.zeros(1, device="meta"), "should hold plain"),
            ("a sparse tensor", torch.ones(1).to_sparse(), "should hold plain"),
            ("a complex number", torch.ones(1, dtype=torch.complex64), "should hold plain"),
        )
    },
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_released_ran_is_refused(case, tmp_path):
    content, words = REFUSED[case]
    torch.save(content, tmp_path / "model.pth.tar")
    with pytest.raises(BadCheckpoint, match=words):
        load_checkpoint(tmp_path / "model.pth.tar")


@pytest.mark.parametrize("content", [b"", b"Dear reader, this is no network.\n" * 9, bytes(999)])
def test_what_is_no_pytorch_file_is_refused_with_what_to_give(content, tmp_path):
    (tmp_path / "model.pth.tar").write_bytes(content)
    with pytest.raises(BadCheckpoint, match="not a PyTorch file") as refusal:
        load_checkpoint(tmp_path / "model.pth.tar")
    assert "card.json" in refusal.value.hint


def test_a_conversion_that_cannot_be_is_refused(released, checkpoint, tmp_path):
    with pytest.raises(BadRequest, match="is a folder already"):
        convert(checkpoint, tmp_path / "folder")
    with pytest.raises(BadCheckpoint, match="does not exist"):
        convert(tmp_path / "none.pth.tar", tmp_path / "folder")
    with pytest.raises(BadCheckpoint, match="does not exist"):
        convert(tmp_path / "none", tmp_path / "theirs.pth.tar")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadRequest, match="cannot be written"):
        convert(released, tmp_path / "file" / "folder")
    assert json.loads((checkpoint / "card.json").read_text())["name"] == "tiny"
