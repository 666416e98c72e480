"""Recipes that tests share: one by hand, the same in Python, and it with a value changed."""

import json
from copy import deepcopy

import numpy as np

from ran.face.covers.occlusion import Fill
from ran.face.detect import FERPLUS, Face
from ran.face.shapes import Ellipse, Polygon, Rectangle, Stroke
from ran.recipe import (
    CheckpointRef,
    LayoutChoice,
    PhotoRef,
    Recipe,
)

PIXELS = np.random.default_rng(4).integers(0, 256, (32, 32, 3), dtype=np.uint8)
FACE = Face(PIXELS, landmarks=np.asarray(FERPLUS.landmarks, np.float32))
BARE = Face.from_pixels(PIXELS)
DIGEST, SHA256 = "0123456789abcdef" * 4, "ab" * 32
PHOTO, CHECKPOINT = PhotoRef(DIGEST, "her.jpg", 1), CheckpointRef("tiny", SHA256)

# By hand: what a recipe looks like.
WRITTEN = {
    "version": 3,
    "photo": {"digest": DIGEST, "name": "her.jpg", "face": 1},
    "shapes": [
        {"kind": "rectangle", "x0": 0.25, "y0": 0.5, "x1": 0.75, "y1": 1.0, "angle": 0.0},
        {"kind": "ellipse", "x0": 0.0, "y0": 0.0, "x1": 0.5, "y1": 0.25, "angle": 30.0},
        {"kind": "polygon", "points": [[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]]},
        {
            "kind": "stroke", "points": [[0.5, 0.25], [0.5, 0.75]],
            "width": 0.125, "softness": 0.5, "erase": True,
        },
    ],
    "fill": {"kind": "colour", "colour": [200, 10, 30], "seed": 7, "opacity": 0.5},
    "layout": {"kind": "random", "count": 3, "seed": 8},
    "alpha": 0.05,
    "checkpoint": {"name": "tiny", "sha256": SHA256},
    "region": 2,
    "poses": None,
    "cut": "straightened",
}  # fmt: skip
MADE = Recipe(
    photo=PHOTO,
    checkpoint=CHECKPOINT,
    shapes=(
        Rectangle(0.25, 0.5, 0.75, 1.0),
        Ellipse(0.0, 0.0, 0.5, 0.25, 30.0),
        Polygon(((0.0, 0.0), (1.0, 0.0), (0.5, 0.5))),
        Stroke(((0.5, 0.25), (0.5, 0.75)), 0.125, 0.5, True),
    ),
    fill=Fill("colour", (200, 10, 30), 7, 0.5),
    layout=LayoutChoice("random", count=3, seed=8),
    alpha=0.05,
    region=2,
)
LARGE = json.dumps(WRITTEN)[:-1] + " " * (10 * 2**20) + "}"


def changed(path, value):
    """WRITTEN with another value at a dotted path; `...` leaves the field out."""
    recipe = deepcopy(WRITTEN)
    *places, last = path.split(".")
    inner = recipe
    for place in places:
        inner = inner[int(place) if isinstance(inner, list) else place]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(recipe)
