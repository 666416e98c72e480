"""Gradient maps of one pass: against plain gradients on the face."""

import numpy as np
import pytest
from explained_networks import BOXES, logit, seeded

from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS
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


def test_a_plain_network_is_explained_by_its_one_region():
    model, face = seeded(PlainNetwork)
    on_face, _ = plain_gradient(model, face, BOXES[:1], 2)
    heatmap = METHODS["saliency"].heatmap(Asked(model, face, BOXES[:1], logit(2)))
    scale = on_face.abs().max().item()
    np.testing.assert_allclose(heatmap.values, on_face.abs().sum(0), atol=1e-5 * scale)
    np.testing.assert_allclose(heatmap.values, heatmap.regions[0], atol=1e-5 * scale)
