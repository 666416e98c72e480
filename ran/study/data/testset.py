"""Test sets of covered and turned faces, made from any data set: a manifest and no picture.

A row a face, kind and severity. A row says what is done to the face, in numbers, and the SHA-256 of
the pixels that come out: whoever has the data set makes the same pixels again, or is told that they
are others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import PRESETS
from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.face.head import turn
from ran.face.shapes import Rectangle, Shape, Sticker, shape_from_json, shape_to_json
from ran.scene import Scene
from ran.study.data.splits import DataSet, Split, square

NAME = "manifest.parquet"
VERSION = 1
"""Of how rows are drawn: another version draws others."""
KINDS = ("stickers", "parts", "rectangles", "turned")
REAL = "real"
"""The kind that makes nothing: faces that are hidden or turned already, see real_sets."""
SEVERITIES = (1, 2, 3, 4, 5)
MADE = b"ran.testset"
"""Where a manifest's metadata says of what and how it was made."""
_STICKER_SIZES = (0.7, 0.85, 1.0, 1.15, 1.3)
"""Of a sticker, in units of how large it sits on the face."""
_OPACITIES = (0.4, 0.55, 0.7, 0.85, 1.0)
"""Of the noise that hides a named part."""
AREAS = (0.04, 0.09, 0.16, 0.25, 0.36)
"""Of a rectangle, in units of the face."""
_YAWS = (12.0, 24.0, 36.0, 48.0, 60.0)
"""By how many degrees a head is turned, to either side."""
Row = dict[str, Any]


@dataclass(frozen=True)
class TestSet:
    """What is made of a data set: which kinds, how severe, drawn by which seed.

    Raises:
        BadRequest: if there is no such kind or severity, or none at all.
    """

    __test__ = False  # pytest takes what is called so for its own
    kinds: tuple[str, ...] = KINDS
    severities: tuple[int, ...] = SEVERITIES
    seed: int = 0

    def __post_init__(self) -> None:
        wrong = [name for name in self.kinds if name not in KINDS]
        if wrong or not self.kinds:
            said = ", ".join(wrong) or "of face"
            raise BadRequest(f"There is no kind {said}.", hint=f"Use {', '.join(KINDS)}.")
        if not self.severities or not set(self.severities) <= set(SEVERITIES):
            raise BadRequest(
                f"There are no severities {self.severities}.", hint="Use some of 1 to 5."
            )


def rows_of(data: DataSet, wanted: TestSet, *, most: int | None = None) -> Iterator[Row]:
    """Yield the rows of a test set, a face after the other.

    A row: name, label, kind, severity; done, JSON of shapes and fill or of a yaw; source and
    digest, the SHA-256 of the pixels before and after. Each is drawn by the seed, the face's name
    and the kind: severities of a face differ in nothing else, and a part of the faces has the rows
    of the whole.

    Args:
        data: of which the split that judges is taken.
        wanted: what is made.
        most: faces, evenly over the split; None takes all.
    """
    split = data.splits[data.judged]
    count = len(split) if most is None else min(most, len(split))
    places = np.linspace(0, len(split) - 1, count).round().astype(int).tolist()
    for number in tqdm(places, desc="faces", leave=False, mininterval=10):
        face = Face.from_pixels(square(split.read(number)))
        for kind in wanted.kinds:
            for severity in wanted.severities:
                name = split.names[number]
                done = drawn(face, kind, severity, name, wanted.seed)
                yield {
                    "name": name,
                    "label": data.classes[split.labels[number]],
                    "kind": kind,
                    "severity": severity,
                    "done": json.dumps(done, sort_keys=True),
                    "source": digest_of(face.pixels),
                    "digest": digest_of(pixels_of(face, done)),
                }


def drawn(face: Face, kind: str, severity: int, name: str, seed: int) -> Row:
    """Return what is done to a face of this name: of KINDS and SEVERITIES, as `shown` takes it."""
    return _DRAWN[kind](face, severity - 1, _generator(seed, name, kind))


def _generator(seed: int, name: str, kind: str) -> np.random.Generator:
    """Return what draws a face's cover of a kind: the same for every severity of it."""
    words = hashlib.sha256(f"{VERSION} {seed} {name} {kind}".encode()).digest()
    return np.random.default_rng(np.frombuffer(words, np.uint32))


