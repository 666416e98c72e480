"""Pictures and rows as files, and how the names of files begin."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ran.ui.shared.session import Session


def files_begin(session: Session) -> str:
    """Return how the names of files begin that are saved of the face in use."""
    return "ran-synthetic" if session.is_synthetic else "ran"


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture u8[H, W, 3] as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def rows_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as CSV, in the columns that any of them has, in their order; gaps are empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, names)
    table.writeheader()
    table.writerows(rows)
    return file.getvalue()
