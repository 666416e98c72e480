"""What is met on the rays from a camera to a generic head, for many heads on a device.

The head is an ellipsoid with a nose. Points and directions are f64[N, 3, P], P of them for each of
N heads, or f64[3, M] where they are chosen among all; in mm, in the axes of ran.face.pose.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ran.face.pose import HEAD_MM

CENTRE = np.array([0.0, 30.0, 85.0])
"""Of the ellipsoid, in the axes of HEAD_MM."""
_AXES = (80.0, 125.0, 98.0)
"""The ellipsoid, mm, in the axes of ran.face.pose: 160 mm wide, 250 high, 196 deep. Its front runs
through the eyes and the corners of the mouth of HEAD_MM to 3 mm."""
_NOSE = 0.175
"""How far the nose's tip stands out, in radii: the 30 mm of HEAD_MM."""
_NOSE_MM = (13.0, 26.0, 12.0)
"""Half widths of the nose: across, up along its bridge, and down below its tip."""
_TIP = tuple((HEAD_MM[2] - CENTRE).tolist())
_NEAR_NOSE = 60.0
"""Beyond so many mm from its tip, the nose is lower than half a millimetre."""
_STEPS = 25
"""Places along a ray at which the nose is looked for, 5 mm apart."""
_MIRROR = (-1.0, 1.0, 1.0)
_REACH = 0.8
"""Beyond the head, the picture is turned less and less; at so many radii more it stands still."""
_FADE = 0.2
"""Cosine to the photo's camera over which the mirrored side takes over from a hidden one."""


class Heads(NamedTuple):
    """N heads before a camera: X_camera = rotations[n] @ X_head + centres[n], mm.

    rotations f64[N, 3, 3], centres f64[N, 3].
    """

    rotations: Tensor
    centres: Tensor

    def seen(self, points: Tensor) -> Tensor:
        """Return points f64[N, 3, P] of the heads' axes in the camera's."""
        return self.rotations @ points + self.centres[..., None]


class Followed(NamedTuple):
    """What P rays to each of N heads come to, as it stands before the photo's camera.

    met f64[N, 3, P]: what is met, or stands past the head; is_hidden bool[N, P]: whether the head
    hid it in the photo; mirrored f64[N, 3, P]: the same place of the head's other side; and shares
    f64[N, P] in [0, 1]: how much that one is to be seen instead.
    """

    met: Tensor
    is_hidden: Tensor
    mirrored: Tensor
    shares: Tensor


def followed(rays: Tensor, turned: Heads, photo: Heads) -> Followed:
    """Follow rays f64[3, P] to each of N turned heads, and find in the photo what they meet.

    Args:
        rays: what lies at depth 1 behind each place of the picture.
        turned: the heads as they are to be seen.
        photo: the one head as the photo shows it.
    """
    camera = -turned.rotations.mT @ turned.centres[..., None]
    met, beyond = _met(turned.rotations.mT @ rays, camera)
    mirrored = met * _column(met, _MIRROR)
    stood, other = photo.seen(met), photo.seen(mirrored)
    towards = _towards_camera(met, stood, photo)
    other_towards = _towards_camera(mirrored, other, photo)
    is_past = beyond > 0.0
    is_hidden = (towards < 0.0) & ~is_past
    is_mixed = is_hidden & (other_towards > towards)
    shares = torch.where(is_mixed, (-towards / _FADE).clip(0.0, 1.0), 0.0)
    # Past the head the picture is turned back by a part of the way that shrinks with distance.
    parts = 1.0 - (beyond[is_past] / _REACH).clip(0.0, 1.0)
    parts = parts * parts * (3.0 - 2.0 * parts)
    points = chosen(turned.rotations @ met, is_past)
    ways = photo.rotations @ turned.rotations.mT
    moved = _turned_by_parts(points, ways, is_past.nonzero()[:, 0], parts)
    stood.transpose(0, 1)[:, is_past] = moved + photo.centres.mT
    return Followed(stood, is_hidden, other, shares)


def chosen(values: Tensor, which: Tensor) -> Tensor:
    """Return of values f64[N, K, P] those at bool[N, P], f64[K, M]."""
    return values.transpose(0, 1)[:, which]


def _column(like: Tensor, numbers: tuple[float, ...]) -> Tensor:
    return like.new_tensor(numbers)[:, None]


def _towards_camera(met: Tensor, stood: Tensor, photo: Heads) -> Tensor:
    """Return the cosine between the ellipsoid's outward direction and the one to the camera."""
    outward = photo.rotations @ (met / _column(met, _AXES) ** 2)
    lengths = ((outward**2).sum(1) * (stood**2).sum(1)).sqrt()
    return -(outward * stood).sum(1) / lengths


