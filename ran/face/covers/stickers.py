"""Stickers: things that hide parts of faces in life, put where they belong on a face."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.face.covers.sticker_art import ART, LANDMARKS
from ran.face.detect import Face
from ran.face.shapes import LARGEST_STICKER, REACH, Sticker
from ran.words import _

SMALLEST = 0.01
"""Of a sticker's width, in face sides: landmarks that coincide would shrink it to nothing."""


def place(name: str, face: Face, *, mirrored: bool = False) -> Sticker:
    """Return the sticker of this name (a key of ART) as it sits on the face.

    Size and angle are those of the similarity that takes the face that stickers are drawn on to
    this one, by least squares over the five landmarks (Umeyama 1991, without reflection); what it
    is anchored to decides the place. Where a face has no landmarks, its framing's medians count.
    Mirrored, it is put on the other side: a hand on the other cheek.

    Raises:
        BadRequest: if there is no such sticker.
    """
    if name not in ART:
        raise BadRequest(
            _("There is no sticker {name!r}.").format(name=name),
            hint=_("Use one of {names}.").format(names=", ".join(ART)),
        )
    art = ART[name]
    target = np.asarray(face.points, float)
    drawn, centre = np.asarray(LANDMARKS), np.asarray(art.centre)
    if mirrored:
        centre[0] = 1.0 - centre[0]
    scale, angle = _scale_and_angle(drawn, target)
    anchors = list(art.anchors)
    arm = centre - drawn[anchors].mean(0)
    cos, sin = math.cos(angle), math.sin(angle)
    turned = np.array([cos * arm[0] - sin * arm[1], sin * arm[0] + cos * arm[1]])
    x, y = (target[anchors].mean(0) + scale * turned).clip(-REACH, REACH).tolist()
    size = min(LARGEST_STICKER, max(SMALLEST, scale * art.width))
    return Sticker(name, x, y, size, math.degrees(angle), mirrored)


def _scale_and_angle(
    drawn: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[float, float]:
    """Return scale and angle, in radians, of the similarity from f64[N, 2] to f64[N, 2]."""
    a, b = drawn - drawn.mean(0), target - target.mean(0)
    along = float((a * b).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    return math.hypot(along, across) / float((a**2).sum()), math.atan2(across, along)
