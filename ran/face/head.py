"""Turn a face: a generic head is laid over its landmarks, turned, and looked at again.

What comes out is synthetic. The head is an ellipsoid with a nose; ears,
hair and neck turn with it as if painted on, and light does not move. What the photo does not show
is filled from what it shows, and marked. docs/poses.md says how good it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.face.detect import Face
from ran.face.framing import Framing, square_of
from ran.face.pose import FOCAL, HEAD_MM, angles, fit, rotation_of
from ran.words import _

SURE_TURN = 40.0
"""Degrees of yaw or pitch beyond which a turned face is a poor likeness."""
MOST_YAW, MOST_PITCH = 90.0, 60.0

_CENTRE = np.array([0.0, 30.0, 85.0])
_AXES = np.array([80.0, 125.0, 98.0])
"""The ellipsoid, mm, in the axes of ran.face.pose: 160 mm wide, 250 high, 196 deep. Its front runs
through the eyes and the corners of the mouth of HEAD_MM to 3 mm."""
_NOSE = 0.175
"""How far the nose's tip stands out, in radii: the 30 mm of HEAD_MM."""
_NOSE_MM = (13.0, 26.0, 12.0)
"""Half widths of the nose: across, up along its bridge, and down below its tip."""
_TIP = HEAD_MM[2] - _CENTRE
_NEAR_NOSE = 60.0
"""Beyond so many mm from its tip, the nose is lower than half a millimetre."""
_STEPS = 25
"""Places along a ray at which the nose is looked for, 5 mm apart."""
_FRAMINGS = 20
"""Rounds after which the frame of a turned head has settled."""
_ALIKE = Framing("symmetric", tuple(map(tuple, HEAD_MM[:, :2].tolist())))
"""The median face made symmetric, so that both sides are framed alike."""
_MIRROR = np.array([-1.0, 1.0, 1.0])
_REACH = 0.8
"""Beyond the head, the picture is turned less and less; at so many radii more it stands still."""
_FADE = 0.2
"""Cosine to the photo's camera over which the mirrored side takes over from a hidden one."""


class Turned(NamedTuple):
    """A turned face, synthetic, and which of its pixels, bool[S, S], the photo does not show."""

    face: Face
    filled: NDArray[np.bool_]


def turn(face: Face, yaw: float, pitch: float = 0.0) -> Turned:
    """Turn a face by `yaw` and `pitch` degrees more than it is turned: ran.face.pose says whither.

    The turned face is framed as a photo of it would be, by its landmarks, which are those of the
    fitted head. A mirrored face, turned the other way, is the mirrored result.

    Raises:
        BadRequest: if an angle is not a number, or beyond MOST_YAW or MOST_PITCH.
    """
    if not (abs(yaw) <= MOST_YAW and abs(pitch) <= MOST_PITCH):  # neither is true of NaN
        raise BadRequest(
            _("A face cannot be turned by {yaw} and {pitch} degrees.").format(yaw=yaw, pitch=pitch),
            hint=_(
                "Use at most {most_yaw:.0f} degrees of yaw and {most_pitch:.0f} of pitch."
            ).format(most_yaw=MOST_YAW, most_pitch=MOST_PITCH),
        )
    side = face.pixels.shape[0]
    if yaw == 0 and pitch == 0:
        return Turned(face, np.zeros((side, side), np.bool_))
    points = face.points.astype(np.float64)
    head = _Head.under(points)
    is_yaw, is_pitch, roll = angles(head.rotation)
    above = head.above(points)
    turned = _framed(head, above, rotation_of(is_yaw + yaw, is_pitch + pitch, roll))
    steps = (np.arange(side) + 0.5) / side
    grid = np.stack(np.meshgrid(steps, steps), -1)
    places, is_hidden, mirrors, shares = _sources(grid, turned, head)
    pixels = _sampled(face.pixels, places)
    is_mixed = shares > 0
    other = _sampled(face.pixels, mirrors[is_mixed])
    pixels[is_mixed] += (other - pixels[is_mixed]) * shares[is_mixed][:, None]
    is_outside = ((places < 0.0) | (places > 1.0)).any(-1)
    new = replace(
        face,
        pixels=pixels.round().clip(0, 255).astype(np.uint8),
        box=None,
        landmarks=turned.seen(above).astype(np.float32),
        confidence=None,
        pose=None,
    )
    return Turned(new, is_hidden | is_outside)


