"""Turned faces beside photographs of turned heads: whether a network treats them alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ran.engine import Engine
from ran.face.detect import Face
from ran.prediction import Prediction
from ran.scene import Scene
from ran.study.data.ferplus import Faces

FRONTAL = 10.0
"""Degrees from the camera's axis within which a face counts as frontal."""
AT_ONCE = 64
YAWS = (30.0, 45.0, 60.0)
Row = dict[str, float | None]


def turned_faces(
    engine: Engine, faces: Faces, listed: Faces, subsets: Mapping[str, frozenset[str]], *, most: int
) -> dict[str, Row]:
    """Return what the network does on frontal faces, on the same turned, and on the pose lists.

    Returns:
        By faces ("turned by 45°", "list pose45"): n; accuracy; same, the share answered as the
        frontal face (None of the lists, which have none); whole, the
        mean weight of the whole face in units of uniform; margin, the mean RB margin.

    Args:
        engine: a RAN's.
        faces: among which frontal ones are looked for, such as FER2013Valid.
        listed: the test list's faces.
        subsets: the lists, by name.
        most: frontal faces to turn, to both sides in turn.
    """
    frontal, labels = _frontal(engine, faces, most)
    before = engine.predict_many([Scene(face) for face in frontal])
    own = [int(one.logits.argmax()) for one in before]
    found = {"frontal": _row(before, labels, own)}
    for yaw in YAWS:
        scenes = [
            Scene(engine.turned(face, [(yaw if number % 2 else -yaw, 0.0)])[0].face)
            for number, face in enumerate(tqdm(frontal, desc="turned", leave=False, mininterval=10))
        ]
        found[f"turned by {yaw:.0f}°"] = _row(engine.predict_many(scenes), labels, own)
    everything = frozenset(listed.names)
    lists = {"not above 30°": everything - subsets["pose30"], "> 30°": subsets["pose30"],
             "> 45°": subsets["pose45"]}  # fmt: skip
    for name, members in lists.items():
        chosen = listed.chosen(members)
        answers = engine.predict_many([Scene(_face(pixels)) for pixels in chosen.pixels])
        found[f"list, {name}"] = _row(answers, chosen.labels().tolist(), None)
    return found


def _face(grey: NDArray[np.uint8]) -> Face:
    return Face.from_pixels(np.repeat(grey[..., None], 3, axis=2))


def _frontal(engine: Engine, faces: Faces, most: int) -> tuple[list[Face], list[int]]:
    """Return frontal faces with their poses, in the order of the label file, and their labels."""
    found: list[Face] = []
    labels = []
    for start in range(0, len(faces), AT_ONCE):
        part = faces.part(start, start + AT_ONCE)
        posed = engine.with_poses([_face(pixels) for pixels in part.pixels])
        for face, label in zip(posed, part.labels().tolist(), strict=True):
            if face.pose is not None and face.pose.turned < FRONTAL:
                found.append(face)
                labels.append(label)
                if len(found) == most:
                    return found, labels
    return found, labels


def _row(answers: Sequence[Prediction], labels: Sequence[int], own: Sequence[int] | None) -> Row:
    given = [int(one.logits.argmax()) for one in answers]
    return {
        "n": len(answers),
        "accuracy": float(np.mean(np.equal(given, labels))),
        "same": None if own is None else float(np.mean(np.equal(given, own))),
        "whole": float(np.mean([one.relative_weights[0] for one in answers])),
        "margin": float(np.mean([one.rb_margin for one in answers])),
    }
