"""How poses are estimated, chosen without a published pose list: on FER2013Valid, by mirror images.

Half of the looks at a face see its mirror image (ran.face.detector.LOOKS). Both halves should find
the same head. Of the ways to estimate, the one for which they agree best is in use. The published
lists are all of FER2013Test and play no part; nor do labels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ran.errors import BadRequest
from ran.face.detector import SURE_ENOUGH, FaceDetector
from ran.face.pose import SOLVERS, angles, fit
from ran.study.data.ferplus import Faces
from ran.words import _

CHOSEN = Path(__file__).with_name("pose_choice.json")
"""What `compare` gave on FER2013Valid, and the command that wrote it."""
FOCALS = (1.0, 1.5, 2.0, 3.0, 5.0)
"""Distances of the camera, in sides of the framed face: 17 to 85 cm."""
ROUNDS = (1, 2, 3)
_AT_ONCE = 64


@dataclass(frozen=True)
class Way:
    """One way of estimating, and how it did.

    agreement: between the pose from the looks at the faces and that from the looks at their mirror
    images, 1 - E|a - b|^2 / (E|a - mean|^2 + E|b - mean|^2) over yaw and pitch in degrees: 1 where
    they are equal, 0 where they have nothing in common. apart: the median |a - b|, degrees.
    lost: faces in which the detector was not sure enough; `of`: how many there are.
    """

    rounds: int
    solver: str
    focal: float
    agreement: float
    apart: float
    lost: int
    of: int


def compare(faces: Faces, detector: FaceDetector) -> tuple[list[Way], list[list[float]]]:
    """Return every way, the best first, and the median landmarks of the best's looks, [5][2].

    Args:
        faces: framed already, as FERPlus' are.
        detector: who looks.

    Raises:
        BadRequest: if fewer than two faces are found.
    """
    ways, medians = [], {}
    for rounds in ROUNDS:
        looks, sure = _all_looks(faces, detector, rounds)
        is_found = np.median(sure, axis=1) >= SURE_ENOUGH
        if is_found.sum() < 2:
            raise BadRequest(
                _("Hardly a face was found in the pictures."), hint=_("Check the pictures.")
            )
        looks, sure = looks[is_found], sure[is_found]
        medians[rounds] = np.median(looks.mean(1), axis=0)
        half = looks.shape[1] // 2
        halves = [
            _means(looks[:, part], sure[:, part]) for part in (slice(half), slice(half, None))
        ]
        for solver, focal in product(SOLVERS, FOCALS):
            here, there = (_poses(points, solver, focal) for points in halves)
            ways.append(
                Way(
                    rounds, solver, focal, agreement(here, there),
                    float(np.median(np.linalg.norm(here - there, axis=1))),
                    int((~is_found).sum()), len(faces),
                )
            )  # fmt: skip
    ways.sort(key=lambda way: -way.agreement)
    return ways, medians[ways[0].rounds].round(4).tolist()


def agreement(here: NDArray[np.float64], there: NDArray[np.float64]) -> float:
    """Return how well two estimates f64[N, 2] of the same heads agree: see Way."""
    apart = ((here - there) ** 2).sum(1).mean()
    return float(1.0 - apart / (here.var(0).sum() + there.var(0).sum()))


def chosen() -> Way:
    """Return the best way as it was found on FER2013Valid."""
    return Way(**json.loads(CHOSEN.read_text())["ways"][0])


def as_json(ways: list[Way], medians: list[list[float]]) -> dict[str, object]:
    """Return what `compare` found as plain values."""
    return {"landmarks": medians, "ways": [asdict(way) for way in ways]}


def _all_looks(
    faces: Faces, detector: FaceDetector, rounds: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    def parts() -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        starts = range(0, len(faces), _AT_ONCE)
        for start in tqdm(starts, desc=f"looks of {rounds}", leave=False, mininterval=10):
            grey = faces.pixels[start : start + _AT_ONCE]
            yield detector.looks(list(np.repeat(grey[..., None], 3, axis=3)), rounds=rounds)

    looks, sure = zip(*parts(), strict=True)
    return np.concatenate(looks).astype(np.float64), np.concatenate(sure).astype(np.float64)


def _means(looks: NDArray[np.float64], sure: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = np.maximum(sure, 1e-6)
    shares = shares / shares.sum(1, keepdims=True)
    return np.asarray((looks * shares[..., None, None]).sum(1))


def _poses(points: NDArray[np.float64], solver: str, focal: float) -> NDArray[np.float64]:
    """Return yaw and pitch f64[N, 2], degrees, of landmarks f64[N, 5, 2]."""
    return np.array([angles(fit(one, solver=solver, focal=focal).rotation)[:2] for one in points])
