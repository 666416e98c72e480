"""Find faces in a photo, frame them as a network was trained to see them, say how they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ran.errors import NoFaceFound
from ran.face.detector import (
    FULL_SIZE,
    SURE_ENOUGH,
    THUMBNAIL,
    FaceDetector,
    default_detector,
)
from ran.face.framing import FERPLUS, FRAMINGS, Framing, cut_straight, cut_upright, fit
from ran.face.photo import Photo
from ran.face.pose import Pose, estimate
from ran.words import _

FACE_SIDE = 256
"""Pixels of a found face's side: the largest input in use and a little more."""
QUITE_SURE = 0.999
"""The photo is looked at in four turns where MTCNN is less sure of the largest face: of the upright
examples it is surer, of sideways ones it is not, and it puts the landmarks anywhere."""
SURE_OF_A_TURN = 0.995
"""Another turn is believed where MTCNN is so sure, and surer than upright."""
MOST_LEAN = 50.0
"""Degrees of a head's lean in the turn that it belongs to: beyond 45 the next turn is nearer."""


@dataclass(frozen=True, eq=False)
class Face:
    """A framed face. Compared and hashed by its digest.

    pixels u8[S, S, 3]; box x0 y0 x1 y1, the framed square in photo pixels (it may reach beyond the
    photo), before it is turned by `roll` degrees about its middle: above 0, the head leans
    clockwise in the photo, and the cut was straightened by so much; quarter_turns, how many
    counter-clockwise turns of the photo it was found in; landmarks f32[5, 2] in [0, 1] face units,
    or None where no detector ran; pose, None
    until with_poses is asked.
    """

    pixels: NDArray[np.uint8]
    box: tuple[float, float, float, float] | None = None
    landmarks: NDArray[np.float32] | None = None
    framing: str = FERPLUS.name
    confidence: float | None = None
    pose: Pose | None = None
    roll: float = 0.0
    quarter_turns: int = 0
    digest: str = field(default="")

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) != 3 or shape[0] != shape[1] or shape[2] != 3 or shape[0] < 1:
            raise ValueError(f"pixels must be u8[S, S, 3], got {list(shape)}")
        if self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels must be uint8 in 0..255, got {self.pixels.dtype}")
        # Always taken anew: a face whose pixels were replaced must not keep the old name.
        digest = hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes())
        digest.update(repr((shape, self.framing)).encode())
        if self.landmarks is not None:
            digest.update(np.ascontiguousarray(self.landmarks).tobytes())
        object.__setattr__(self, "digest", digest.hexdigest()[:32])

    @property
    def points(self) -> NDArray[np.float32]:
        """Return its landmarks, f32[5, 2], or the medians of its framing where none were found."""
        if self.landmarks is not None:
            return self.landmarks
        return np.asarray(FRAMINGS[self.framing].landmarks, np.float32)

    @property
    def how_cut(self) -> str:
        """Return what was done to the photo's pixels, in words, or nothing."""
        said = []
        if self.quarter_turns:
            said.append(f"found with the photo turned by {90 * self.quarter_turns}°")
        if self.roll:
            said.append(f"straightened by {abs(self.roll):.0f}°")
        return ", ".join(said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Face) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @staticmethod
    def from_pixels(pixels: NDArray[np.uint8], *, framing: str = FERPLUS.name) -> Face:
        """Take a picture that is framed already, u8[S, S, 3]; it has no landmarks."""
        return Face(pixels, framing=framing)


def _within_half_a_turn(degrees: float) -> float:
    """Return an angle from -180 to 180 degrees: the pose's roll is the head's in the photo."""
    return (degrees + 180.0) % 360.0 - 180.0


class Found(NamedTuple):
    """A face that was detected: landmarks f32[5, 2] in photo pixels, how sure, in which turn."""

    landmarks: NDArray[np.float32]
    confidence: float
    quarter_turns: int = 0


def find_faces(
    photo: Photo,
    *,
    framing: Framing = FERPLUS,
    detector: FaceDetector | None = None,
    upright: bool = False,
    quarter_turns: int | None = None,
) -> list[Face]:
    """Find the faces of a photo, largest first, each framed as `framing` says; without poses.

    A head that leans is straightened. `upright`: cut as recipes before version 3 were, by scale and
    shift alone. `quarter_turns`: of the photo, counter-clockwise, where they are known; else all
    four are tried.

    Raises:
        NoFaceFound: if there is none, in full size or in four turns; an empty list is never
            returned.
    """
    found = detected(photo, detector, quarter_turns=quarter_turns)
    return framed(photo, found, framing=framing, upright=upright)


