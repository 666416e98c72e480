"""Real occlusions and poses of a data set, chosen as the RAN authors chose theirs, by estimates.

A row is a face as it is, with how sure the choice is: what hides it by ran.study.data.occluded, and
how far the head is turned by the pose estimate (docs/poses.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ran.engine import Engine
from ran.face.detect import Face
from ran.study.data.lists import considered, listed, name_of
from ran.study.data.occluded import AT_ONCE, Occluded, agreement, features_of
from ran.study.data.splits import DataSet, square
from ran.study.data.testset import Row, digest_of

CHOSEN = {"occlusion": "real occlusion", "pose30": "real pose 30", "pose45": "real pose 45"}
"""The kinds, by the authors' list that each stands for."""
_DEGREES = {"pose30": 30.0, "pose45": 45.0}


def real_rows(
    data: DataSet, engine: Engine, detector: Occluded, *, most: int | None = None
) -> Iterator[tuple[str, Row, float]]:
    """Yield each list's name with a row of each face, and how sure it is: chosen or not.

    sure: of an occlusion in [0, 1]; of a pose the angle in degrees between the head's axis and the
    camera's, 0 where none was estimated. A row that is chosen has `sure` and an empty `done`.
    """
    split = data.splits[data.judged]
    count = len(split) if most is None else min(most, len(split))
    places = np.linspace(0, len(split) - 1, count).round().astype(int).tolist()
    for first in tqdm(range(0, count, AT_ONCE), desc="faces", leave=False, mininterval=10):
        lot = places[first : first + AT_ONCE]
        faces = [
            Face.from_pixels(square(split.read(number)), framing=engine.card.framing)
            for number in lot
        ]
        hidden = detector.sure(features_of(engine, faces))
        posed = engine.with_poses(faces)
        for number, face, sure, pose in zip(lot, faces, hidden, posed, strict=True):
            angle = 0.0 if pose.pose is None else float(pose.pose.turned)
            digest = digest_of(face.pixels)
            for name, kind in CHOSEN.items():
                row: Row = {
                    "name": split.names[number],
                    "label": data.classes[split.labels[number]],
                    "kind": kind, "severity": None, "done": "{}", "source": digest,
                    "digest": digest, "sure": float(sure) if name == "occlusion" else angle,
                }  # fmt: skip
                yield name, row, float(row["sure"])


def is_chosen(name: str, sure: float, detector: Occluded) -> bool:
    """Return whether a face is chosen for the list of this name."""
    return sure >= detector.threshold if name == "occlusion" else sure > _DEGREES[name]


def chosen_rows(
    data: DataSet, engine: Engine, detector: Occluded, lists: Path | None, *, most: int | None
) -> tuple[list[Row], Mapping[str, dict[str, Any]]]:
    """Return the rows that are chosen, and how far each choice agrees with the authors' lists.

    lists: the folder of the lists; None, or of a data set that they do not know, has no agreement.
    """
    every: dict[str, list[tuple[Row, float]]] = {name: [] for name in CHOSEN}
    for name, row, sure in real_rows(data, engine, detector, most=most):
        every[name].append((row, sure))
    told = {}
    for name, members in {} if lists is None else listed(lists, data.layout).items():
        among = None if lists is None else considered(lists, data.layout)
        found = [
            (own, sure) for row, sure in every[name] for own in [name_of(str(row["name"]))]
            if among is None or own in among
        ]  # fmt: skip
        how_sure = np.array([one for _own, one in found])
        chosen = np.array([is_chosen(name, float(one), detector) for one in how_sure], bool)
        own_choice = np.array([own in members for own, _one in found], bool)
        told[name] = agreement(how_sure, chosen, own_choice)
    rows = [
        row for name, found in every.items() for row, sure in found
        if is_chosen(name, sure, detector)
    ]  # fmt: skip
    return rows, told
