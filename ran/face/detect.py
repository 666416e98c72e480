"""Find faces in a photo, frame them as a network was trained to see them, and say how they stand.

The only user of facenet-pytorch: its MTCNN (Zhang et al. 2016) gives a box and five landmarks.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ran.errors import NoFaceFound
from ran.face.framing import FERPLUS, FRAMINGS, Framing, cut_straight, cut_upright, fit
from ran.face.photo import Photo
from ran.face.pose import Pose, estimate, mirrored

FACE_SIDE = 256
"""Pixels of a found face's side: the largest input in use and a little more."""
THUMBNAIL = 640
"""Detection runs on the photo at this longer side: 0.37 s instead of 5.1 s at 4000 pixels."""
FULL_SIZE = 2048
"""Where nothing is found so, it runs once more at up to this side, which takes a few seconds."""
QUITE_SURE = 0.999
"""The photo is looked at in four turns where MTCNN is less sure of the largest face: of the upright
examples it is surer, of sideways ones it is not, and it puts the landmarks anywhere."""
SURE_OF_A_TURN = 0.995
"""Another turn is believed where MTCNN is so sure, and surer than upright."""
MOST_LEAN = 50.0
"""Degrees of a head's lean in the turn that it belongs to: beyond 45 the next turn is nearer."""
SMALLEST = 20
"""MTCNN's smallest face, pixels of the thumbnail."""
SURE_ENOUGH = 0.9
"""Faces of lower confidence are left out; the framing's medians were measured at this value."""
LOOKS = tuple((0.1 + x, 0.1 + y, 0.9 + x, 0.9 + y) for x, y in product((-0.06, 0.06), repeat=2))
"""Boxes, in face units, in which the landmarks of a framed face are looked for again: 0.8 of the
side, about what MTCNN's median box covers, shifted four ways. Each is looked at mirrored, too."""
_LOOK_SIDE = 48
"""Pixels of the side of what MTCNN's last network sees."""


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


class FaceDetector:
    """MTCNN on one device. Building it loads its three small networks."""

    def __init__(self, device: str | None = None) -> None:
        from facenet_pytorch import MTCNN

        self._mtcnn: Any = MTCNN(
            min_face_size=SMALLEST, keep_all=True, post_process=False, device=device
        )
        self._lock = threading.Lock()

    def detect(
        self, pixels: NDArray[np.uint8], *, side: int = THUMBNAIL
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32], float]]:
        """Return box f32[4], landmarks f32[5, 2] in photo pixels and confidence of each face.

        The photo is looked at with a longer side of `side` pixels.
        """
        height, width = pixels.shape[:2]
        scale = min(1.0, side / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if min(size) < SMALLEST:
            # facenet-pytorch 2.5.3 raises from inside where not even one window fits.
            return []
        thumbnail = Image.fromarray(pixels).resize(size, Image.Resampling.BOX)
        with self._lock:
            boxes, sureness, landmarks = self._mtcnn.detect(thumbnail, landmarks=True)
        if boxes is None:
            return []
        stretch = np.array([width / size[0], height / size[1]], np.float32)
        found = []
        # With numpy 2 the arrays come as dtype object.
        for box, sure, points in zip(boxes, sureness, landmarks, strict=True):
            if sure is not None and float(sure) >= SURE_ENOUGH:
                edges = np.asarray(box, np.float32).reshape(2, 2) * stretch
                found.append(
                    (edges.reshape(4), np.asarray(points, np.float32) * stretch, float(sure))
                )
        return sorted(found, key=lambda face: -_area(face[0]))

    @torch.no_grad()
    def looks(
        self, faces: Sequence[NDArray[np.uint8]], *, rounds: int = 2
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Look for the landmarks of framed faces again, as they are and mirrored, from LOOKS.

        Only MTCNN's last network runs: in the box, then in the box that it answers.

        Args:
            faces: pictures u8[S, S, 3] of one face each, framed.
            rounds: how often it runs a look, 1 or more; ran.study.poses.estimator_choice compares.

        Returns:
            landmarks f32[B, L, 5, 2] in face units, and how sure each look is, f32[B, L].
        """
        if not faces:
            none = np.zeros((0, 2 * len(LOOKS), 5, 2), np.float32)
            return none, none[..., 0, 0]
        # At this side a look's box has about as many pixels as the network sees.
        side = round(_LOOK_SIDE / 0.8)
        device = self._mtcnn.device
        rows = [torch.from_numpy(face.copy()).permute(2, 0, 1)[None].float() for face in faces]
        small = torch.cat([
            F.interpolate(row, (side, side), mode="bilinear", antialias=True) for row in rows
        ]).to(device)  # fmt: skip
        # All at once, [B * L, ...]: sixteen small batches took twice as long as two.
        pictures = torch.stack([small, small.flip(-1)], 1).repeat_interleave(len(LOOKS), 1)
        boxes = torch.tensor(LOOKS, device=device).repeat(2 * len(faces), 1)
        with self._lock:
            for _ in range(rounds):
                boxes, points, sure = self._look(pictures.flatten(0, 1), boxes)
        found = points.cpu().numpy().reshape(len(faces), 2, len(LOOKS), 5, 2)
        found = np.concatenate([found[:, 0], mirrored(found[:, 1])], 1)
        return found, sure.cpu().numpy().reshape(len(faces), 2 * len(LOOKS))

    def _look(self, pictures: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return a better square box [B, 4], landmarks [B, 5, 2] and sureness [B]."""
        places = (torch.arange(_LOOK_SIDE, device=boxes.device) + 0.5) / _LOOK_SIDE
        size = boxes[:, 2:] - boxes[:, :2]
        x, y = (boxes[:, k, None] + size[:, k, None] * places for k in (0, 1))
        shape = (len(boxes), _LOOK_SIDE, _LOOK_SIDE)
        grid = torch.stack([x[:, None].expand(shape), y[:, :, None].expand(shape)], -1)
        crops = F.grid_sample(
            pictures, 2 * grid - 1, mode="bicubic", padding_mode="border", align_corners=False
        ).clamp(0.0, 255.0)
        moved, points, sure = self._mtcnn.onet((crops - 127.5) * 0.0078125)
        edges = boxes + moved * size.repeat(1, 2)
        middle = (edges[:, :2] + edges[:, 2:]) / 2
        half = (edges[:, 2:] - edges[:, :2]).amax(1, keepdim=True) / 2
        landmarks = boxes[:, None, :2] + size[:, None] * points.view(-1, 2, 5).transpose(1, 2)
        return torch.cat([middle - half, middle + half], 1), landmarks, sure[:, 1]


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
            f"No face found in {photo.name}.",
            hint="Try a photo in which the face is larger and not cut off (looked at in full size "
            "and in four turns).",
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


def _area(box: NDArray[np.float32]) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


_default: list[FaceDetector] = []
_default_lock = threading.Lock()


def default_detector() -> FaceDetector:
    """Return the one detector that `find_faces` uses; built once, at the first call."""
    with _default_lock:
        if not _default:
            _default.append(FaceDetector())
        return _default[0]
