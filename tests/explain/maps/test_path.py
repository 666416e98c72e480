"""Integrated gradients: against closed forms, Captum, and a plain statement of the step rule."""

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
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import crop_regions, fixed_layout, pixel_boxes

SMALL = pixel_boxes(fixed_layout(), 12)


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


def by_captum(model, face, steps):
    """Its maps of the face and of the crops, for logit 1, against grey."""
    grey = torch.full_like(face, 0.5)
    on_face = IntegratedGradients(lambda faces: model(faces, SMALL).logits[:, 1]).attribute(
        face.clone().requires_grad_(), grey, n_steps=steps
    )
    on_crops = IntegratedGradients(
        lambda crops: model.forward_regions(crops).logits[:, 1]
    ).attribute(
        crop_regions(face, SMALL).requires_grad_(), crop_regions(grey, SMALL), n_steps=steps
    )
    return on_face[0].sum(0).detach(), on_crops[0].sum(1).detach()


def test_on_a_smooth_network_the_maps_are_those_of_captum():
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(1), baseline=BASELINES["grey"], count=80)
    heatmap = METHODS["integrated-gradients"].heatmap(question)
    on_face, on_crops = by_captum(model, face, 64)
    np.testing.assert_allclose(heatmap.values, on_face, atol=2e-2 * on_face.abs().max().item())
    np.testing.assert_allclose(heatmap.regions, on_crops, atol=2e-2 * on_crops.abs().max().item())


def plainly(model, face, boxes, index, count):
    """The same rule, one face at a time, with plain gradients on the face."""

    def score(place):
        with torch.no_grad():
            return float(model(place**2 * face, boxes).logits[0, index])

    def interval(low, high, slope=None):
        if slope is None:
            at = ((low + high) / 2) ** 2 * face
            at = at.detach().requires_grad_()
            model(at, boxes).logits[0, index].backward()
            slope = at.grad[0]
        said = float((slope * face[0]).sum()) * (high**2 - low**2)
        return low, high, slope, score(high) - score(low) - said

    first = min(8, count)
    found = [interval(k / first, (k + 1) / first) for k in range(first)]
    total = score(1.0) - score(0.0)
    while count - len(found) >= 2:
        miss = abs(sum(gap for *_, gap in found))
        if len(found) >= 16 and miss < 0.01 * max(1.0, abs(total)):
            break
        found.sort(key=lambda one: -abs(one[3]))
        cuts = min(2, (count - len(found)) // 2)
        for low, high, slope, _ in found[:cuts]:
            a, b = low + (high - low) / 3, high - (high - low) / 3
            found += [interval(low, a), interval(a, b, slope), interval(b, high)]
        del found[:cuts]
    mean = sum(slope * (high**2 - low**2) for low, high, slope, _ in found)
    return (mean * face[0]).sum(0), sum(abs(gap) for *_, gap in found), len(found)


@pytest.mark.parametrize("count", [1, 5, 8, 9, 13, 20, 60])
def test_the_worst_interval_is_cut_until_the_gap_is_small(count):
    model, face = seeded(RegionAttentionNetwork)
    heatmap = METHODS["integrated-gradients"].heatmap(
        Asked(model, face, BOXES, logit(2), count=count)
    )
    values, missed, used = plainly(model, face, BOXES, 2, count)
    assert heatmap.steps == used <= count
    scale = values.abs().max().item()
    np.testing.assert_allclose(heatmap.values, values, atol=1e-3 * scale)
    assert heatmap.local_gaps == pytest.approx(missed, rel=1e-2, abs=1e-4)
    assert heatmap.local_gaps >= heatmap.gap - 1e-6


def test_on_a_smooth_network_the_gap_nearly_closes():
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(2), count=20)
    heatmap = METHODS["integrated-gradients"].heatmap(question)
    with torch.no_grad():
        logits = model(torch.cat([face, torch.zeros_like(face)]), SMALL).logits[:, 2]
    assert heatmap.total == pytest.approx((logits[0] - logits[1]).item(), abs=1e-6)
    assert abs(heatmap.total) > 0.1
    assert heatmap.gap < 0.01 * max(1.0, abs(heatmap.total))
    assert heatmap.gap == pytest.approx(abs(heatmap.values.sum() - heatmap.total), abs=1e-6)
    assert heatmap.gap_share == heatmap.gap / max(1.0, abs(heatmap.total))
    assert METHODS["integrated-gradients"].heatmap(replace(question, count=1)).gap > 1e-3
    assert heatmap.steps == 16, "no more than it needs"


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
