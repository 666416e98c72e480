"""Regions: hand numbers, agreement with Pillow, and where gradients go."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ran.net.regions import (
    Box,
    RegionLayout,
    crop_regions,
    fixed_layout,
    landmark_layout,
    pixel_boxes,
    random_layout,
)


def test_fixed_layout_has_the_papers_boxes_at_224_pixels():
    assert pixel_boxes(fixed_layout(), 224).tolist() == [
        [0, 0, 224, 224],
        [0, 0, 168, 168],
        [56, 0, 224, 168],
        [28, 56, 196, 224],
        [11, 11, 213, 213],
        [17, 17, 207, 207],
    ]


def test_a_crop_agrees_with_pillows_crop_then_resize_to_one_level():
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    face = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    crops = crop_regions(face, pixel_boxes(fixed_layout(), 64))
    for index, box in enumerate(pixel_boxes(fixed_layout(), 64).tolist()):
        expected = Image.fromarray(pixels).crop(box).resize((64, 64), Image.Resampling.BILINEAR)
        ours = (crops[0, index].permute(1, 2, 0) * 255).round().numpy()
        assert np.abs(ours - np.asarray(expected, float)).max() <= 1


def test_the_whole_face_is_cut_without_changing_a_bit():
    face = torch.rand(2, 3, 17, 17)
    assert torch.equal(crop_regions(face, torch.tensor([[0, 0, 17, 17]]))[:, 0], face)


def test_only_pixels_inside_a_box_get_a_gradient():
    face = torch.rand(1, 3, 20, 20, requires_grad=True)
    crop_regions(face, torch.tensor([[4, 6, 12, 16]])).sum().backward()
    inside = torch.zeros(20, 20, dtype=torch.bool)
    inside[6:16, 4:12] = True
    assert (face.grad[0, 0][inside] > 0).all()
    assert (face.grad[0, 0][~inside] == 0).all()


@given(st.integers(1, 10), st.integers(0, 2**31), st.integers(32, 256))
def test_random_crops_lie_inside_the_face_and_repeat_with_their_seed(count, seed, side):
    layout = random_layout(count, seed=seed)
    assert layout == random_layout(count, seed=seed)
    for x0, y0, x1, y1 in layout.unit()[1:].tolist():
        assert 0.7 - 1e-6 <= x1 - x0 <= 0.95 + 1e-6
        assert x1 - x0 == pytest.approx(y1 - y0, abs=1e-6)
    boxes = pixel_boxes(layout, side)
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert boxes.min() >= 0
    assert boxes.max() <= side


def test_landmark_squares_are_centred_and_cut_at_the_border():
    landmarks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.1, 0.8], [0.9, 0.95]], np.float32)
    boxes = landmark_layout(landmarks, radius=0.2).unit()
    assert boxes[1].tolist() == pytest.approx([0.1, 0.2, 0.5, 0.6])
    assert boxes[5].tolist() == pytest.approx([0.7, 0.75, 1.0, 1.0])


@pytest.mark.parametrize("edges", [(0, 0, 0, 1), (0.5, 0, 0.2, 1), (-0.1, 0, 1, 1), (0, 0, 1, 2)])
def test_an_empty_or_outlying_box_is_refused(edges):
    with pytest.raises(ValueError, match="clip it"):
        Box("bad", *edges)


def test_a_layout_must_begin_with_the_whole_face():
    with pytest.raises(ValueError, match="whole face"):
        RegionLayout((Box("part", 0.0, 0.0, 0.5, 0.5),))


def test_a_single_unwrapped_box_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match="wrap a single box"):
        crop_regions(torch.rand(1, 3, 8, 8), torch.tensor([0, 0, 8, 8]))


def test_a_box_beyond_the_face_is_refused():
    with pytest.raises(ValueError, match="inside the face"):
        crop_regions(torch.rand(1, 3, 8, 8), torch.tensor([[0, 0, 9, 8]]))
