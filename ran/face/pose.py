"""Yaw, pitch and roll of a head, from the five landmarks, by a perspective-n-point solver.

Degrees, as the viewer sees the picture. All three are 0 for a face that looks into the camera.

    yaw    > 0: the nose points to the viewer's right (the person turns to their own left)
    pitch  > 0: the nose points up
    roll   > 0: the head leans clockwise, towards the viewer's right

Camera axes: x right, y down, z away from the viewer; the head's axes are the same where all three
angles are 0, with the origin between the eyes. R = Ry(-yaw) Rx(-pitch) Rz(roll), so the roll is
taken about the head's own axis, first. A mirrored face has the opposite yaw and roll and the same
pitch.

The only user of OpenCV. Five landmarks are few, and on profile faces a detector puts them where a
face seen from the front would have them: angles come out too small there. `is_reliable` says where
an estimate should not be read as a number; docs/poses.md says what was measured.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HEAD_MM = np.array(
    [(-31.5, 0.0, 0.0), (31.5, 0.0, 0.0), (0.0, 36.3, -30.0), (-26.2, 66.9, 0.0),
     (26.2, 66.9, 0.0)]
)  # fmt: skip
"""The five landmarks of a generic head, f64[5, 3], in the detector's order.

Across and down: the median landmarks of FER2013Valid (ran.study.poses.estimator_choice), made
symmetric and scaled to 63 mm between the pupils, the mean of adults (Dodgson 2004). The nose's tip
stands 30 mm before the plane of the others.
"""
FOCAL = 5.0
"""The camera's focal length, in sides of the framed face: it stands about 85 cm before the face.

Chosen on FER2013Valid, with the solver: ran.study.poses.estimator_choice says how.
"""
SOLVERS = ("vvs", "sqpnp", "epnp")
"""OpenCV's solvers that take five points; the first is in use."""
_SETTLED = (3, 200, 1e-12)
"""When it ends: after 200 rounds, or where a round changes less than 1e-12 (3: either)."""
SURE_DEGREES = 45.0
"""Beyond so much yaw or pitch the landmarks drift: the estimate is not reliable."""
SPREAD_DEGREES = 6.0
"""A yaw or pitch that varies so much between looks (a standard deviation) is not, either."""
MISFIT = 0.05
"""Nor is one whose landmarks lie so far (root mean square, face sides) from the fitted head's."""


class Pose(NamedTuple):
    """The angles in degrees, and how far to trust them.

    misfit: root mean square distance of the landmarks from the fitted head's, in face sides;
    spread: standard deviation of yaw or pitch, the larger, over several looks at the face, degrees,
    or None where there was one look.
    """

    yaw: float
    pitch: float
    roll: float
    misfit: float = 0.0
    spread: float | None = None

    @property
    def turned(self) -> float:
        """Return the angle between the head's axis and the camera's, 0 to 180 degrees."""
        cosine = math.cos(math.radians(self.yaw)) * math.cos(math.radians(self.pitch))
        return math.degrees(math.acos(min(1.0, max(-1.0, cosine))))

    @property
    def is_reliable(self) -> bool:
        """Say whether the angles may be read as numbers; on profile faces they may not."""
        return (
            self.turned <= SURE_DEGREES
            and self.misfit <= MISFIT
            and (self.spread is None or self.spread <= SPREAD_DEGREES)
        )


class Fit(NamedTuple):
    """How the generic head lies before the camera: X_camera = rotation @ X_head + shift, mm."""

    rotation: NDArray[np.float64]
    shift: NDArray[np.float64]


