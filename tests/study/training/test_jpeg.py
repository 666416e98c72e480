"""JPEG on a device against Pillow's own files."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from ran.study.training.views.jpeg import jpeg


def soft_noise(side=48, count=3):
    """Return pictures with detail at every scale, f32[N, 1, side, side] in [0, 1]."""
    generator = torch.Generator().manual_seed(2)
    parts = [
        torch.nn.functional.interpolate(
            torch.rand(count, 1, size, size, generator=generator), (side, side), mode="bicubic"
        )
        for size in (3, 12, 48)
    ]
    levels = sum(parts) / 3
    return (levels * 255).round().clamp(0, 255) / 255


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
def test_a_picture_comes_out_as_from_pillows_file_of_that_quality(quality):
    pictures = soft_noise()
    ours = jpeg(pictures, torch.full((3,), float(quality))) * 255
    for number, picture in enumerate((pictures[:, 0] * 255).round()):
        file = io.BytesIO()
        Image.fromarray(picture.numpy().astype(np.uint8)).save(file, "JPEG", quality=quality)
        theirs = np.asarray(Image.open(file), np.float32)
        apart = np.abs(ours[number, 0].numpy() - theirs)
        # A coefficient halfway between two steps may fall to either side: then a block differs.
        assert (apart <= 1).mean() > 0.9
        assert apart.mean() < 0.3 * np.abs(picture.numpy() - theirs).mean()


def test_each_picture_has_its_own_quality_and_less_quality_loses_more():
    pictures = soft_noise(count=1).expand(3, -1, -1, -1)
    lost = (jpeg(pictures, torch.tensor([20.0, 60.0, 100.0])) - pictures).abs().mean((1, 2, 3))
    assert lost[0] > 1.5 * lost[1] > 3 * lost[2]
    assert lost[2] < 1 / 255


def test_an_even_picture_stays_as_it_is():
    even = torch.full((1, 1, 16, 16), 128 / 255)
    assert torch.allclose(jpeg(even, torch.tensor([10.0])), even, atol=1e-6)


def test_a_side_that_holds_no_whole_blocks_is_refused():
    with pytest.raises(ValueError, match="multiple of 8"):
        jpeg(torch.zeros(1, 1, 20, 20), torch.tensor([50.0]))
