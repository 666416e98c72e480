"""Pictures of more than eight bits, or of numbers, brought to levels of 0 to 255 by what they say.

Grey pictures of 16 or 32 bits and of floats come as numbers, and a file need not say which of them
is white. What it says counts (TIFF's MinSampleValue and MaxSampleValue and their successors, TIFF
6.0); else white is the least of the usual ones that no pixel exceeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.errors import UnreadablePhoto
from ran.words import _, later

_MIN, _MAX = (340, 280), (341, 281)  # SMinSampleValue, MinSampleValue; the same of the largest
_MEANING = 262  # PhotometricInterpretation: 0 is WhiteIsZero
WHITES = (255, 1023, 4095, 65535)
"""Eight, ten, twelve and sixteen bits: cameras store twelve in a file of sixteen, right aligned.

A photograph whose brightest pixel lies below a sixteenth of white is taken for one of these.
"""
_HINT = later("Save it as an 8-bit picture, for example as PNG, and try again.")


def is_deep(picture: Image.Image) -> bool:
    """Say whether a picture holds numbers that are no levels of 0 to 255 yet."""
    return picture.mode == "F" or picture.mode.startswith("I")


@dataclass(frozen=True)
class Said:
    """What a file says of its numbers.

    ends: which number is black and which is white, or None for the usual ones. is_negative: they
    are the other way round, as in a scanned negative (TIFF's WhiteIsZero).
    """

    ends: tuple[float, float] | None = None
    is_negative: bool = False


def levels(picture: Image.Image, said: Said, name: str) -> NDArray[np.uint8]:
    """Return the grey levels u8[H, W] of a picture of 16 or 32 bits or of floats.

    Args:
        picture: of mode I, I;16 or F.
        said: what its file says of them, asked before the picture was turned.
        name: of its file, for the refusal.

    Raises:
        UnreadablePhoto: if the numbers do not say which is black and which is white.
    """
    numbers = np.asarray(picture)
    if not np.isfinite(numbers).all():
        raise UnreadablePhoto(
            _("{name} holds pixels that are no numbers.").format(name=name), hint=_(_HINT)
        )
    least, most = float(numbers.min()), float(numbers.max())
    black, white = said.ends or _usual(picture.mode == "F", least, most, name)
    share = (numbers.astype(np.float32) - np.float32(black)) / np.float32(white - black)
    if said.is_negative:
        share = 1 - share
    # Half a level more than 255, floored: every level has the same share of the numbers.
    return (share.clip(0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def said_by(picture: Image.Image) -> Said:
    """Return what a file just opened says of its numbers; what is not sound is passed over."""
    tags = getattr(picture, "tag_v2", {})
    return Said(_ends(tags), _number(tags.get(_MEANING)) == 0)


def _ends(tags: Mapping[int, object]) -> tuple[float, float] | None:
    black = next((_number(tags[tag]) for tag in _MIN if tag in tags), 0.0)
    white = next((_number(tags[tag]) for tag in _MAX if tag in tags), None)
    if black is None or white is None or not black < white:
        return None
    return black, white


def _number(value: object) -> float | None:
    """Return a tag's number; where it has one a sample, the first."""
    first = value[0] if isinstance(value, tuple) and value else value
    if not isinstance(first, int | float) or not np.isfinite(first):
        return None
    return float(first)


def _usual(is_float: bool, least: float, most: float, name: str) -> tuple[float, float]:
    whites = (1, *WHITES) if is_float else WHITES
    white = next((white for white in whites if most <= white), None)
    if least < 0 or white is None:
        raise UnreadablePhoto(
            _(
                "{name} holds numbers from {least:.4g} to {most:.4g} and does not say which is "
                "white."
            ).format(name=name, least=least, most=most),
            hint=_(_HINT),
        )
    return 0.0, float(white)
