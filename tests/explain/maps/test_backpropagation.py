"""DeepLift and guided Grad-CAM: by hand, against restatements, and where plain Captum is wrong."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum.attr import DeepLift
from explained_networks import BOXES, linear, logit, seeded
from torch import nn

from ran.explain.baselines import BASELINES
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS
from ran.explain.maps.onto_face import warp_back
from ran.explain.maps.unrolled import unrolled
from ran.explain.targets import read_target
from ran.net.backbones import BACKBONES
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.net.regions import crop_regions

NAMES = ("a", "b", "c", "d", "e", "f")
CLASSES = ("0", "1", "2", "3", "4")


@pytest.mark.parametrize("backbone", BACKBONES)
def test_an_unrolled_backbone_computes_the_same_with_a_module_a_use(backbone):
    model, face = seeded(PlainNetwork, backbone)
    other = unrolled(model.backbone, face)
    with torch.no_grad():
        np.testing.assert_array_equal(other(face), model.backbone(face))
    uses = []
    for part in other.modules():
        if isinstance(part, nn.ReLU | nn.MaxPool1d | nn.MaxPool2d):
            part.register_forward_hook(lambda part, *_: uses.append(part))
    other(face)
    assert len(uses) == len(set(uses)) > 10, "none is used twice"
    assert not any(getattr(part, "inplace", False) for part in uses)
    shared = {parameter.data_ptr() for parameter in model.backbone.parameters()}
    assert {parameter.data_ptr() for parameter in other.parameters()} <= shared


@pytest.mark.parametrize("target", ["predicted", "2", "4 - 0", "self-attention: b",
                                    "relation-attention: f", "rb-margin"])  # fmt: skip
@pytest.mark.parametrize(("attention", "baseline"), [("sigmoid", "black"), ("softmax", "blurred")])
def test_deeplift_sums_to_the_change_of_the_target(target, attention, baseline):
    model, face = seeded(RegionAttentionNetwork, attention=attention, grey=False)
    read = read_target(target, CLASSES, NAMES)
    question = Asked(model, face, BOXES, read, baseline=BASELINES[baseline])
    heatmap = METHODS["deeplift"].heatmap(question)
    settled = question.settled()
    change = settled.scores(face) - settled.scores(question.blank())
    assert heatmap.total == pytest.approx(change.item(), abs=1e-5)
    size = np.abs(heatmap.values).sum()
    assert size > 1e-4
    assert heatmap.gap < 1e-4 * max(abs(heatmap.total), size)
    assert abs(heatmap.regions.sum() - heatmap.total) < 1e-4 * max(abs(heatmap.total), size)


def test_deeplift_of_a_plain_vgg_sums_to_the_change_too():
    model, face = seeded(PlainNetwork, "vgg16")
    heatmap = METHODS["deeplift"].heatmap(
        Asked(model, face, BOXES[:1], logit(1), "vgg16", BASELINES["grey"])
    )
    assert np.abs(heatmap.values).sum() > 1e-3
    assert heatmap.gap < 1e-4 * np.abs(heatmap.values).sum()


class Copied(nn.Module):
    def forward(self, values):
        return 1.0 * values


def missed(network, face, blank):
    """By what share Captum's DeepLift of the first output misses its change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = DeepLift(network).attribute(face.clone().requires_grad_(), blank, target=0)
    with torch.no_grad():
        change = (network(face) - network(blank))[0, 0]
    return abs((given.sum() - change) / change).item()


def test_where_captums_deeplift_is_wrong_the_unrolled_backbone_is_right():
    generator = torch.Generator().manual_seed(1)
    face, blank = (torch.rand(1, 1, 8, 8, generator=generator) for _ in range(2))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = nn.Sequential(nn.Flatten(), nn.Linear(16, 1))
        relu, across = nn.ReLU(), nn.Conv2d(1, 4, 4, 4)
    cases = {
        "used twice": nn.Sequential(relu, across, relu, head),
        "on one tensor": nn.Sequential(nn.ReLU(), nn.MaxPool2d(2, 2), head),
        "overlapping": nn.Sequential(nn.ReLU(), Copied(), nn.MaxPool2d(3, 2, 1), head),
    }
    for name, network in cases.items():
        assert missed(unrolled(network, face), face, blank) < 1e-5, name
        if name == "used twice":
            with pytest.raises(RuntimeError, match="used more than once"):
                missed(network, face, blank)
        else:
            assert missed(network, face, blank) > 1e-2, name


