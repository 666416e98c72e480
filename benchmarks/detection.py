"""Row: finding a face in a photo of 4000 pixels, against MTCNN with its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.rows import Check, Row, in_turns
from ran.face.detector import FaceDetector

PHOTO = Path(__file__).parent.parent / "examples" / "astronaut.png"
SIDE = 4000
GOAL = 12.0
MISPLACED = 0.05
"""How far, in widths of the face, a landmark may lie from where MTCNN puts it at full size."""


def detection_row(*, device: str, repeats: int, side: int = SIDE) -> Row:
    """Measure the detector on the example photo enlarged to `side` pixels."""
    from facenet_pytorch import MTCNN

    with Image.open(PHOTO) as opened:
        picture = opened.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    pixels = np.asarray(picture)
    detector = FaceDetector(device)
    defaults: Any = MTCNN(device=device)
    samples, baseline = in_turns(
        lambda: detector.detect(pixels), lambda: defaults.detect(picture), repeats=repeats
    )
    boxes, _, landmarks = defaults.detect(picture, landmarks=True)
    return Row(
        name=f"detection, {side} pixels",
        against="MTCNN with its defaults on the whole photo",
        samples=samples,
        baseline=baseline,
        check=_check(detector.detect(pixels), boxes, landmarks),
        goal=GOAL if side == SIDE and device == "cpu" else None,
    )


def _check(found: list, boxes: NDArray | None, landmarks: NDArray | None) -> Check:
    if not found or boxes is None or landmarks is None:
        return Check(
            f"{len(found)} faces found, MTCNN: {0 if boxes is None else len(boxes)}", False
        )
    points = found[0][1]
    # MTCNN's defaults find more, smaller ones in an enlarged photo: compare with the nearest.
    distances = [
        float(np.linalg.norm(points - np.asarray(theirs, np.float32), axis=1).max())
        / float(box[2] - box[0])
        for box, theirs in zip(boxes, landmarks, strict=True)
    ]
    error = min(distances)
    return Check(f"landmarks within {error:.3f} of the face's width", error <= MISPLACED)
