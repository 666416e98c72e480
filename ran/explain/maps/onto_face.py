"""From the coordinates of the crops back onto the face: maps by their boxes, gradients exactly."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ran.net.regions import crop_regions


def warp_back(maps: Tensor, boxes: Tensor, side: int) -> Tensor:
    """Lay each region's map over its box on the face, f32[R, S, S]; zero outside the box.

    Bilinear, and antialiased where the box has fewer pixels than the map. A map keeps its height,
    not its sum: a small region is as bright as a large one.

    Args:
        maps: f32[R, s, s], in the coordinates of the crops.
        boxes: i64[R, 4], x0 y0 x1 y1 in pixels of the face.
        side: S, pixels of the face.
    """
    faces = maps.new_zeros(len(maps), side, side)
    for face, region, (x0, y0, x1, y1) in zip(faces, maps, boxes.tolist(), strict=True):
        face[y0:y1, x0:x1] = F.interpolate(
            region[None, None],
            (y1 - y0, x1 - x0),
            mode="bilinear",
            align_corners=False,
            antialias=True,
        )[0, 0]
    return faces


def gather_gradients(slopes: Tensor, boxes: Tensor) -> Tensor:
    """Return the gradient with respect to the face, f32[B, 3, S, S], from that to its crops.

    Cropping is linear, so its transpose turns one into the other exactly, whatever the network: a
    pixel gets the sum of what it did through every region that it is in.

    Args:
        slopes: f32[B, R, 3, S, S], gradients with respect to the crops.
        boxes: i64[R, 4], x0 y0 x1 y1 in pixels of the face.
    """
    with torch.enable_grad():
        face = slopes.new_zeros(len(slopes), *slopes.shape[2:]).requires_grad_()
        crops = crop_regions(face, boxes)
    gathered: Tensor = torch.autograd.grad(crops, face, slopes)[0]
    return gathered
