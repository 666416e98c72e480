"""Rows: many faces in memory to predictions, against the bare network; and what lies between."""

from __future__ import annotations

import io
import time
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.rows import Check, Row, in_turns
from ran.engine import Engine
from ran.engine.room import Room
from ran.face.detect import Face
from ran.places import examples_folder
from ran.scene import Scene
from ran.study.cohort.pictures_from import Picture
from ran.study.cohort.rows import Wanted, faces_in, rows_of

GOALS = {"cpu": 0.9, "gpu": 0.8}
FACES = {"cpu": 96, "gpu": 1024}
SIDE = 48
"""FERPlus' pictures."""
BETWEEN = "a face's time outside the network and its crops, one thread"
MOST_BETWEEN = 0.3e-3
CHUNK = 64
FRAMED_FILES, PHOTO_FILES = "cohort from framed JPEG files", "cohort from photos, faces looked for"
GOALS_OF_FILES, GOAL_OF_PHOTOS = {"cpu": 0.8, "gpu": 0.5}, 0.6


def cohort_row(*, device: str, repeats: int, faces: int | None = None) -> Row:
    """Measure faces of the bundled network, crops included, against its backbone alone."""
    kind = "cpu" if device == "cpu" else "gpu"
    count = FACES[kind] if faces is None else faces
    engine, scenes = Engine.load(device=device), _scenes(count)
    crops = torch.cat([engine.crops(scene) for scene in scenes]).flatten(0, 1)
    at_once = engine.room.at_once if kind == "cpu" else 128 * len(engine.model.layout)
    bare = Room(engine.asked, at_once, device)

    def ours() -> None:
        _forget(engine)
        engine.predict_many(scenes)

    def baseline() -> Tensor:
        # Reading back waits for the device.
        return bare.features(crops).cpu()

    samples, against = in_turns(ours, baseline, repeats=repeats)
    _forget(engine)
    found = np.stack([answer.logits for answer in engine.predict_many(scenes)])
    with torch.no_grad():
        features = baseline().to(device).view(count, -1, engine.model.width)
        expected = engine.asked.attend(features).logits.cpu().numpy()
    error = float(np.abs(found - expected).max() / np.abs(expected).max())
    return Row(
        name=f"cohort, {count} faces in memory",
        against=f"the network's features alone, {at_once} crops together",
        samples=samples,
        baseline=against,
        check=Check(f"largest error {error:.1e} of the largest logit", error <= 1e-5),
        goal=GOALS[kind] if faces is None else None,
    )


def files_row(*, device: str, repeats: int, is_framed: bool, pictures: int | None = None) -> Row:
    """Measure rows of JPEG files, decoded and, unless framed, looked at for faces, all in one.

    Framed: 224 pixels a side; else photos of 400 with one face each. Against the backbone alone on
    the crops of the same faces.
    """
    kind = "cpu" if device == "cpu" else "gpu"
    engine, wanted = Engine.load(device=device), Wanted(is_framed=is_framed, saved=("logits",))
    files = _files((FACES[kind] if is_framed else 48) if pictures is None else pictures, is_framed)
    rows = _rows(engine, files, wanted)
    scenes = [Scene(face) for file in files for face in faces_in(engine, file, wanted)]
    crops = torch.cat([engine.crops(scene) for scene in scenes]).flatten(0, 1)
    at_once = engine.room.at_once if kind == "cpu" else 128 * len(engine.model.layout)
    bare = Room(engine.asked, at_once, device)

    samples, against = in_turns(
        lambda: _rows(engine, files, wanted), lambda: bare.features(crops).cpu(), repeats=repeats
    )
    names = [f"logit_{name}" for name in engine.card.classes]
    found = np.array([[row[name] for name in names] for row in rows])
    expected = np.array([engine.predict(scene).logits for scene in scenes])
    error = float(np.abs(found - expected).max() / np.abs(expected).max())
    return Row(
        name=FRAMED_FILES if is_framed else PHOTO_FILES,
        against=f"the network's features alone, {at_once} crops together",
        samples=samples,
        baseline=against,
        check=Check(
            f"{len(scenes)} faces of {len(files)} files, largest error {error:.1e} of the largest "
            "logit", error <= 1e-5,
        ),
        goal=(GOALS_OF_FILES[kind] if is_framed else GOAL_OF_PHOTOS) if pictures is None else None,
    )  # fmt: skip


def _files(count: int, is_framed: bool) -> list[Picture]:
    """Return JPEG files, no two alike: noise under light, or the examples in another light."""
    generator = np.random.default_rng(0)
    photos = [
        Image.open(path).convert("RGB")
        for path in sorted(examples_folder().iterdir())
        if path.suffix in (".png", ".jpg")
    ]
    found = []
    for number in range(count):
        if is_framed:
            coarse = generator.integers(0, 256, (14, 14, 3), np.uint8)
            picture = Image.fromarray(coarse).resize((224, 224), Image.Resampling.BICUBIC)
        else:
            picture = photos[number % len(photos)].copy()
            picture.thumbnail((400, 400))
            light = float(generator.uniform(0.8, 1.0))
            picture = Image.blend(Image.new("RGB", picture.size), picture, light)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90)
        found.append(Picture(f"{number}.jpg", partial(bytes, file.getvalue())))
    return found


def _rows(engine: Engine, files: list[Picture], wanted: Wanted) -> list[dict[str, Any]]:
    _forget(engine)
    return [row for told in rows_of(engine, files, wanted) for row in told.rows]


def between_row(*, device: str, repeats: int) -> Row:
    """Measure a chunk of faces whose crops and features are there already, in one thread."""
    engine, scenes = Engine.load(device=device), _scenes(CHUNK)
    crops = torch.cat([engine.crops(scene) for scene in scenes])
    features = engine.room.features(crops.flatten(0, 1))
    engine.cutter.crops = lambda asked: crops[: len(asked)]  # type: ignore[method-assign]
    engine.room.features = lambda asked: features[: len(asked)]  # type: ignore[method-assign]
    taken, threads = [], torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(repeats):
            _forget(engine)
            begun = time.perf_counter()
            answers = engine.predict_many(scenes)
            taken.append((time.perf_counter() - begun) / CHUNK)
    finally:
        torch.set_num_threads(threads)
    shares = sum(float(answer.probabilities.sum()) for answer in answers)
    return Row(
        name=BETWEEN,
        against="",
        samples=tuple(taken),
        check=Check(f"median {1e3 * median(taken):.2f} ms", abs(shares - CHUNK) < 1e-3),
        goal=MOST_BETWEEN,
    )


def _scenes(count: int) -> list[Scene]:
    generator = np.random.default_rng(0)
    return [
        Scene(Face.from_pixels(generator.integers(0, 256, (SIDE, SIDE, 3), np.uint8)))
        for _ in range(count)
    ]


def _forget(engine: Engine) -> None:
    for kept in (engine.memory.answers, engine.memory.features):
        kept.clear()  # what is remembered would not be computed again
