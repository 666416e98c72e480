"""A made-up face, and how far two answers to it lie apart."""

import numpy as np

from ran.face.detect import Face
from ran.face.shapes import Rectangle

PIXELS = np.kron(
    np.random.default_rng(4).integers(0, 256, (8, 8, 3), dtype=np.uint8),
    np.ones((8, 8, 1), np.uint8),
)
FACE = Face.from_pixels(PIXELS)
MOUTH = Rectangle(0.25, 0.65, 0.75, 0.9)
FIELDS = ("probabilities", "logits", "self_weights", "relation_weights", "weights", "covered")


def differ(first, second):
    """The largest difference between the numbers of two predictions."""
    return max(abs(getattr(first, name) - getattr(second, name)).max() for name in FIELDS)


def is_the_same_to_the_bit(first, second):
    return all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in FIELDS
        if name != "covered"
    )