class _Head(NamedTuple):
    """A head before the camera of ran.face.pose: X_camera = rotation @ X_head + centre, mm."""

    rotation: NDArray[np.float64]
    centre: NDArray[np.float64]

    @staticmethod
    def under(landmarks: NDArray[np.float64]) -> _Head:
        """Return the generic head, as it lies under landmarks f64[5, 2] in face units."""
        rotation, shift = fit(landmarks)
        return _Head(rotation, shift + rotation @ _CENTRE)

    def above(self, landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return landmarks f64[5, 2] in the head's axes, each as far away as the head's own."""
        depth = ((HEAD_MM - _CENTRE) @ self.rotation.T + self.centre)[:, 2:]
        return np.asarray((_rays(landmarks) * depth - self.centre) @ self.rotation)

    def seen(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points f64[..., 3] of the head's axes are seen, f64[..., 2]."""
        return _projected(points @ self.rotation.T + self.centre)


def _rays(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what lies at depth 1 behind places f64[..., 2] in face units, f64[..., 3]."""
    return np.concatenate([(places - 0.5) / FOCAL, np.ones((*places.shape[:-1], 1))], -1)


def _projected(points: NDArray[np.float64]) -> NDArray[np.float64]:
    # What was turned to behind the camera is far outside the picture in either case.
    return np.asarray(FOCAL * points[..., :2] / np.maximum(points[..., 2:], 1.0) + 0.5)


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


def _sources(
    places: NDArray[np.float64], turned: _Head, head: _Head
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Follow the ray of each place f64[H, W, 2] to the turned head, or past it.

    Returns:
        where in the photo stands what is met, f64[H, W, 2]; whether the head hid it there,
        bool[H, W]; where the same place of the head's other side stands; and how much that one is
        to be seen instead, f64[H, W] in [0, 1].
    """
    met, beyond = _met(_rays(places) @ turned.rotation, -turned.centre @ turned.rotation)
    stood = met @ head.rotation.T + head.centre
    other = (met * _MIRROR) @ head.rotation.T + head.centre
    towards = _towards_camera(met, stood, head)
    other_towards = _towards_camera(met * _MIRROR, other, head)
    is_past = beyond > 0.0
    is_hidden = (towards < 0.0) & ~is_past
    shares = np.where(is_hidden & (other_towards > towards), (-towards / _FADE).clip(0.0, 1.0), 0.0)
    # Past the head the picture is turned back by a part of the way that shrinks with distance.
    parts = 1.0 - (beyond[is_past] / _REACH).clip(0.0, 1.0)
    parts = parts * parts * (3.0 - 2.0 * parts)
    back = head.rotation @ turned.rotation.T
    stood[is_past] = _turned_by_parts(met[is_past] @ turned.rotation.T, back, parts) + head.centre
    return _projected(stood), is_hidden, _projected(other), shares


def _towards_camera(
    met: NDArray[np.float64], stood: NDArray[np.float64], head: _Head
) -> NDArray[np.float64]:
    """Return the cosine between the ellipsoid's outward direction and the one to the camera."""
    outward = (met / _AXES**2) @ head.rotation.T
    lengths = np.linalg.norm(outward, axis=-1) * np.linalg.norm(stood, axis=-1)
    return np.asarray(-(outward * stood).sum(-1) / lengths)


def _met(
    rays: NDArray[np.float64], camera: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first point of the head on each ray f64[H, W, 3], in the head's axes.

    Where a ray passes by, its point closest to the head. With it, how far beyond the surface it
    lies, in radii, 0 where the head is met.
    """
    # In the space where the ellipsoid is a ball of radius 1.
    along, begun = rays / _AXES, camera / _AXES
    square = (along**2).sum(-1)
    middle = -(along @ begun) / square
    gap = begun @ begun - middle**2 * square
    depth = middle - np.sqrt(((1.0 - gap) / square).clip(0.0))
    beyond = (np.sqrt(gap.clip(0.0)) - 1.0).clip(0.0)
    # Only near the nose does the surface leave the ellipsoid: there it is looked for in steps.
    to_tip = _TIP - camera
    nearest = (rays @ to_tip) / (rays**2).sum(-1)
    off = np.linalg.norm(nearest[..., None] * rays - to_tip, axis=-1)
    near = off < _NEAR_NOSE
    ray, first, share = rays[near], nearest[near], _NEAR_NOSE / np.linalg.norm(rays[near], axis=-1)
    found = np.full(len(first), np.inf)
    before = np.full(len(first), np.inf)
    for step in np.linspace(-1.0, 1.0, _STEPS):
        at = first + share * step
        above = _above_nose(camera + at[:, None] * ray)
        is_met = (above <= 0.0) & ~np.isfinite(found)
        # The surface lies between this step and the last, as far back as it was crossed deeply.
        back = np.divide(-above, before - above, out=np.zeros_like(above), where=before < np.inf)
        found = np.where(is_met, at - back * share * 2.0 / (_STEPS - 1), found)
        before = np.where(above > 0.0, above, np.inf)
    is_nose = found < np.where(beyond[near] > 0.0, np.inf, depth[near])
    depth[near] = np.where(is_nose, found, depth[near])
    beyond[near] = np.where(is_nose, 0.0, beyond[near])
    return camera + depth[..., None] * rays, beyond


def _above_nose(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far points f64[N, 3] lie above the surface with the nose, in radii."""
    x, y, _ = (points - _TIP).T
    across, up, below = _NOSE_MM
    nose = np.exp(-0.5 * ((x / across) ** 2 + (y / np.where(y < 0.0, up, below)) ** 2))
    radius = np.sqrt(((points / _AXES) ** 2).sum(-1))
    return np.asarray(radius - 1.0 - _NOSE * nose * (points[:, 2] < 0.0))


def _turned_by_parts(
    points: NDArray[np.float64], rotation: NDArray[np.float64], parts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn points f64[N, 3] by a part each of a rotation's angle (Rodrigues' formula)."""
    skew = np.array(
        [rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0],
         rotation[1, 0] - rotation[0, 1]]
    ) / 2  # fmt: skip
    sine = float(np.linalg.norm(skew))
    angle = np.arctan2(sine, (np.trace(rotation) - 1) / 2) * parts[:, None]
    axis = skew / max(sine, 1e-12)
    across = np.cross(np.broadcast_to(axis, points.shape), points)
    along = axis * (points @ axis)[:, None] * (1 - np.cos(angle))
    return np.asarray(points * np.cos(angle) + across * np.sin(angle) + along)


def _sampled(pixels: NDArray[np.uint8], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the colours f64[..., 3] at places f64[..., 2] in face units; edges are repeated.

    Cubic (Catmull and Rom 1974): at a pixel's middle it is that pixel.
    """
    side = pixels.shape[0]
    at = places * side - 0.5
    whole = np.floor(at)
    shares = at - whole
    first = whole.astype(np.intp)
    kernels = _cubic(shares)
    found = np.zeros((*places.shape[:-1], 3))
    for j in range(4):
        row = (first[..., 1] + j - 1).clip(0, side - 1)
        line = np.zeros_like(found)
        for i in range(4):
            column = (first[..., 0] + i - 1).clip(0, side - 1)
            line += pixels[row, column] * kernels[..., 0, i, None]
        found += line * kernels[..., 1, j, None]
    return found


def _cubic(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack(
        [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ],
        -1,
    )