def estimate(landmarks: NDArray[np.float32], *, weights: NDArray[np.float32] | None = None) -> Pose:
    """Return the pose of a face from its landmarks.

    Args:
        landmarks: f32[5, 2], x y in [0, 1] face units, in the detector's order; or several looks
            at one face, f32[N, 5, 2]: the pose is that of their mean.
        weights: f32[N], how much each look counts; None: all the same.

    Raises:
        ValueError: if the shape is another one, or a number is not finite.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape[-2:] != (5, 2) or points.ndim not in (2, 3) or points.size == 0:
        raise ValueError(f"landmarks must be [5, 2] or [N, 5, 2], got {list(points.shape)}")
    if not np.isfinite(points).all():
        raise ValueError("landmarks must be finite numbers")
    if points.ndim == 2:
        return _pose(points, None)
    looks = [_pose(look, None) for look in points]
    spread = max(float(np.std(degrees)) for degrees in list(zip(*looks, strict=True))[:2])
    return _pose(np.average(points, axis=0, weights=weights), spread)


def _pose(points: NDArray[np.float64], spread: float | None) -> Pose:
    fitted = fit(points)
    misfit = project(HEAD_MM, fitted) - points
    return Pose(
        *angles(fitted.rotation),
        misfit=float(np.sqrt((misfit**2).sum(1).mean())),
        spread=spread,
    )


def fit(landmarks: NDArray[np.float64], *, solver: str = SOLVERS[0], focal: float = FOCAL) -> Fit:
    """Lay the generic head over landmarks f64[5, 2] in face units.

    OpenCV's solvePnPRefineVVS, Gauss and Newton's method (Marchand et al. 2016), begun from a head
    that looks into the camera: the same landmarks give the same answer, and the mirrored ones its
    mirror image. Where landmarks are no face's, it may end behind the camera: then they are taken
    to look into it, with the misfit that this has. The other SOLVERS are there to be compared.
    """
    import cv2

    points = np.ascontiguousarray(landmarks, np.float64)
    # Distances down the face change less with yaw than those across.
    tall = float(np.linalg.norm(points[3:].mean(0) - points[:2].mean(0)))
    distance = focal * float(HEAD_MM[3, 1]) / max(tall, 0.05)
    corner = (points.mean(0) - 0.5) * distance / focal - HEAD_MM.mean(0)[:2]
    begun = np.zeros((3, 1)), np.array([[corner[0]], [corner[1]], [distance]])
    camera = np.array([[focal, 0.0, 0.5], [0.0, focal, 0.5], [0.0, 0.0, 1.0]])
    if solver == SOLVERS[0]:
        turn, shift = cv2.solvePnPRefineVVS(  # which writes into what it begins from
            HEAD_MM, points, camera, None, begun[0].copy(), begun[1].copy(), _SETTLED, 1.0
        )
    else:
        flag = getattr(cv2, f"SOLVEPNP_{solver.upper()}")
        _, turn, shift = cv2.solvePnP(HEAD_MM, points, camera, None, flags=flag)
    if not shift[2, 0] > 0:
        turn, shift = begun
    rotation, _ = cv2.Rodrigues(turn)
    return Fit(np.asarray(rotation, np.float64), np.asarray(shift, np.float64).reshape(3))


def project(points: NDArray[np.float64], fitted: Fit) -> NDArray[np.float64]:
    """Return where points of the head, f64[..., 3] in mm, are seen, f64[..., 2] in face units."""
    seen = points @ fitted.rotation.T + fitted.shift
    return np.asarray(FOCAL * seen[..., :2] / seen[..., 2:] + 0.5)


def angles(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll, degrees, of a rotation from the head's axes to the camera's."""
    nose = -rotation[:, 2]
    yaw, pitch = math.atan2(nose[0], -nose[2]), math.asin(float(np.clip(-nose[1], -1.0, 1.0)))
    level = rotation_of(math.degrees(yaw), math.degrees(pitch), 0.0).T @ rotation
    roll = math.atan2(level[1, 0], level[0, 0])
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def rotation_of(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Return the rotation f64[3, 3] of a head with these angles, degrees."""
    (a, b), (c, d), (e, f) = (
        (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
        for angle in (-yaw, -pitch, roll)
    )
    about_y = np.array([[a, 0, b], [0, 1, 0], [-b, 0, a]])
    about_x = np.array([[1, 0, 0], [0, c, -d], [0, d, c]])
    about_z = np.array([[e, -f, 0], [f, e, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


def mirrored(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the landmarks f32[..., 5, 2] of the mirrored face: left and right change places."""
    swapped = np.asarray(landmarks)[..., [1, 0, 2, 4, 3], :].copy()
    swapped[..., 0] = 1.0 - swapped[..., 0]
    return swapped
