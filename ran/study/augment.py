"""Random views of faces for training, made on the device, a batch at a time.

A view is a random crop and a random framing at once: photographs are never framed exactly as the
training pictures are, so scale, shift and rotation vary both ways. What is random comes in as
numbers, one row a face: a face's view does not depend on who else is in the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

DRAWS = 15
"""Random numbers that one view takes."""


def random_views(
    faces: Tensor, side: int, draws: Tensor, *, scale: tuple[float, float] = (0.7, 1.2)
) -> Tensor:
    """Return one augmented view of each face, f32[B, 3, side, side] in [0, 1].

    Scale `scale` of the side (log-uniform, above 1 repeats edge pixels), shift up to 8 % beyond
    what the crop allows, rotation up to 15 degrees, flip, blur by resampling, contrast, brightness,
    gamma, and a random rectangle erased in a third of the views.

    Args:
        faces: u8[B, 1, H, W] or u8[B, 3, H, W].
        side: pixels of a view.
        draws: f32[B, DRAWS] in [0, 1), on the faces' device; equal rows give equal views.
        scale: smallest and largest side of what a view shows, in units of the face's side.
    """
    batch, channels = faces.shape[:2]
    left = iter(draws.unbind(1))

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * next(left)

    zoom = torch.exp(uniform(math.log(scale[0]), math.log(scale[1])))
    angle = torch.deg2rad(uniform(-15.0, 15.0))
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    slack = (1.0 - zoom).abs() + 0.08
    shift_x, shift_y = uniform(-1, 1) * slack, uniform(-1, 1) * slack
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    rows = [torch.stack([cos * flip, -sin, shift_x], 1), torch.stack([sin * flip, cos, shift_y], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), [batch, channels, side, side], align_corners=False)
    views = F.grid_sample(
        faces.float() / 255.0, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    blurred = F.avg_pool2d(views, 3, stride=1, padding=1, count_include_pad=False)
    views = torch.where((uniform(0, 1) < 0.15).view(-1, 1, 1, 1), blurred, views)
    contrast, brightness = uniform(0.7, 1.3).view(-1, 1, 1, 1), uniform(-0.12, 0.12)
    mean = views.mean((1, 2, 3), keepdim=True)
    views = (views - mean) * contrast + mean + brightness.view(-1, 1, 1, 1)
    views = views.clamp(0.0, 1.0) ** torch.exp(uniform(-0.3, 0.3)).view(-1, 1, 1, 1)
    return _erase(views, uniform).expand(-1, 3, -1, -1)


def _erase(views: Tensor, uniform: Callable[[float, float], Tensor]) -> Tensor:
    side = views.shape[-1]
    place = torch.arange(side, device=views.device) / side
    width, height = uniform(0.15, 0.5), uniform(0.15, 0.5)
    x0, y0 = uniform(-0.1, 0.9), uniform(-0.1, 0.9)
    across = (place >= x0[:, None]) & (place < (x0 + width)[:, None])
    down = (place >= y0[:, None]) & (place < (y0 + height)[:, None])
    inside = (down[:, :, None] & across[:, None, :])[:, None]
    chosen = (uniform(0, 1) < 0.35).view(-1, 1, 1, 1)
    return torch.where(inside & chosen, uniform(0, 1).view(-1, 1, 1, 1), views)
