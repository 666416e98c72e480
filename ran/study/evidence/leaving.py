"""How often "did attention leave the cover?" says yes, no and cannot tell, and when it is wrong.

A change of a few grey levels is no cover: what is said of it is a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from tqdm import tqdm

from ran.engine import Engine
from ran.engine.elsewhere import referring
from ran.explain.regions.attention_shift import attention_shift
from ran.explain.regions.moved_covers import (
    CAME,
    CANNOT_TELL,
    FILLS,
    LEFT,
    Reference,
    moved_covers,
    verdict,
)
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import preset
from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.net.regions import RegionLayout
from ran.scene import Scene
from ran.study.data.ferplus import Faces

COVERS = ("mask", "sunglasses", "hand over mouth", "left half")
GREY_LEVELS = 2
"""How far a value is moved where nothing is hidden at all."""
NOTHING = f"no cover: ±{GREY_LEVELS} grey levels"
Row = dict[str, float]
_Said = tuple[str, float]


def leaving(engine: Engine, faces: Faces, layout: RegionLayout) -> dict[str, Row]:
    """Return what is said of covers on many faces.

    Returns:
        By cover and fill ("sunglasses, noise"), and of changes of GREY_LEVELS in the place of the
        same covers: n, faces; left, came and cannot_tell, shares of them; points, the mean change
        of the share of attention on the cover.

    Args:
        engine: a RAN's.
        faces: of FERPlus; stickers land at the medians of their framing.
        layout: how they are cut.
    """
    asked = {f"{name}, {fill}": (name, fill) for name, fill in product(COVERS, FILLS)}
    found = {}
    for row, (name, fill) in tqdm(asked.items(), desc="covers", leave=False, mininterval=10):
        found[row] = _row(
            [_said(engine, _cover(name, fill, face, layout)) for face in _faces(faces)]
        )
    found[NOTHING] = _row(
        [
            _said_of_nothing(engine, _cover(name, FILLS[0], face, layout), seed)
            for seed, face in enumerate(_faces(faces))
            for name in COVERS
        ]
    )
    return found


def _faces(faces: Faces) -> Iterator[Face]:
    for grey in faces.pixels:
        yield Face.from_pixels(np.repeat(grey[..., None], 3, axis=2))


def _cover(name: str, fill: str, face: Face, layout: RegionLayout) -> Scene:
    shapes = (place(name, face),) if name in ART else preset(name, face)
    return Scene(face, shapes, Fill(fill), layout)


def _said(engine: Engine, scene: Scene) -> _Said:
    """Return what is said of a cover, as on the page, and the change of attention on it."""
    clean, covered = engine.predict_many([scene.clean(), scene])
    shift = attention_shift(clean.weights, covered.weights, covered.covered)
    *_passes, reference = referring(engine, scene)
    assert reference is not None
    return verdict(shift, covered.covered, reference), shift.change


def _said_of_nothing(engine: Engine, cover: Scene, seed: int) -> _Said:
    """Return what is said where the place of a cover is changed by GREY_LEVELS and not hidden."""
    face, mask, covered = cover.face, cover.mask(), engine.covered_shares(cover)
    moved = np.random.default_rng(seed).integers(-GREY_LEVELS, GREY_LEVELS + 1, mask.shape)
    levels = face.pixels + (moved * (mask > 0))[..., None]
    changed = levels.clip(0, 255).astype(np.uint8)
    pictures = [face.pixels, changed, *moved_covers(face.pixels, changed, mask, seed=seed)]
    weights = engine.weights_of(
        [Scene(replace(face, pixels=pixels), layout=cover.layout) for pixels in pictures]
    )
    shift = attention_shift(weights[0], weights[1], covered)
    return verdict(shift, covered, Reference.of(weights[0], weights[2:], covered)), shift.change


def _row(said: Sequence[_Said]) -> Row:
    words = [word for word, _change in said]
    return {
        "n": len(said),
        **{key: words.count(word) / len(said)
           for key, word in (("left", LEFT), ("came", CAME), ("cannot_tell", CANNOT_TELL))},
        "points": 100 * float(np.mean([change for _word, change in said])),
    }  # fmt: skip