def framed(
    photo: Photo, found: Sequence[Found], *, framing: Framing = FERPLUS, upright: bool = False
) -> list[Face]:
    """Cut out the faces that were detected in a photo, as `find_faces` does."""
    return [
        frame(
            photo.pixels, one.landmarks, framing, one.confidence,
            quarter_turns=one.quarter_turns, upright=upright,
        )
        for one in found
    ]  # fmt: skip


def detected(
    photo: Photo, detector: FaceDetector | None = None, *, quarter_turns: int | None = None
) -> list[Found]:
    """Find the faces of a photo, largest first, as landmarks.

    The photo is turned by quarters where nothing is found, or where the detector is not quite sure
    of the largest face; that turn is used of which it is surest. At last it is looked at larger.
    `quarter_turns`: the one turn to look in, where it is known.

    Raises:
        NoFaceFound: if there is none.
    """
    using = detector or default_detector()
    known = quarter_turns is not None
    best = _in_turn(photo.pixels, using, quarter_turns or 0)
    if known:
        pass
    elif not best or _belief(best[0]) < QUITE_SURE:
        for turns in (1, 3, 2):
            other = _in_turn(photo.pixels, using, turns)
            if other and (not best or _belief(other[0]) > max(_belief(best[0]), SURE_OF_A_TURN)):
                best = other
    if not best and max(photo.pixels.shape[:2]) > THUMBNAIL:
        best = _in_turn(photo.pixels, using, quarter_turns or 0, side=FULL_SIZE)
    if not best:
        raise NoFaceFound(
            _("No face found in {name}.").format(name=photo.name),
            hint=_(
                "Try a photo in which the face is larger and not cut off (looked at in full size "
                "and in four turns)."
            ),
        )
    return best


def _in_turn(
    pixels: NDArray[np.uint8], using: FaceDetector, turns: int, *, side: int = THUMBNAIL
) -> list[Found]:
    """Detect in the photo turned counter-clockwise; return landmarks as they lie in the photo."""
    found = using.detect(np.ascontiguousarray(np.rot90(pixels, turns)), side=side)
    height, width = pixels.shape[:2]
    return [Found(_turned_back(points, turns, width, height), sure, turns)
            for _, points, sure in found]  # fmt: skip


def _turned_back(
    points: NDArray[np.float32], turns: int, width: int, height: int
) -> NDArray[np.float32]:
    """Return points of a picture that was turned by np.rot90, as they lie in the picture."""
    x, y = points[:, 0], points[:, 1]
    back = {
        0: (x, y),
        1: (width - y, x),
        2: (width - x, height - y),
        3: (y, height - x),
    }[turns]
    return np.stack(back, axis=1).astype(np.float32)


def _belief(found: Found) -> float:
    """Return how sure the detector is, less one where the head leans too far in that turn."""
    roll = fit(found.landmarks.astype(np.float64)).roll
    lean = abs(_within_half_a_turn(roll - 90.0 * found.quarter_turns))
    return found.confidence - (1.0 if lean > MOST_LEAN else 0.0)


def with_poses(faces: Sequence[Face], *, detector: FaceDetector | None = None) -> list[Face]:
    """Return the faces, each with its pose, as several looks at its pixels give it.

    A face that the detector is less sure of than SURE_ENOUGH in half of the looks has a pose only
    if it has landmarks: the one that they give, marked as varying without limit.
    """
    landmarks, sureness = (detector or default_detector()).looks([face.pixels for face in faces])
    posed = []
    for face, looks, sure in zip(faces, landmarks, sureness, strict=True):
        pose = None
        if float(np.median(sure)) >= SURE_ENOUGH:
            pose = estimate(looks, weights=sure)
            pose = pose._replace(roll=_within_half_a_turn(pose.roll + face.roll))
        elif face.landmarks is not None:
            pose = estimate(face.landmarks)
            roll = _within_half_a_turn(pose.roll + face.roll)
            pose = pose._replace(spread=float("inf"), roll=roll)
        posed.append(replace(face, pose=pose))
    return posed


def frame(
    pixels: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    framing: Framing,
    confidence: float | None = None,
    *,
    quarter_turns: int = 0,
    upright: bool = False,
) -> Face:
    """Cut the square in which `landmarks` come closest to the framing's.

    Args:
        pixels: u8[H, W, 3], the whole photo.
        landmarks: f32[5, 2], x y in photo pixels.
        framing: where they should lie.
        confidence: the detector's, kept on the Face.
        quarter_turns: of the photo, in which they were found; kept on the Face.
        upright: cut as recipes before version 3 were, without straightening a head that leans.
    """
    points = landmarks.astype(np.float64)
    how = cut_upright if upright else cut_straight
    cut = how(pixels, points, framing, size=FACE_SIDE)
    return Face(
        cut.pixels, cut.box, cut.landmarks, framing.name, confidence, roll=cut.roll,
        quarter_turns=quarter_turns,
    )  # fmt: skip