class Kinked(nn.Module):
    """A ReLU of what each pixel has above a half, and its mean: as many features as channels."""

    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, pictures):
        return self.relu(pictures - 0.5).mean((2, 3))


def test_on_one_relu_deeplift_is_what_it_is_by_hand():
    model = linear()
    model.backbone = Kinked()
    generator = torch.Generator().manual_seed(8)
    face = torch.rand(1, 3, 4, 4, generator=generator)
    blank = BASELINES["grey"].picture(face, generator) * 0.4  # 0.2: a kink lies between
    boxes = torch.tensor([[0, 0, 4, 4]])
    against = replace(BASELINES["grey"], picture=lambda face, _: torch.full_like(face, 0.2))
    heatmap = METHODS["deeplift"].heatmap(Asked(model, face, boxes, logit(1), baseline=against))
    # Rescale: the share of what the ReLU lets through, relu(x - 0.5) - relu(0.2 - 0.5), a pixel.
    through = F.relu(face - 0.5) - F.relu(blank - 0.5)
    expected = (8 * through[0, 0] - 4 * through[0, 1]) / 16
    np.testing.assert_allclose(heatmap.values, expected, atol=1e-6)
    assert expected.min() < -0.01 < 0.01 < expected.max()


class Guided(torch.autograd.Function):
    """A ReLU whose gradient is kept only where it and the input are above zero."""

    @staticmethod
    def forward(context, values):
        context.save_for_backward(values)
        return values.clamp(min=0)

    @staticmethod
    def backward(context, slopes):
        (values,) = context.saved_tensors
        return slopes * (values > 0) * (slopes > 0)


@pytest.mark.parametrize("backbone", ["resnet18", "vgg16"])
def test_guided_grad_cam_equals_a_restatement_in_the_coordinates_of_the_crops(
    backbone, monkeypatch
):
    model, face = seeded(RegionAttentionNetwork, backbone, grey=False)
    for index in range(5):  # a class whose Grad-CAM is not dark everywhere
        question = Asked(model, face, BOXES, logit(index), backbone)
        cam = METHODS["grad-cam"].heatmap(question)
        if cam.regions.any(axis=(1, 2)).sum() > 1:
            break
    heatmap = METHODS["guided-grad-cam"].heatmap(question)
    monkeypatch.setattr(nn.ReLU, "forward", lambda _, values: Guided.apply(values))
    crops = crop_regions(face, BOXES).detach().requires_grad_()
    model.forward_regions(crops).logits[0, index].backward()
    guided = crops.grad[0].sum(1)
    enlarged = F.interpolate(torch.tensor(cam.regions)[:, None], (64, 64), mode="bilinear")[:, 0]
    expected = guided * enlarged
    scale = expected.abs().max().item()
    assert scale > 0
    np.testing.assert_allclose(heatmap.regions, expected, atol=1e-4 * scale)
    np.testing.assert_allclose(
        heatmap.values, warp_back(expected, BOXES, 64).sum(0), atol=6e-4 * scale
    )
    assert heatmap.target == str(index)


def test_multiplying_on_the_face_would_give_another_map():
    """What Captum's own GuidedGradCam would do: crop coordinates taken for the face's."""
    model, face = seeded(RegionAttentionNetwork)
    maps = [METHODS["guided-grad-cam"].heatmap(Asked(model, face, BOXES, logit(i)))
            for i in range(5)]  # fmt: skip
    heatmap = max(maps, key=lambda one: np.abs(one.regions[1:]).max())
    assert np.abs(heatmap.regions[1:]).max() > 0
    right, wrong = heatmap.values, heatmap.regions.sum(0)
    assert np.corrcoef(right.ravel(), wrong.ravel())[0, 1] < 0.95
