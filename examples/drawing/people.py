"""Who is drawn, and what an expression does to the muscles of a face."""

from __future__ import annotations

from dataclasses import dataclass

from drawing.brush import Colour


@dataclass(frozen=True)
class Person:
    """Who is drawn. Colours are red, green, blue in 0..255; `seed` lays the hair."""

    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    clothes: Colour
    wall: Colour
    long_hair: bool
    seed: int


@dataclass(frozen=True)
class Expression:
    """What the muscles do: zero is a face at rest, one a great deal, below zero the opposite.

    brow_inner and brow_outer raise that end of the brows, brow_close draws them together; lid_up
    opens the eye, lid_low raises the lower lid; cheek lifts the cheek; smile lifts the mouth's
    corners, wide stretches it, apart opens it, press thins the lips; jaw lowers the chin; teeth
    shows them; gaze looks down.
    """

    brow_inner: float = 0.0
    brow_outer: float = 0.0
    brow_close: float = 0.0
    lid_up: float = 0.0
    lid_low: float = 0.0
    cheek: float = 0.0
    smile: float = 0.0
    wide: float = 0.0
    apart: float = 0.0
    press: float = 0.0
    jaw: float = 0.0
    teeth: float = 0.0
    gaze: float = 0.0


EXPRESSIONS = {
    "neutral": Expression(),
    "happiness": Expression(
        brow_outer=0.15, lid_up=-0.1, lid_low=0.55, cheek=1.0, smile=1.0, wide=0.75, apart=0.45,
        jaw=0.15, teeth=1.0,
    ),
    "surprise": Expression(
        brow_inner=1.0, brow_outer=0.95, lid_up=1.0, lid_low=-0.2, smile=-0.1, wide=-0.45,
        apart=1.35, jaw=1.0,
    ),
    "sadness": Expression(
        brow_inner=0.9, brow_outer=-0.6, brow_close=0.6, lid_up=-0.4, smile=-0.6, wide=-0.05,
        press=0.15, gaze=0.5,
    ),
    "anger": Expression(
        brow_inner=-1.5, brow_outer=0.0, brow_close=1.4, lid_up=0.2, lid_low=0.4, cheek=0.1,
        smile=-0.6, wide=0.1, press=1.0,
    ),
}  # fmt: skip

SAND = Person(
    skin=(224, 178, 148), hair=(120, 84, 52), iris=(78, 106, 128), lips=(182, 104, 96),
    clothes=(96, 66, 66), wall=(184, 196, 186), long_hair=False, seed=4,
)  # fmt: skip
AMBER = Person(
    skin=(206, 152, 116), hair=(38, 28, 24), iris=(70, 46, 30), lips=(164, 86, 78),
    clothes=(150, 140, 120), wall=(176, 190, 200), long_hair=False, seed=2,
)  # fmt: skip
UMBER = Person(
    skin=(150, 100, 72), hair=(26, 21, 20), iris=(52, 34, 24), lips=(124, 64, 60),
    clothes=(196, 170, 90), wall=(206, 200, 190), long_hair=True, seed=3,
)  # fmt: skip
ROSE = Person(
    skin=(232, 190, 165), hair=(92, 58, 38), iris=(84, 110, 74), lips=(190, 96, 92),
    clothes=(70, 98, 120), wall=(196, 205, 204), long_hair=True, seed=1,
)  # fmt: skip
