"""Turn a face: a generic head is laid over its landmarks, turned, and looked at again.

What comes out is synthetic. The head is an ellipsoid with a nose; ears,
hair and neck turn with it as if painted on, and light does not move. What the photo does not show
is filled from what it shows, and marked. docs/poses.md says how good it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ran.errors import BadRequest
from ran.face.detect import Face
from ran.face.framing import Framing, square_of
from ran.face.head_rays import CENTRE, Heads, chosen, followed, sampled
from ran.face.pose import FOCAL, HEAD_MM, angles, fit, rotation_of
from ran.words import _

SURE_TURN = 40.0
"""Degrees of yaw or pitch beyond which a turned face is a poor likeness."""
MOST_YAW, MOST_PITCH = 90.0, 60.0

MOST_STRETCH = 1.6
"""How many times larger than in the photo a detail may be shown before it counts as made up."""
TORN = 4.0
"""Pixels of the photo between neighbours from which on they are torn apart."""
_FRAMINGS = 20
"""Rounds after which the frame of a turned head has settled."""
_ALIKE = Framing("symmetric", tuple(map(tuple, HEAD_MM[:, :2].tolist())))
"""The median face made symmetric, so that both sides are framed alike."""


class Turned(NamedTuple):
    """A turned face, synthetic, and which of its pixels, bool[S, S], the photo does not show so.

    It does not show them at all, or stretched here by more than MOST_STRETCH, or as neighbours of
    what lies elsewhere in it: at the seam of the nose a picture tears.
    """

    face: Face
    filled: NDArray[np.bool_]


def turn(face: Face, yaw: float, pitch: float = 0.0) -> Turned:
    """Turn a face by `yaw` and `pitch` degrees more than it is turned: ran.face.pose says whither.

    The turned face is framed as a photo of it would be, by its landmarks, which are those of the
    fitted head. A mirrored face, turned the other way, is the mirrored result.

    Raises:
        BadRequest: if an angle is not a number, or beyond MOST_YAW or MOST_PITCH.
    """
    return turn_all(face, [(yaw, pitch)])[0]


def turn_all(
    face: Face, turns: Sequence[tuple[float, float]], *, device: str | None = None
) -> list[Turned]:
    """Turn a face as `turn` does to each of N yaws and pitches, together, on a device.

    Memory grows with them: some 60 MB each, for a face of 256 pixels.

    Raises:
        BadRequest: as `turn`.
    """
    for yaw, pitch in turns:
        _check(yaw, pitch)
    side = face.pixels.shape[0]
    moved = [pair for pair in turns if pair != (0, 0)]
    made = iter(_turned(face, moved, device) if moved else [])
    as_it_is = Turned(face, np.zeros((side, side), np.bool_))
    return [as_it_is if pair == (0, 0) else next(made) for pair in turns]


def _check(yaw: float, pitch: float) -> None:
    if not (abs(yaw) <= MOST_YAW and abs(pitch) <= MOST_PITCH):  # neither is true of NaN
        raise BadRequest(
            _("A face cannot be turned by {yaw} and {pitch} degrees.").format(yaw=yaw, pitch=pitch),
            hint=_(
                "Use at most {most_yaw:.0f} degrees of yaw and {most_pitch:.0f} of pitch."
            ).format(most_yaw=MOST_YAW, most_pitch=MOST_PITCH),
        )


def _turned(face: Face, turns: Sequence[tuple[float, float]], device: str | None) -> list[Turned]:
    side = face.pixels.shape[0]
    points = face.points.astype(np.float64)
    head = _Head.under(points)
    is_yaw, is_pitch, roll = angles(head.rotation)
    above = head.above(points)
    heads = [
        _framed(head, above, rotation_of(is_yaw + yaw, is_pitch + pitch, roll))
        for yaw, pitch in turns
    ]
    steps = (np.arange(side) + 0.5) / side
    rays = torch.as_tensor(_rays(np.stack(np.meshgrid(steps, steps), -1)), device=device)
    photo = torch.tensor(face.pixels, device=device).double().permute(2, 0, 1)
    sources = followed(rays.view(-1, 3).mT, _there(heads, device), _there([head], device))
    # Where the photo shows it, in face units.
    places = _shown(sources.met.transpose(0, 1))
    pixels = sampled(photo, places)
    is_mixed = sources.shares > 0
    other = sampled(photo, _shown(chosen(sources.mirrored, is_mixed)))
    pixels[:, is_mixed] += (other - pixels[:, is_mixed]) * sources.shares[is_mixed]
    is_outside = ((places < 0.0) | (places > 1.0)).any(0)
    seen = pixels.round().clip(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous()
    pictures = seen.view(-1, side, side, 3).cpu().numpy()
    is_unseen = (sources.is_hidden | is_outside).view(-1, side, side)
    filled = (is_unseen | _is_stretched(places.view(2, -1, side, side))).cpu().numpy()
    return [
        Turned(
            replace(
                face,
                pixels=picture.copy(),
                box=None,
                landmarks=turned.seen(above).astype(np.float32),
                confidence=None,
                pose=None,
            ),
            made_up.copy(),
        )
        for picture, made_up, turned in zip(pictures, filled, heads, strict=True)
    ]


def _is_stretched(places: Tensor) -> Tensor:
    """Return which pixels, bool[N, S, S], show the photo stretched beyond MOST_STRETCH, or torn.

    By the singular values of how the place in the photo changes from pixel to pixel: 1 where the
    photo is shown as it is, below 1 where it is stretched.

    Args:
        places: f64[2, N, S, S], where in the photo each pixel comes from, in face units.
    """
    side = places.shape[-1]
    down, across = torch.gradient(places * side, dim=(2, 3))
    lengths = (down**2).sum(0) + (across**2).sum(0)
    area = (across[0] * down[1] - across[1] * down[0]).abs()
    # The two singular values: their squares add up to `lengths`, they multiply to `area`.
    larger = ((lengths + (lengths**2 - 4 * area**2).clamp(min=0).sqrt()) / 2).sqrt()
    found = area * MOST_STRETCH < larger
    for dim in (2, 3):  # a seam lies between two pixels: both of them
        # Squares: torch's norm over two numbers takes ten times as long.
        torn = (torch.diff(places * side, dim=dim) ** 2).sum(0) > TORN**2
        found.narrow(dim - 1, 0, side - 1).logical_or_(torn)
        found.narrow(dim - 1, 1, side - 1).logical_or_(torn)
    return found


class _Head(NamedTuple):
    """A head before the camera of ran.face.pose: X_camera = rotation @ X_head + centre, mm."""

    rotation: NDArray[np.float64]
    centre: NDArray[np.float64]

    @staticmethod
    def under(landmarks: NDArray[np.float64]) -> _Head:
        """Return the generic head, as it lies under landmarks f64[5, 2] in face units."""
        rotation, shift = fit(landmarks)
        return _Head(rotation, shift + rotation @ CENTRE)

    def above(self, landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return landmarks f64[5, 2] in the head's axes, each as far away as the head's own."""
        depth = ((HEAD_MM - CENTRE) @ self.rotation.T + self.centre)[:, 2:]
        return np.asarray((_rays(landmarks) * depth - self.centre) @ self.rotation)

    def seen(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points f64[K, 3] of the head's axes are seen, f64[K, 2]."""
        before = self.rotation @ points.T + self.centre[:, None]
        return np.asarray(_shown(torch.from_numpy(before)).numpy().T)


def _rays(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what lies at depth 1 behind places f64[..., 2] in face units, f64[..., 3]."""
    return np.concatenate([(places - 0.5) / FOCAL, np.ones((*places.shape[:-1], 1))], -1)


def _shown(points: Tensor) -> Tensor:
    """Return where points f64[3, ...] before the camera are seen, f64[2, ...] in face units."""
    # What was turned to behind the camera is far outside the picture in either case.
    return FOCAL * points[:2] / points[2:].clip(min=1.0) + 0.5


def _there(heads: Sequence[_Head], device: str | None) -> Heads:
    """Return heads as numbers on a device."""
    rotations, centres = (np.stack(parts) for parts in zip(*heads, strict=True))
    return Heads(*(torch.as_tensor(part, device=device) for part in (rotations, centres)))


def _framed(head: _Head, above: NDArray[np.float64], rotation: NDArray[np.float64]) -> _Head:
    """Return the head with another rotation, moved so that a photo of it would be framed alike.

    The square that ran.face.detect lays round its landmarks, at `above` in the head's axes, is as
    large and stands where it did.
    """
    side, corner = square_of(head.seen(above), _ALIKE)
    turned = _Head(rotation, head.centre)
    for _framing in range(_FRAMINGS):
        new_side, new_corner = square_of(turned.seen(above), _ALIKE)
        # Farther away by as much as it is too large, and back by what it is off.
        x, y, depth = turned.centre
        depth *= max(0.5, new_side / side)
        off = (corner - new_corner) * depth / FOCAL
        turned = _Head(rotation, np.array([x + off[0], y + off[1], depth]))
    return turned