def digest_of(pixels: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of a picture u8[S, S, 3] and its shape."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def _sticker(face: Face, level: int, generator: np.random.Generator) -> Row:
    name = list(ART)[generator.integers(len(ART))]
    sat = place(name, face, mirrored=bool(generator.integers(2)))
    size = round(sat.size * _STICKER_SIZES[level], 6)
    shape = Sticker(sat.name, round(sat.x, 6), round(sat.y, 6), size, round(sat.angle, 6),
                    sat.mirrored)  # fmt: skip
    return _covered([shape], Fill("look"))


def _part(face: Face, level: int, generator: np.random.Generator) -> Row:
    name = list(PRESETS)[generator.integers(len(PRESETS))]
    fill = Fill("noise", seed=int(generator.integers(10**6)), opacity=_OPACITIES[level])
    return _covered(PRESETS[name], fill)


def _rectangle(face: Face, level: int, generator: np.random.Generator) -> Row:
    stretch, across, down = generator.uniform([0.7, 0.0, 0.0], [1.4, 1.0, 1.0])
    width, height = AREAS[level] ** 0.5 * stretch, AREAS[level] ** 0.5 / stretch
    x, y = across * (1.0 - width), down * (1.0 - height)
    edges = [round(float(edge), 6) for edge in (x, y, x + width, y + height)]
    kind = ("black", "grey", "noise")[generator.integers(3)]
    return _covered([Rectangle(*edges)], Fill(kind, seed=int(generator.integers(10**6))))


def _turn(face: Face, level: int, generator: np.random.Generator) -> Row:
    return {"yaw": _YAWS[level] * (1.0 if generator.integers(2) else -1.0)}


_DRAWN: Mapping[str, Callable[[Face, int, np.random.Generator], Row]] = {
    "stickers": _sticker, "parts": _part, "rectangles": _rectangle, "turned": _turn,
}  # fmt: skip


def _covered(shapes: Sequence[Shape], fill: Fill) -> Row:
    return {
        "shapes": [shape_to_json(shape) for shape in shapes],
        "fill": fill.kind, "seed": fill.seed, "opacity": fill.opacity,
    }  # fmt: skip


def pixels_of(face: Face, done: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Return what a row makes of a face, u8[S, S, 3].

    Raises:
        BadShape, BadRequest: if the row says nothing that can be done.
    """
    return shown(face, done).hidden_pixels()


def shown(face: Face, done: Mapping[str, Any]) -> Scene:
    """Return the same as a scene: the face under its cover, or turned."""
    if "yaw" in done:
        return Scene(turn(face, float(done["yaw"])).face)
    if not done:
        return Scene(face)
    shapes = tuple(shape_from_json(shape) for shape in done["shapes"])
    fill = Fill(str(done["fill"]), seed=int(done["seed"]), opacity=float(done["opacity"]))
    return Scene(face, shapes, fill)


def write(path: Path, rows: Sequence[Row], made: Mapping[str, Any]) -> None:
    """Write a manifest; `made` says of what and how: the data set's path, layout, seed, version."""
    import pyarrow
    from pyarrow import parquet

    from ran.writing import replacing

    table = pyarrow.Table.from_pylist(list(rows))
    with replacing(path) as fresh:
        parquet.write_table(
            table.replace_schema_metadata({MADE: json.dumps(dict(made)).encode()}), fresh
        )


def made_of(path: Path) -> dict[str, Any] | None:
    """Return of what and how a test set was made; None of what is none.

    path: its manifest, or the folder that holds it.
    """
    file = path / NAME if path.is_dir() else path
    if file.suffix.lower() != ".parquet" or not file.is_file():
        return None
    try:
        from pyarrow import ArrowException, parquet

        metadata = parquet.read_schema(file).metadata or {}
        made = json.loads(metadata.get(MADE, b"null"))
    except (ModuleNotFoundError, ArrowException, OSError, ValueError):
        return None
    return made if isinstance(made, dict) else None


def rows_in(path: Path) -> list[Row]:
    """Return the rows of a test set's manifest."""
    from pyarrow import parquet

    found: list[Row] = parquet.read_table(path / NAME if path.is_dir() else path).to_pylist()
    return found


def read(rows: Sequence[Row], source: DataSet) -> DataSet:
    """Return a test set as a data set: each face is made when it is asked for, and checked.

    Args:
        rows: of its manifest.
        source: the data set that it was made of.

    Raises:
        BadRequest: if faces of the manifest are not in the data set.
    """
    split = source.splits[source.judged]
    places = {name: number for number, name in enumerate(split.names)}
    absent = sorted({str(row["name"]) for row in rows} - set(places))
    if absent:
        raise BadRequest(
            f"{len(absent)} faces of the test set are not in the data set, first {absent[0][:80]}.",
            hint="Give the data set that it was made of.",
        )

    def picture(number: int) -> NDArray[np.uint8]:
        row = rows[number]
        face = Face.from_pixels(square(split.read(places[str(row["name"])])))
        if digest_of(face.pixels) != row["source"]:
            raise BadRequest(
                f"{row['name']} is not the picture that the test set was made of.",
                hint="Get the data set that its manifest names.",
            )
        pixels = pixels_of(face, json.loads(row["done"]))
        if digest_of(pixels) != row["digest"]:
            raise BadRequest(
                f"{row['name']} comes out otherwise than when the test set was made.",
                hint="Use the version of this package that its manifest names.",
            )
        return pixels

    labels = np.array([source.classes.index(row["label"]) for row in rows], np.int64)
    kinds = tuple(
        row["kind"] if row["severity"] is None else f"{row['kind']} {row['severity']}"
        for row in rows
    )
    names = tuple(str(row["name"]) for row in rows)
    return DataSet("testset", source.classes, {"test": Split(names, labels, picture, kinds)})
