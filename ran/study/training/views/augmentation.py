"""Random views of faces for training, made on the device, a batch at a time.

A view is a random crop and a random framing at once: photographs are never framed exactly as the
training pictures are, so scale, shift and rotation vary both ways. What is random comes in as
numbers, one row a face: a face's view does not depend on who else is in the batch.

There are two kinds: "crops", which the first networks were trained on, and "photographs", which
also looks like other cameras.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ran.study.training.views.jpeg import BLOCK, jpeg

DRAWS = 15
"""Random numbers that one view of the kind "crops" takes."""
PHOTOGRAPH_DRAWS = 19
"""Random numbers that one view of the kind "photographs" takes."""
RESOLUTIONS = (1.0, 0.75, 0.5)
"""Sides at which a photograph's face may have been stored, in units of the face's own side."""


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


def photograph_views(
    faces: Tensor, side: int, draws: Tensor, *, scale: tuple[float, float] = (0.75, 1.3)
) -> Tensor:
    """Return each face as another photograph might show it, f32[B, 3, side, side] in [0, 1].

    Framing: scale (log-uniform; above 1 repeats edge pixels), shift up to 8 % of the side, rotation
    up to 15 degrees, flip. Camera: in 3 of 5 views a lower resolution, half of these with JPEG of
    quality 30 to 95 at that size; blur or sharpening; contrast, brightness, gamma, and a curve of
    tones: FERPlus is grey, so the ways in which colour becomes grey are a jitter of its tones. A
    random rectangle is erased in a third of the views.

    Args:
        faces: u8[B, 1, H, W], grey.
        side: pixels of a view.
        draws: f32[B, PHOTOGRAPH_DRAWS] in [0, 1), on the faces' device; equal rows give equal
            views.
        scale: smallest and largest side of what a view shows, in units of the face's side.
    """
    left = iter(draws.unbind(1))

    def uniform(low: float, high: float) -> Tensor:
        return (low + (high - low) * next(left)).view(-1, 1, 1, 1)

    zoom = torch.exp(uniform(math.log(scale[0]), math.log(scale[1]))).flatten()
    angle, mirrored = torch.deg2rad(uniform(-15.0, 15.0)).flatten(), uniform(0, 1).flatten() < 0.5
    flip = torch.where(mirrored, -1.0, 1.0)
    # affine_grid counts in half sides.
    shift_x, shift_y = uniform(-0.16, 0.16).flatten(), uniform(-0.16, 0.16).flatten()
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    rows = [torch.stack([cos * flip, -sin, shift_x], 1), torch.stack([sin * flip, cos, shift_y], 1)]
    size = [len(faces), 1, side, side]
    grid = F.affine_grid(torch.stack(rows, 1), size, align_corners=False)
    views = F.grid_sample(
        faces.float() / 255.0, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    views = _stored(views, faces.shape[-1], uniform(0, 1), uniform(0, 1), uniform(30.0, 95.0))
    soft = F.avg_pool2d(views, 3, stride=1, padding=1, count_include_pad=False)
    # Below zero it is blur; photographs are sharper than FERPlus' pictures, enlarged.
    views = views + uniform(-1.0, 1.0) * (views - soft)
    contrast, brightness = uniform(0.7, 1.3), uniform(-0.12, 0.12)
    mean = views.mean((1, 2, 3), keepdim=True)
    views = ((views - mean) * contrast + mean + brightness).clamp(0.0, 1.0)
    views = views ** torch.exp(uniform(-0.4, 0.4))
    # Its slope is 1 + bend * cos: darker and lighter tones change places never.
    views = views + uniform(-0.8, 0.8) * torch.sin(2 * math.pi * views) / (2 * math.pi)
    return _erase(views, lambda low, high: uniform(low, high).flatten()).expand(-1, 3, -1, -1)


def _stored(views: Tensor, own: int, which: Tensor, packed: Tensor, quality: Tensor) -> Tensor:
    """Return views as they come back from a smaller picture, in some of them a JPEG.

    Args:
        views: f32[B, 1, S, S] in [0, 1].
        own: the faces' own side in pixels.
        which: f32[B, 1, 1, 1] in [0, 1): below 0.4 nothing is done, then each size has a share.
        packed: f32[B, 1, 1, 1] in [0, 1): below 0.5 it is a JPEG.
        quality: f32[B, 1, 1, 1], 1 to 100.
    """
    side = views.shape[-1]
    number = ((which - 0.4) / 0.6 * len(RESOLUTIONS)).floor()
    # Every size is computed for every view, and one is chosen: shapes do not depend on numbers.
    for index, share in enumerate(RESOLUTIONS):
        size = max(BLOCK, BLOCK * round(own * share / BLOCK))
        small = F.interpolate(
            views, (size, size), mode="bilinear", align_corners=False, antialias=True
        ).clamp(0.0, 1.0)
        small = torch.where(packed < 0.5, jpeg(small, quality.flatten().round()), small)
        back = F.interpolate(
            small, (side, side), mode="bilinear", align_corners=False, antialias=True
        )
        views = torch.where(number == index, back, views)
    return views


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


@dataclass(frozen=True)
class Views:
    """A kind of random views: how many random numbers one takes, and what makes them."""

    draws: int
    make: Callable[..., Tensor]


VIEWS = {
    "crops": Views(DRAWS, random_views),
    "photographs": Views(PHOTOGRAPH_DRAWS, photograph_views),
}
"""The kinds of views that a recipe can name."""
