"""Accuracy on any data set, and on the authors' lists of it: networks as they were trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from ran.engine import Engine
from ran.engine.chunks import MOST_FACES
from ran.errors import BadRequest, RanError
from ran.face.detect import Face
from ran.net.model import RegionAttentionNetwork
from ran.scene import Scene
from ran.study.data.lists import listed, occlusion_kinds
from ran.study.data.splits import DataSet, Split, square
from ran.study.evaluation.comparison import paired
from ran.study.evaluation.confusion import report
from ran.study.evaluation.control_table import ControlTable, table_of
from ran.study.evaluation.published import wilson_interval


@dataclass(frozen=True, eq=False)
class Judged:
    """A network's answers to a split.

    layout: the data set's; classes: those that data set and network have in common, C of them, in
    the network's order; names, rows of the split and labels i64[N] of the pictures that were asked;
    logits f32[N, C] of these classes; unread: pictures that cannot be read; left_out: those of
    other classes.
    """

    layout: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[int, ...]
    labels: Tensor
    logits: Tensor
    unread: int
    left_out: int
    kinds: tuple[str, ...] = ()
    """What was done to each picture, of a test set that was made."""

    @property
    def answers(self) -> Tensor:
        """Return the class answered for each picture, i64[N]."""
        return self.logits.argmax(1)


def judge(engine: Engine, data: DataSet) -> Judged:
    """Answer the pictures of the split that judges: test, else valid, else the only one.

    Pictures are taken as framed faces, the middle square of those that are not square. Where data
    set and network have not the same classes, the common ones are judged, among which the network
    answers.

    Raises:
        BadRequest: if they have fewer than two classes in common, or no picture of them is there.
    """
    split = data.splits.get(data.judged)
    common = tuple(name for name in engine.card.classes if name in data.classes)
    if len(common) < 2 or split is None:
        raise BadRequest(
            f"The data set has the classes {', '.join(data.classes)}, the network "
            f"{', '.join(engine.card.classes)}.",
            hint="Give a network of the same expressions.",
        )
    places = {data.classes.index(name): number for number, name in enumerate(common)}
    rows = [row for row, label in enumerate(split.labels.tolist()) if label in places]
    columns = [engine.card.classes.index(name) for name in common]
    asked: list[int] = []
    logits: list[NDArray[np.float32]] = []
    faces = _faces(split, rows, engine.card.framing)
    while chunk := list(islice(faces, MOST_FACES)):
        asked += [row for row, _face in chunk]
        answers = engine.predict_many([Scene(face) for _row, face in chunk])
        logits += [one.logits[columns] for one in answers]
    if not asked:
        raise BadRequest(
            "No picture of the data set can be read.", hint="Check it: ran data check."
        )
    return Judged(
        data.layout,
        common,
        tuple(split.names[row] for row in asked),
        tuple(asked),
        torch.tensor([places[int(split.labels[row])] for row in asked]),
        torch.from_numpy(np.stack(logits)),
        unread=len(rows) - len(asked),
        left_out=len(split) - len(rows),
        kinds=tuple(split.kinds[row] for row in asked) if split.kinds else (),
    )


def _faces(split: Split, rows: list[int], framing: str) -> Iterator[tuple[int, Face]]:
    for row in tqdm(rows, desc="pictures", leave=False, mininterval=10):
        try:
            pixels = split.read(row)
        except RanError:
            continue
        yield row, Face.from_pixels(square(pixels), framing=framing)


def reported(judged: Judged, lists: Path | None) -> dict[str, Any]:
    """Return what a network reaches on a data set and on the authors' lists of it.

    Returns:
        layout; test, and each list by its name: what ran.study.evaluation.confusion.report says,
        and classes; in occlusion also kinds, the same by what hides the face, if the list says so;
        kinds, of a test set that was made, by kind and severity; missing, pictures of lists that
        the data set has not; unread; left_out.

    Args:
        judged: its answers.
        lists: the folder of the authors' lists, or None.
    """
    found: dict[str, Any] = {"layout": judged.layout}
    rows = _members(judged, lists)
    for name, members in rows.items():
        if bool(members.any()):
            answers, labels = judged.answers[members], judged.labels[members]
            found[name] = {
                **report(answers, labels, classes=len(judged.classes)),
                "classes": list(judged.classes),
            }
    if judged.kinds:
        found["kinds"] = {
            kind: {key: value for key, value in report(judged.answers[rows], judged.labels[rows],
                                                       classes=len(judged.classes)).items()
                   if key != "confusion"}
            for kind, rows in _of_kinds(judged).items()
        }  # fmt: skip
    if lists is not None and "occlusion" in found:
        found["occlusion"]["kinds"] = _by_occlusion(judged, lists)
    named = {} if lists is None else listed(lists, judged.layout)
    found["missing"] = len(frozenset().union(*named.values()).difference(_keys(judged)))
    return found | {"unread": judged.unread, "left_out": judged.left_out}


def _by_occlusion(judged: Judged, lists: Path) -> dict[str, dict[str, float]]:
    """Return n, accuracy and its 95 % interval of each kind of occlusion that the list names."""
    kinds = occlusion_kinds(lists, judged.layout)
    right = (judged.answers == judged.labels).tolist()
    parts: dict[str, list[bool]] = {}
    for key, is_right in zip(_keys(judged), right, strict=True):
        if key in kinds:
            parts.setdefault(kinds[key], []).append(is_right)
    found = {}
    for kind, part in sorted(parts.items()):
        share = sum(part) / len(part)
        low, high = wilson_interval(share, len(part))
        found[kind] = {"n": len(part), "accuracy": share, "low": low, "high": high}
    return found


def _of_kinds(judged: Judged) -> dict[str, Tensor]:
    """Return which pictures are of each kind and severity, bool[N]."""
    return {
        kind: torch.tensor([one == kind for one in judged.kinds])
        for kind in dict.fromkeys(judged.kinds)
    }


def controls(engine: Engine, data: DataSet, judged: Judged) -> ControlTable:
    """Return what other weights in place of the network's own cost on the split that judges.

    Rows of ran.study.evaluation.control_table.

    Args:
        engine: the network.
        data: the data set.
        judged: its answers, with the pictures and classes that count.

    Raises:
        BadRequest: if the network has no attention, or there are fewer than two pictures.
    """
    if not isinstance(engine.model, RegionAttentionNetwork):
        raise BadRequest(
            "A plain network has no attention to control.", hint="Give a RAN's checkpoint."
        )
    if len(judged.names) < 2:
        raise BadRequest("One picture has no other's weights.", hint="Give two or more.")
    split = data.splits[data.judged]
    faces = _faces(split, list(judged.rows), engine.card.framing)
    features = []
    while chunk := list(islice(faces, MOST_FACES)):
        features.append(engine.chunks.made([Scene(face) for _row, face in chunk]))
    columns = [engine.card.classes.index(name) for name in judged.classes]
    return table_of(engine.model, torch.cat(features), judged.labels, columns=columns)


def against(judged: Judged, other: Judged, lists: Path | None) -> dict[str, dict[str, float]]:
    """Return, on the data set and on each list, the first network paired with the second.

    Raises:
        BadRequest: if they were not asked about the same pictures and classes.
    """
    if judged.names != other.names or judged.classes != other.classes:
        raise BadRequest(
            "The two networks have not the same classes in common with the data set.",
            hint="Compare networks of the same expressions.",
        )
    first, second = (one.answers == one.labels for one in (judged, other))
    return {
        name: paired(first[members], second[members])
        for name, members in _members(judged, lists).items()
        if bool(members.any())
    }


def _keys(judged: Judged) -> list[str]:
    return [name.removesuffix("_aligned") for name in judged.names]


def _members(judged: Judged, lists: Path | None) -> Mapping[str, Tensor]:
    """Return which pictures are of the whole split, and which of each list, bool[N]."""
    keys = _keys(judged)
    named = {} if lists is None else listed(lists, judged.layout)
    return {"test": torch.ones(len(keys), dtype=torch.bool)} | {
        name: torch.tensor([key in members for key in keys]) for name, members in named.items()
    }
