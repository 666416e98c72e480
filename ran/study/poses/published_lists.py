"""How well estimated poses tell the published pose lists apart.

No network was trained on the lists; docs/poses.md names the three choices that were made on a part.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ran.errors import BadRequest
from ran.face.detect import Face, with_poses
from ran.face.detector import FaceDetector
from ran.study.data.ferplus import Faces, PublishedLists, read_ferplus, read_lists
from ran.words import _

MEASURED = Path(__file__).with_name("pose_lists.json")
"""What `measure` gave on the whole test list, and the command that wrote it."""
AT_ONCE = 64


@dataclass(frozen=True)
class Separation:
    """How often a face of pose45 is judged more turned than a test face outside pose30.

    The judge is Pose.turned, the angle between the head's axis and the camera's. `auc` and
    `auc_yaw`, of |yaw| alone, are areas under the ROC curve in [0, 1]; `error` is the standard
    error of `auc` (Hanley and McNeil 1982). `turned` and `frontal` count the faces that have a
    pose, `lost_turned` and `lost_frontal` those in which no face was found, which are in no number
    but these; `lost` names them.
    """

    auc: float
    error: float
    auc_yaw: float
    turned: int
    frontal: int
    lost_turned: int
    lost_frontal: int
    lost: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the numbers as plain values."""
        return {**asdict(self), "lost": list(self.lost)}


def measure(ferplus: Path, lists: Path, *, every: int = 1) -> Separation:
    """Estimate the pose of the test faces of pose45 and of those outside pose30.

    Args:
        ferplus: FERPlus' folder or a zip of it.
        lists: the folder that holds FERplus_dir.
        every: take each `every`-th face of both kinds, in the order of the label file.

    Raises:
        BadRequest: if the data or the lists cannot be read, or do not belong together.
    """
    published = read_lists(lists)
    faces = read_ferplus(ferplus, "test").chosen(frozenset(published.test))
    turned, frontal = _kinds(faces, published)
    turned, frontal = turned[::every], frontal[::every]
    if not (turned and frontal):
        raise BadRequest(
            _(
                "{turned} faces of the list pose45 and {frontal} outside pose30 are in the "
                "test split."
            ).format(turned=len(turned), frontal=len(frontal)),
            hint=_("Give FERPlus and the lists as they were published."),
        )
    poses = angles_of(faces.chosen(frozenset(turned + frontal)), FaceDetector())
    lost = tuple(name for name in turned + frontal if name not in poses)
    both = [
        np.array([poses[name] for name in names if name in poses]).reshape(-1, 2)
        for names in (turned, frontal)
    ]
    if not all(len(angles) for angles in both):
        raise BadRequest(
            _("Not one face was found in the pictures of a list."), hint=_("Check the pictures.")
        )
    area = auc(both[0][:, 0], both[1][:, 0])
    return Separation(
        auc=area,
        error=standard_error(area, len(both[0]), len(both[1])),
        auc_yaw=auc(both[0][:, 1], both[1][:, 1]),
        turned=len(both[0]),
        frontal=len(both[1]),
        lost_turned=len(turned) - len(both[0]),
        lost_frontal=len(frontal) - len(both[1]),
        lost=lost,
    )


def angles_of(faces: Faces, detector: FaceDetector) -> dict[str, tuple[float, float]]:
    """Return by name how far each head is turned, and its |yaw|, in degrees, where it is found."""
    found = {}
    starts = range(0, len(faces), AT_ONCE)
    for start in tqdm(starts, desc="faces", unit="batch", leave=False, mininterval=10):
        part = slice(start, start + AT_ONCE)
        pictures = [
            Face.from_pixels(np.repeat(grey[..., None], 3, axis=2)) for grey in faces.pixels[part]
        ]
        posed = with_poses(pictures, detector=detector)
        for name, face in zip(faces.names[part], posed, strict=True):
            if face.pose is not None:
                found[name] = (face.pose.turned, abs(face.pose.yaw))
    return found


def _kinds(faces: Faces, published: PublishedLists) -> tuple[list[str], list[str]]:
    turned = [name for name in faces.names if name in published.pose45]
    return turned, [name for name in faces.names if name not in published.pose30]


def auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return the share of pairs in which the positive's value is the larger; a tie is a half."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).mean() / (2 * len(negative)))


def standard_error(area: float, positives: int, negatives: int) -> float:
    """Return the standard error of an area under the ROC curve (Hanley and McNeil 1982)."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (one - area**2)
    variance += (negatives - 1) * (two - area**2)
    return math.sqrt(variance / (positives * negatives))


def measured() -> Separation:
    """Return what was measured on the whole test list, for the page and the docs."""
    values = json.loads(MEASURED.read_text())["separation"]
    return Separation(**{**values, "lost": tuple(values["lost"])})
