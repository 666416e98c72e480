"""The whole path from photograph to answer, on FERPlus' own pictures laid on a canvas.

A network that answers well on the data set's crops may still fail on a photograph, where a detector
and our framing come first. Here the right answer is known and the picture is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from ran.engine import Engine
from ran.engine.chunks import MOST_FACES
from ran.errors import BadRequest, NoFaceFound
from ran.face.photo import Photo
from ran.scene import Scene
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import answers

ENLARGED = 6
"""How many times a picture is enlarged: its 48 pixels become 288."""
CANVAS = 2
"""Side of the canvas, in units of the enlarged picture."""


def on_canvas(pixels: NDArray[np.uint8], name: str) -> Photo:
    """Return a grey picture u8[S, S], enlarged, in the middle of a canvas of its mean grey."""
    side = pixels.shape[0] * ENLARGED
    canvas = Image.new("L", (CANVAS * side, CANVAS * side), round(float(pixels.mean())))
    enlarged = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    canvas.paste(enlarged, ((CANVAS - 1) * side // 2,) * 2)
    return Photo(np.asarray(canvas.convert("RGB")), name)


def check_photographs(engine: Engine, faces: Faces, *, most: int | None = None) -> dict[str, float]:
    """Compare the answer for a picture with the answer for the face found in it, on a canvas.

    Args:
        engine: answers, detects and frames.
        faces: pictures with their labels.
        most: how many pictures are asked, evenly over all; None asks all.

    Returns:
        n, pictures asked; found, in how many a face was found; over these: agreement, the share
        with one answer on both paths, and the accuracies `accuracy` of the found face and `direct`
        of the picture itself.

    Raises:
        BadRequest: if `most` is below 1, or no face is found at all.
    """
    if most is not None and most < 1:
        raise BadRequest(f"{most} photographs show nothing.", hint="Ask for 1 or more.")
    count = len(faces) if most is None else min(most, len(faces))
    chosen = np.linspace(0, len(faces) - 1, count).round().astype(int)
    asked = faces.at(chosen)
    found, answered = photographed(engine, asked)
    if not found:
        raise BadRequest(
            f"No face was found in {count} pictures.", hint="Give FERPlus as it was published."
        )
    answer = answered.argmax(1)
    direct = answers(engine.model, asked, engine.card.input_size)[found]
    labels = torch.from_numpy(asked.labels())[found]
    return {
        "n": count,
        "found": len(found),
        "agreement": float((answer == direct).double().mean()),
        "accuracy": float((answer == labels).double().mean()),
        "direct": float((direct == labels).double().mean()),
    }


def photographed(engine: Engine, asked: Faces) -> tuple[list[int], Tensor]:
    """Return in which pictures a face was found on its canvas, and their logits f32[K, C]."""
    found: list[int] = []
    answered: list[Tensor] = []
    faces_found = _faces_found(engine, asked)
    while chunk := list(islice(faces_found, MOST_FACES)):
        found += [number for number, _ in chunk]
        predicted = engine.predict_many([scene for _, scene in chunk])
        answered += [torch.tensor(one.logits) for one in predicted]
    return found, torch.stack(answered) if answered else torch.zeros(0, 0)


def _faces_found(engine: Engine, asked: Faces) -> Iterator[tuple[int, Scene]]:
    """Yield the face found in each photograph, and the picture's number."""
    for number in tqdm(range(len(asked)), desc="photographs", leave=False, mininterval=10):
        with suppress(NoFaceFound):
            photo = on_canvas(asked.pixels[number], asked.names[number])
            yield number, Scene(engine.find_faces(photo)[0])
