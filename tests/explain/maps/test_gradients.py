"""Gradient maps: against closed forms, plain gradients on the face, and Captum's own classes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from explained_networks import BOXES, linear, logit, seeded, smooth

from ran.explain.baselines import BASELINES
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS
from ran.explain.targets import read_target
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.net.regions import crop_regions, fixed_layout, pixel_boxes

SMALL = pixel_boxes(fixed_layout(), 12)


def plain_gradient(model, face, boxes, index):
    """The gradient of a logit with respect to the face, and to its crops, by one plain pass."""
    face = face.clone().requires_grad_()
    crops = crop_regions(face, boxes)
    crops.retain_grad()
    model.forward_regions(crops).logits[0, index].backward()
    return face.grad[0], crops.grad[0]


@pytest.mark.parametrize("grey", [False, True])
def test_one_pass_maps_equal_the_gradient_on_the_face(grey):
    model, face = seeded(RegionAttentionNetwork, grey=grey)
    on_face, on_crops = plain_gradient(model, face, BOXES, 3)
    question = Asked(model, face, BOXES, logit(3))
    heatmap = METHODS["saliency"].heatmap(question)
    scale = on_face.abs().max().item()
    assert scale > 0
    np.testing.assert_allclose(heatmap.values, on_face.abs().sum(0), atol=1e-5 * scale)
    np.testing.assert_allclose(heatmap.regions, on_crops.abs().sum(1), atol=1e-5 * scale)
    heatmap = METHODS["input-x-gradient"].heatmap(question)
    np.testing.assert_allclose(heatmap.values, (on_face * face[0]).sum(0), atol=1e-5 * scale)
    crops = crop_regions(face, BOXES)[0]
    np.testing.assert_allclose(heatmap.regions, (on_crops * crops).sum(1), atol=1e-5 * scale)
    assert heatmap.values.min() < 0 < heatmap.values.max()


def test_the_channels_of_a_grey_network_carry_one_gradient_by_their_luma():
    model, face = seeded(RegionAttentionNetwork, grey=True)
    on_face, _ = plain_gradient(model, face, BOXES, 0)
    level = on_face.sum(0)
    for channel, luma in zip(on_face, (0.299, 0.587, 0.114), strict=True):
        np.testing.assert_allclose(channel, luma * level, atol=1e-5 * level.abs().max().item())


@pytest.mark.parametrize("baseline", ["black", "grey", "blurred", "mean", "noise"])
def test_on_a_linear_network_integrated_gradients_are_parameter_times_change(baseline):
    model = linear()
    face = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    boxes = torch.tensor([[0, 0, 4, 4], [1, 0, 3, 2], [0, 1, 4, 4]])
    question = Asked(model, face, boxes, logit(1), baseline=BASELINES[baseline], count=1)
    heatmap = METHODS["integrated-gradients"].heatmap(question)
    # A linear function is known by its values on the unit vectors.
    units = torch.eye(48).view(48, 3, 4, 4)
    nothing = model(torch.zeros(1, 3, 4, 4), boxes).logits[0, 1]
    parameters = (model(units, boxes).logits[:, 1] - nothing).view(3, 4, 4).detach()
    expected = (parameters * (face - question.blank())[0]).sum(0)
    np.testing.assert_allclose(heatmap.values, expected, atol=1e-5)
    assert expected.abs().max() > 0.01
    assert heatmap.gap < 1e-5
    assert heatmap.baseline == baseline


def test_integrated_gradients_equal_those_of_captum():
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(1), baseline=BASELINES["grey"], count=9, at_once=18)
    heatmap = METHODS["integrated-gradients"].heatmap(question)
    expected = IntegratedGradients(lambda faces: model(faces, SMALL).logits[:, 1]).attribute(
        face.clone().requires_grad_(), torch.full_like(face, 0.5), n_steps=9
    )
    np.testing.assert_allclose(heatmap.values, expected[0].sum(0).detach(), atol=1e-6)
    on_crops = IntegratedGradients(
        lambda crops: model.forward_regions(crops).logits[:, 1]
    ).attribute(
        crop_regions(face, SMALL).requires_grad_(),
        crop_regions(torch.full_like(face, 0.5), SMALL),
        n_steps=9,
    )
    np.testing.assert_allclose(heatmap.regions, on_crops[0].sum(1).detach(), atol=1e-6)


def test_on_a_smooth_network_the_gap_nearly_closes():
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(2), count=20)
    heatmap = METHODS["integrated-gradients"].heatmap(question)
    with torch.no_grad():
        logits = model(torch.cat([face, torch.zeros_like(face)]), SMALL).logits[:, 2]
    assert heatmap.total == pytest.approx((logits[0] - logits[1]).item(), abs=1e-6)
    assert abs(heatmap.total) > 0.1
    assert heatmap.gap < 1e-4
    assert heatmap.gap == pytest.approx(abs(heatmap.values.sum() - heatmap.total), abs=1e-6)
    assert heatmap.gap_share == heatmap.gap / max(1.0, abs(heatmap.total))
    assert METHODS["integrated-gradients"].heatmap(replace(question, count=1)).gap > 1e-3


def test_predicted_stays_the_class_of_the_face_along_the_whole_path():
    model, face = seeded(RegionAttentionNetwork)
    classes = ("0", "1", "2", "3", "4")
    with torch.no_grad():
        both = model(torch.cat([face, torch.zeros_like(face)]), BOXES).logits.argmax(1).tolist()
    assert both[0] != both[1], "black is answered otherwise than the face"
    question = Asked(model, face, BOXES, read_target("predicted", classes), count=3)
    heatmap = METHODS["integrated-gradients"].heatmap(question)
    assert heatmap.target == str(both[0])
    plain = METHODS["integrated-gradients"].heatmap(replace(question, target=logit(both[0])))
    np.testing.assert_array_equal(heatmap.values, plain.values)


def test_the_path_is_told_in_chunks_that_do_not_change_the_map():
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(1), count=7)
    maps = []
    for at_once, told in ((1, [1, 2, 3, 4, 5, 6, 7]), (18, [3, 6, 7]), (600, [7])):
        steps = list(METHODS["integrated-gradients"].explain(replace(question, at_once=at_once)))
        assert [step.done for step in steps] == told
        assert {step.of for step in steps} == {7}
        assert all(step.heatmap is None for step in steps[:-1])
        maps.append(steps[-1].heatmap.values)
    for values in maps:
        np.testing.assert_allclose(values, maps[0], atol=1e-6)


def test_a_plain_network_is_explained_by_its_one_region():
    model, face = seeded(PlainNetwork)
    on_face, _ = plain_gradient(model, face, BOXES[:1], 2)
    heatmap = METHODS["saliency"].heatmap(Asked(model, face, BOXES[:1], logit(2)))
    scale = on_face.abs().max().item()
    np.testing.assert_allclose(heatmap.values, on_face.abs().sum(0), atol=1e-5 * scale)
    np.testing.assert_allclose(heatmap.values, heatmap.regions[0], atol=1e-5 * scale)
