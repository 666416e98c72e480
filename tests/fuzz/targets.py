"""What is fuzzed: bytes from outside become a value with a promise, or one sentence.

Anything else that leaves a target is a finding.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from ran.errors import BadShape, RanError
from ran.face.mask import rasterise
from ran.face.photo import open_photo
from ran.face.shapes import drawing_from_json, shape_to_json
from ran.face.video import open_video
from ran.net.card import read_card
from ran.recipe import Recipe, example_link, read_link
from ran.study.data.ferplus import SPLITS, read_ferplus

CORPUS = Path(__file__).parent / "corpus"
SIDE = 16


def photo(content: bytes) -> None:
    """Pixels u8[H, W, 3], whatever the file was."""
    pixels = open_photo(content, name="photo.png").pixels
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3


def film(content: bytes) -> None:
    """At most as many frames as were asked for, each at its time."""
    video = open_video(content, name="film.mp4", frames=3)
    assert 1 <= len(video.frames) <= 3
    assert len(video.times) == len(video.frames)
    assert list(video.times) == sorted(video.times)


def recipe(content: bytes) -> None:
    """What was read says the same when it is written and read again, as a file and as a link."""
    read = Recipe.from_json(content)
    assert Recipe.from_json(read.to_json()) == read
    try:
        link = example_link(read)
    except RanError:
        return  # too long for a link
    assert read_link(link) == read


def drawing(content: bytes) -> None:
    """Shapes that can be drawn, each pixel's hidden share within 0 and 1, and written again."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadShape("no JSON.", hint="The browser sends JSON.") from error
    shapes = drawing_from_json(told)
    hidden = rasterise(shapes, SIDE)
    assert hidden.shape == (SIDE, SIDE)
    assert float(hidden.min()) >= 0.0
    assert float(hidden.max()) <= 1.0
    again = drawing_from_json(json.loads(json.dumps([shape_to_json(shape) for shape in shapes])))
    assert again == shapes


def card(content: bytes) -> None:
    """A card whose texts are in one language of letters, and whose classes have names."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "card.json"
        path.write_bytes(content)
        read = read_card(path)
    assert read.classes
    assert all(name.strip() for name in read.classes)
    read.name.encode()


def label_csv(content: bytes) -> None:
    """A face and ten votes for each row."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / SPLITS["valid"]
        folder.mkdir()
        (folder / "label.csv").write_bytes(content)
        for name in ("a.png", "b.png"):
            (folder / name).write_bytes(_FACE)
        faces = read_ferplus(Path(place), "valid")
    assert faces.pixels.shape == (len(faces.names), 48, 48)
    assert faces.votes.shape == (len(faces.names), 10)
    assert len(set(faces.names)) == len(faces.names)


def _face() -> bytes:
    file = io.BytesIO()
    Image.new("L", (48, 48), 90).save(file, "PNG")
    return file.getvalue()


_FACE = _face()
TARGETS: dict[str, Callable[[bytes], None]] = {
    "photo": photo,
    "film": film,
    "recipe": recipe,
    "drawing": drawing,
    "card": card,
    "label_csv": label_csv,
}


def try_one(target: Callable[[bytes], None], content: bytes) -> bool:
    """Return whether the bytes were taken; a refusal must be one line with a next step."""
    try:
        target(content)
    except RanError as error:
        assert error.message.strip(), "a refusal says why"
        assert error.hint.strip(), "a refusal says what to do"
        assert len(str(error)) < 1000, "a refusal is a sentence"
        assert "\n" not in str(error), "a refusal is one line"
        str(error).encode()
        return False
    return True
