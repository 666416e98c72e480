"""Pictures as files, and how the names of files begin."""

from __future__ import annotations

import io

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