def _met(rays: Tensor, camera: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first point of each head on its rays f64[N, 3, P], in the head's axes.

    Where a ray passes by, its point closest to the head. With it, how far beyond the surface it
    lies, in radii, 0 where the head is met. `camera` f64[N, 3, 1] is where the rays begin.
    """
    axes = _column(rays, _AXES)
    # In the space where the ellipsoid is a ball of radius 1.
    along, begun = rays / axes, camera / axes
    square = (along**2).sum(1)
    middle = -(along * begun).sum(1) / square
    gap = (begun**2).sum(1) - middle**2 * square
    depth = middle - ((1.0 - gap) / square).clip(min=0.0).sqrt()
    beyond = (gap.clip(min=0.0).sqrt() - 1.0).clip(min=0.0)
    # Only near the nose does the surface leave the ellipsoid: there it is looked for in steps.
    to_tip = _column(rays, _TIP) - camera
    nearest = (rays * to_tip).sum(1) / (rays**2).sum(1)
    near = ((nearest[:, None] * rays - to_tip) ** 2).sum(1) < _NEAR_NOSE**2
    begins = camera[..., 0].mT[:, near.nonzero()[:, 0]]
    found = _nose_on(chosen(rays, near), begins, nearest[near])
    is_nose = found < depth[near].where(beyond[near] <= 0.0, math.inf)
    depth[near] = torch.where(is_nose, found, depth[near])
    beyond[near] = beyond[near].masked_fill(is_nose, 0.0)
    return camera + depth[:, None] * rays, beyond


def _nose_on(rays: Tensor, begins: Tensor, nearest: Tensor) -> Tensor:
    """Return where rays f64[3, M] first meet the nose, f64[M] along them; infinity if nowhere.

    They begin at f64[3, M]; `nearest` f64[M] is where each comes closest to the nose's tip.
    """
    share = _NEAR_NOSE / (rays**2).sum(0).sqrt()
    found, before = (torch.full_like(nearest, math.inf) for _ in range(2))
    for step in np.linspace(-1.0, 1.0, _STEPS).tolist():
        at = nearest + share * step
        above = _above_nose(begins + at * rays)
        is_met = (above <= 0.0) & ~found.isfinite()
        # The surface lies between this step and the last, as far back as it was crossed deeply.
        back = torch.where(before.isfinite(), -above / (before - above), 0.0)
        found = torch.where(is_met, at - back * share * (2.0 / (_STEPS - 1)), found)
        before = above.where(above > 0.0, math.inf)
    return found


def _above_nose(points: Tensor) -> Tensor:
    """Return how far points f64[3, M] lie above the surface with the nose, in radii."""
    x, y, _ = points - _column(points, _TIP)
    across, up, below = _NOSE_MM
    height = torch.where(y < 0.0, y / up, y / below)
    nose = torch.exp(-0.5 * ((x / across) ** 2 + height**2))
    radius = ((points / _column(points, _AXES)) ** 2).sum(0).sqrt()
    return radius - 1.0 - _NOSE * nose * (points[2] < 0.0)


def _turned_by_parts(points: Tensor, rotations: Tensor, which: Tensor, parts: Tensor) -> Tensor:
    """Turn points f64[3, M] by a part each of a rotation's angle (Rodrigues' formula).

    `which` i64[M] says by which of the rotations f64[N, 3, 3].
    """
    skew = torch.stack(
        [
            rotations[:, 2, 1] - rotations[:, 1, 2],
            rotations[:, 0, 2] - rotations[:, 2, 0],
            rotations[:, 1, 0] - rotations[:, 0, 1],
        ]
    )
    sine = skew.norm(dim=0) / 2
    trace = rotations.diagonal(dim1=1, dim2=2).sum(-1)
    angle = torch.atan2(sine, (trace - 1) / 2)[which] * parts
    axis = (skew / 2 / sine.clip(min=1e-12))[:, which]
    across = torch.linalg.cross(axis, points, dim=0)
    along = axis * (points * axis).sum(0) * (1 - angle.cos())
    turned: Tensor = points * angle.cos() + across * angle.sin() + along
    return turned


def sampled(pixels: Tensor, places: Tensor) -> Tensor:
    """Return the colours f64[3, ...] at places f64[2, ...] in face units; edges are repeated.

    Cubic (Catmull and Rom 1974): at a pixel's middle it is that pixel. `pixels` is f64[3, S, S].
    """
    side = pixels.shape[-1]
    flat = pixels.reshape(3, -1)
    at = places * side - 0.5
    whole = at.floor()
    across, down = _cubic(at - whole).unbind(1)
    column, row = whole.long()
    columns = [(column + i - 1).clip(0, side - 1) for i in range(4)]
    found = torch.zeros((3, *places.shape[1:]), dtype=places.dtype, device=places.device)
    for j in range(4):
        first = (row + j - 1).clip(0, side - 1) * side
        line = torch.zeros_like(found)
        for i in range(4):
            line += flat[:, first + columns[i]] * across[i]
        found += line * down[j]
    return found


def _cubic(t: Tensor) -> Tensor:
    """Return the weights f64[4, ...] of four neighbours at t in [0, 1] from the second."""
    return torch.stack(
        [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ]
    )
