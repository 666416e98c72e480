"""MTCNN (Zhang et al. 2016): boxes, five landmarks and how sure it is, of every face of a picture.

The only user of facenet-pytorch.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ran.deadline import check
from ran.face.pose import mirrored

THUMBNAIL = 640
"""Detection runs on the photo at this longer side: 0.37 s instead of 5.1 s at 4000 pixels."""
FULL_SIZE = 2048
"""Where nothing is found so, it runs once more at up to this side, which takes a few seconds."""
SMALLEST = 20
"""MTCNN's smallest face, pixels of the thumbnail."""
SURE_ENOUGH = 0.9
"""Faces of lower confidence are left out; the framing's medians were measured at this value."""
LOOKS = tuple((0.1 + x, 0.1 + y, 0.9 + x, 0.9 + y) for x, y in product((-0.06, 0.06), repeat=2))
"""Boxes, in face units, in which the landmarks of a framed face are looked for again: 0.8 of the
side, about what MTCNN's median box covers, shifted four ways. Each is looked at mirrored, too."""
_LOOK_SIDE = 48
"""Pixels of the side of what MTCNN's last network sees."""


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
            check()
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
