"""Pictures side by side with one ring at the same place in all of them, and its value in each.

A Streamlit component without a build step. The ring follows the pointer, or the arrow keys; what
it stands on is also said in words. The values travel with the pictures, so that no event does.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.figures.data_urls import coloured
from ran.ui.components.component import Component

_FOLDER = Path(__file__).parent
FINEST = 64
"""Cells a side of the values that travel; of a larger map each cell is the mean of its pixels."""
_LEVELS = 32767

PICTURES = Component("ran_pictures", _FOLDER, "pictures.js")


@dataclass(frozen=True, eq=False)
class Picture:
    """One of the pictures: what is seen, and the value at each place of it.

    pixels u8[H, W, 3], the map already laid over them; values f32[h, w], of any size; name, one
    word before its value; caption, below the picture; alt, for those who do not see it; a value
    above zero is written with a plus where `signed`.
    """

    pixels: NDArray[np.uint8]
    values: NDArray[np.float32]
    name: str
    caption: str
    alt: str
    signed: bool


def decimals(scale: float) -> int:
    """Return how many decimals show two digits of a value as large as the scale, 2 to 8."""
    return 2 if scale <= 0 else min(8, max(2, 1 - math.floor(math.log10(scale))))


def linked_pictures(
    key: str,
    pictures: Sequence[Picture],
    *,
    digits: int,
    label: str,
    unit: str = "",
    most: int = 3,
    explains: bool = True,
) -> None:
    """Draw pictures in a row, two on a phone, with one ring for all of them.

    Args:
        key: the component's, one for each row of pictures on a page.
        pictures: at least one; all values have one size.
        digits: decimals of the values.
        label: what the row is, for those who do not see it.
        unit: what stands behind a value in the line below the pictures.
        most: how many pictures stand in one row where there is room.
        explains: whether the line below says how values are read, until one is.

    Raises:
        ValueError: if there is none, or their values do not lie on one grid, or are no numbers.
    """
    sent = _data(pictures, digits, label, unit, most)
    PICTURES(key=key, data=sent | {"explains": explains})


def _data(
    pictures: Sequence[Picture], digits: int, label: str, unit: str, most: int
) -> dict[str, Any]:
    """Return what travels; the same for the same pictures, so that nothing is sent twice."""
    sizes = {picture.values.shape for picture in pictures}
    if len(sizes) != 1:
        raise ValueError(
            f"pictures under one ring need values of one size, got {sorted(sizes)}; lay the maps "
            "on one grid first"
        )
    if not all(np.isfinite(picture.values).all() for picture in pictures):
        raise ValueError(
            "the values under a ring must be finite; refuse the map before it is shown"
        )
    return {
        "label": label,
        "unit": unit,
        "digits": digits,
        "most": most,
        "pictures": [
            {
                "source": coloured(picture.pixels),
                "name": picture.name,
                "caption": picture.caption,
                "alt": picture.alt,
                "signed": picture.signed,
                **_packed(picture.values),
            }
            for picture in pictures
        ],
    }


def _packed(values: NDArray[np.float32]) -> dict[str, Any]:
    """Return values as 16-bit steps of a scale, row by row, little-endian; at most FINEST a side.

    A step is the largest absolute value / 32767: below what four digits of it show.
    """
    height, width = (min(FINEST, side) for side in values.shape)
    if (height, width) != values.shape:
        picture = Image.fromarray(np.asarray(values, np.float32))
        values = np.asarray(picture.resize((width, height), Image.Resampling.BOX), np.float32)
    step = float(np.abs(values).max()) / _LEVELS or 1.0
    steps = np.round(values.astype(np.float64) / step).astype("<i2")
    return {
        "rows": height,
        "columns": width,
        "step": step,
        "steps": base64.b64encode(steps.tobytes()).decode(),
    }
