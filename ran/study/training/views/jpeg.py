"""What JPEG does to a grey picture, on any device: its 8 x 8 cosine transform, rounded."""

from __future__ import annotations

import math

import torch
from torch import Tensor

BLOCK = 8
LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
"""Steps of the coefficients at quality 50 (ITU-T T.81, table K.1)."""


def jpeg(pictures: Tensor, quality: Tensor) -> Tensor:
    """Return pictures as they come out of a JPEG file of the given quality.

    Args:
        pictures: f32[N, 1, S, S] in [0, 1], S a multiple of 8.
        quality: f32[N], 1 to 100 on the scale of the Independent JPEG Group.
    """
    count, channels, side = pictures.shape[:3]
    if side % BLOCK or channels != 1:
        raise ValueError(
            f"pictures must be [N, 1, S, S], S a multiple of {BLOCK}, got {list(pictures.shape)}"
        )
    across = side // BLOCK
    blocks = (pictures * 255.0 - 128.0).view(count, across, BLOCK, across, BLOCK).transpose(2, 3)
    cosine = _cosine(pictures.device)
    steps = _steps(quality).view(count, 1, 1, BLOCK, BLOCK)
    coefficients = ((cosine @ blocks @ cosine.T) / steps).round() * steps
    levels = (cosine.T @ coefficients @ cosine).transpose(2, 3).reshape(count, 1, side, side)
    return ((levels + 128.0).round() / 255.0).clamp(0.0, 1.0)


def _cosine(device: torch.device) -> Tensor:
    """Return the orthonormal cosine transform of eight values, f32[8, 8], a row a frequency."""
    places = torch.arange(BLOCK, device=device, dtype=torch.float32)
    waves = torch.cos(math.pi / BLOCK * (places[None, :] + 0.5) * places[:, None])
    waves[0] /= math.sqrt(2.0)
    return waves * math.sqrt(2.0 / BLOCK)


def _steps(quality: Tensor) -> Tensor:
    """Return the coefficients' steps, f32[N, 64], as libjpeg scales them."""
    scale = torch.where(quality < 50, 5000.0 / quality, 200.0 - 2.0 * quality).floor()
    base = torch.tensor(LUMINANCE, device=quality.device, dtype=torch.float32)
    return ((base * scale[:, None] + 50.0) / 100.0).floor().clamp(1.0, 255.0)
