"""Pictures as files, and how the names of files begin."""

from __future__ import annotations

import base64
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


def inline(pixels: NDArray[np.uint8]) -> str:
    """Return a small picture u8[H, W, 3] as a data URL: lightly packed, one channel if it is grey.

    For what is sent with every answer. It takes a sixth of the time of `png`, and a third of the
    room if the picture is grey.
    """
    is_grey = bool((pixels == pixels[..., :1]).all())
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if is_grey else pixels).save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
