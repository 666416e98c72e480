"""What is wrong with a data set: what its tables, its pictures and a network's answers say."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from ran.engine import Engine
from ran.errors import RanError
from ran.face.detect import Face
from ran.face.detector import FaceDetector
from ran.face.framing import FRAMINGS
from ran.scene import Scene
from ran.study.data.splits import DataSet, Fault, Split, square, told

ASKED = 200
"""Pictures of a split that the network and the detector are asked about, evenly over all."""
FEW = 5
"""Faces of a class below which nothing is said of its order."""
FAR = 0.08
"""Of the face's side: framed otherwise where the landmarks lie farther from the card's medians."""
_DETECTED_AT = 240


def checked(data: DataSet, engine: Engine) -> DataSet:
    """Return the data set with all faults that its pictures show, and without unreadable ones.

    Every picture is read once: unreadable ones, and those of two splits that are equal pixel by
    pixel. Of ASKED pictures a network's answers tell a wrong order of the classes, and the
    landmarks a framing that is not the network's.
    """
    faults = list(data.faults)
    seen: dict[bytes, tuple[str, str]] = {}
    twice, damaged, splits = [], [], {}
    for name, split in data.splits.items():
        readable = []
        for row in tqdm(range(len(split)), desc=name, leave=False, mininterval=10):
            try:
                pixels = split.read(row)
            except RanError:
                damaged.append(f"{name}/{split.names[row]}")
                continue
            readable.append(row)
            digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()
            other = seen.setdefault(digest, (name, split.names[row]))
            if other[0] != name:
                twice.append(f"{name}/{split.names[row]} is {'/'.join(other)}")
        splits[name] = _rows(split, np.array(readable, np.int64))
    faults += told(
        "unreadable", damaged, "{count} pictures cannot be read and are left out, first {first}."
    )
    faults += told(
        "duplicate", twice, "{count} pictures stand in two splits, pixel by pixel, first {first}."
    )
    found = replace(data, splits=splits, faults=tuple(faults))
    return replace(found, faults=(*found.faults, *_order(found, engine), *_framing(found, engine)))


def _rows(split: Split, rows: NDArray[np.int64]) -> Split:
    """Return these rows of a split."""
    return Split(
        tuple(split.names[row] for row in rows),
        split.labels[rows],
        lambda place: split.read(int(rows[place])),
    )


def evenly(split: Split, most: int) -> Split:
    """Return at most so many pictures of a split, evenly over all."""
    count = min(most, len(split))
    return _rows(split, np.linspace(0, len(split) - 1, count).round().astype(np.int64))


def faces_of(split: Split, framing: str) -> Iterator[Face]:
    """Yield the pictures as faces framed so: their middle square, as the data set's own framing."""
    for row in range(len(split)):
        yield Face.from_pixels(square(split.read(row)), framing=framing)


def _order(data: DataSet, engine: Engine) -> list[Fault]:
    """Say where a network takes the classes for others, one for one: their order is another."""
    classes = engine.card.classes
    if not set(data.classes) <= set(classes) or not len(data.splits[data.judged]):
        return []
    split = evenly(data.splits[data.judged], ASKED)
    scenes = [Scene(face) for face in faces_of(split, engine.card.framing)]
    columns = [classes.index(name) for name in data.classes]
    answers = [int(one.logits[columns].argmax()) for one in engine.predict_many(scenes)]
    counts = np.zeros((len(data.classes),) * 2, int)
    np.add.at(counts, (split.labels, np.array(answers, np.int64)), 1)
    told_of = [label for label in range(len(counts)) if counts[label].sum() >= FEW]
    taken = {label: int(counts[label].argmax()) for label in told_of}
    right = sum(int(counts[label, label]) for label in told_of)
    otherwise = sum(int(counts[label, answer]) for label, answer in taken.items())
    moved = [label for label, answer in taken.items() if answer != label]
    is_order = len(set(taken.values())) == len(taken) and len(moved) >= 2
    if not is_order or otherwise < right + 0.2 * counts.sum():
        return []
    said = ", ".join(f"{data.classes[n]} as {data.classes[taken[n]]}" for n in moved)
    return told(
        "order", [data.classes[n] for n in moved],
        "{count} classes look like others, one for one (" + said + "): their numbers have another "
        "order, first {first}.",
    )  # fmt: skip


def _framing(data: DataSet, engine: Engine) -> list[Fault]:
    """Say where the landmarks do not lie where the network was trained to see them."""
    if not len(data.splits[data.judged]):
        return []
    split, detector = evenly(data.splits[data.judged], ASKED // 4), FaceDetector(engine.device)
    expected = np.asarray(FRAMINGS[engine.card.framing].landmarks, float)
    shapes = Counter(
        "square" if (shape := split.read(row).shape)[0] == shape[1] else "oblong"
        for row in range(len(split))
    )
    found = []
    for face in faces_of(split, engine.card.framing):
        points = _landmarks(face.pixels, detector)
        if points is not None:
            found.append(points)
    faults = []
    if shapes["oblong"] > len(split) / 2:
        faults += told(
            "framing", ["not square"],
            "Most pictures are {first}: their middle square is taken as the face.",
        )  # fmt: skip
    if len(found) < max(3, len(split) // 4):
        return faults
    medians = np.median(np.stack(found), 0)
    away = float(np.linalg.norm(medians - expected, axis=1).mean())
    if away > FAR:
        wide = float(medians[1, 0] - medians[0, 0])
        own = float(expected[1, 0] - expected[0, 0])
        said = (
            f"Eyes lie {wide:.2f} of the side apart, where the network was trained on {own:.2f}; "
            f"landmarks are {away:.2f} off in the mean"
        )
        faults += told(
            "framing", [f"{away:.2f}"],
            said + ": faces are framed otherwise. Cut them with `engine.find_faces`.",
        )  # fmt: skip
    return faults


def _landmarks(pixels: NDArray[np.uint8], detector: FaceDetector) -> NDArray[np.float64] | None:
    """Return the landmarks of the largest face in a framed picture, in sides of it.

    Looked for on a canvas of twice its side: a face that fills a picture is seldom found.
    """
    side = _DETECTED_AT
    canvas = Image.new("RGB", (2 * side, 2 * side), tuple(pixels.mean((0, 1)).astype(int).tolist()))
    large = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    canvas.paste(large, (side // 2, side // 2))
    found = detector.detect(np.asarray(canvas), side=2 * side)
    return None if not found else np.asarray(found[0][1], float) / side - 0.5
