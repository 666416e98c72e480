"""Covered lists 1 and 2: every face of a list under one cover, drawn by a seed.

List 1 hides parts, boxes and ovals in one grey or noise, as training does; list 2 has the product's
own stickers, named parts and rectangles, which no training has seen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import PRESETS, preset
from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.scene import Scene
from ran.study.data.ferplus import Faces

_FILLS = ("black", "grey", "noise", "blur", "mean")
VALID_SEED = 7
"""Of the covered copy of FER2013Valid, by which epochs are chosen and attention is judged."""


def covered_list(faces: Faces, *, seed: int) -> Faces:
    """Return the faces, each under one cover; equal names and seed give equal pixels.

    In order of name, each gets with the same chance the upper, lower, left or right part of .33 to
    .52 of the side, a box of .4 to .7 by .4 to .7, or an oval of radii 10 to 17 pixels of 48 about
    a point of the middle half; it is one grey (chance .6) or noise.
    """
    generator = np.random.default_rng(seed)
    pixels = faces.pixels.copy()
    for row in sorted(range(len(faces)), key=lambda row: faces.names[row]):
        hidden = _cover(generator, pixels.shape[-1])
        grey = generator.integers(0, 256)
        noise = generator.integers(0, 256, hidden.shape, dtype=np.uint8)
        pixels[row][hidden] = grey if generator.random() < 0.6 else noise[hidden]
    return replace(faces, pixels=pixels)


def product_covers(faces: Faces, *, seed: int) -> Faces:
    """Return the faces, each under one of the product's covers; equal names and seed, equal pixels.

    Covered list 2. In order of name, each gets with the same chance a sticker as it looks, or a
    named part or a rectangle of .3 to .6 by .3 to .6 in black, grey, noise, blur or the face's mean
    colour. Stickers and parts lie at the medians of FERPlus' framing.
    """
    generator = np.random.default_rng(seed)
    pixels = faces.pixels.copy()
    for row in sorted(range(len(faces)), key=lambda row: faces.names[row]):
        face = Face.from_pixels(np.repeat(pixels[row][..., None], 3, axis=2))
        scene = _product_cover(face, generator)
        pixels[row] = np.asarray(Image.fromarray(scene.hidden_pixels()).convert("L"))
    return replace(faces, pixels=pixels)


def _product_cover(face: Face, generator: np.random.Generator) -> Scene:
    kind = generator.integers(3)
    if kind == 0:
        name = list(ART)[generator.integers(len(ART))]
        mirrored = bool(generator.integers(2))
        return Scene(face, (place(name, face, mirrored=mirrored),), Fill("look"))
    fill = Fill(_FILLS[generator.integers(len(_FILLS))], seed=int(generator.integers(2**31)))
    if kind == 1:
        return Scene(face, preset(list(PRESETS)[generator.integers(len(PRESETS))], face), fill)
    width, height = generator.uniform(0.3, 0.6, 2)
    x, y = generator.uniform(0.0, 1.0 - np.array([width, height]))
    box = Rectangle(float(x), float(y), float(x + width), float(y + height))
    return Scene(face, (box,), fill)


def _cover(generator: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """Return one random cover, bool[side, side]."""
    down, across = np.mgrid[:side, :side]
    kind = generator.integers(6)
    depth = round(side * generator.uniform(0.33, 0.52))
    if kind < 4:
        far = side - depth
        return np.asarray((down < depth, down >= far, across < depth, across >= far)[kind])
    if kind == 4:
        height, width = (round(side * size) for size in generator.uniform(0.4, 0.7, 2))
        top, left = generator.integers(0, [side - height + 1, side - width + 1])
        inside = (down >= top) & (down < top + height) & (across >= left)
        return np.asarray(inside & (across < left + width))
    y, x = generator.uniform(0.25 * side, 0.75 * side, 2)
    high, broad = generator.uniform(10 / 48 * side, 17 / 48 * side, 2)
    return np.asarray(((down - y) / high) ** 2 + ((across - x) / broad) ** 2 < 1.0)


COVERED_LISTS = {1: covered_list, 2: product_covers}
"""By number; each takes faces and a seed."""
