"""Named parts of a face, and the shapes that cover them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.face.detect import Face
from ran.face.framing import FERPLUS
from ran.face.shapes import Ellipse, Rectangle, Shape
from ran.words import _, later


def preset(name: str, face: Face) -> tuple[Shape, ...]:
    """Return the shapes that cover a named part (a key of PRESETS) of this face.

    Parts follow the face's landmarks; where it has none, its framing's median landmarks.
    """
    if name not in _PARTS:
        raise BadRequest(
            _("There is no part {name!r}.").format(name=name),
            hint=_("Use one of {names}.").format(names=", ".join(_PARTS)),
        )
    return _PARTS[name](face.points)


_Landmarks = NDArray[np.float32]


def _box(x0: float, y0: float, x1: float, y1: float) -> tuple[Shape, ...]:
    return (Rectangle(x0, y0, x1, y1),)


def _eye_level(points: _Landmarks) -> float:
    return float(np.clip(points[:2, 1].mean(), 0.1, 0.9))


def _halfway_down(points: _Landmarks) -> float:
    return float(np.clip((points[:2, 1].mean() + points[2, 1]) / 2, 0.1, 0.9))


def _middle(points: _Landmarks) -> float:
    return float(np.clip(points[:3, 0].mean(), 0.1, 0.9))


def _eyes(points: _Landmarks) -> tuple[Shape, ...]:
    distance = min(1.0, max(0.1, float(np.linalg.norm(points[1] - points[0]))))
    slope = math.degrees(math.atan2(*(points[1] - points[0]).tolist()[::-1]))
    x, y = points[:2].mean(0).clip(0.0, 1.0).tolist()
    return (
        Rectangle(x - 0.95 * distance, y - 0.3 * distance, x + 0.95 * distance,
                  y + 0.3 * distance, slope),
    )  # fmt: skip


def _nose(points: _Landmarks) -> tuple[Shape, ...]:
    x, y = points[2].clip(0.0, 1.0).tolist()
    return (Ellipse(x - 0.12, y - 0.17, x + 0.12, y + 0.08),)


def _mouth(points: _Landmarks) -> tuple[Shape, ...]:
    x, y = points[3:].mean(0).clip(0.0, 1.0).tolist()
    half = min(1.0, max(0.12, 0.75 * float(np.linalg.norm(points[4] - points[3]))))
    # On a small face 0.13 would reach the nose.
    up = min(0.13, max(0.05, 0.8 * (y - float(points[2, 1]))))
    return (Rectangle(x - half, y - up, x + half, y + 0.13),)


_PARTS: dict[str, Callable[[_Landmarks], tuple[Shape, ...]]] = {
    later("eyes"): _eyes,
    later("nose"): _nose,
    later("mouth"): _mouth,
    later("forehead"): lambda points: _box(0.0, 0.0, 1.0, max(0.05, _eye_level(points) - 0.12)),
    later("upper half"): lambda points: _box(0.0, 0.0, 1.0, _halfway_down(points)),
    later("lower half"): lambda points: _box(0.0, _halfway_down(points), 1.0, 1.0),
    later("left half"): lambda points: _box(0.0, 0.0, _middle(points), 1.0),
    later("right half"): lambda points: _box(_middle(points), 0.0, 1.0, 1.0),
}

PRESETS: dict[str, tuple[Shape, ...]] = {
    name: part(np.asarray(FERPLUS.landmarks, np.float32)) for name, part in _PARTS.items()
}
"""Named parts of the median face; left and right as the viewer sees them. `preset` fits them."""
