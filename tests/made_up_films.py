"""Films drawn here, of pictures given: nothing of them is in the repository."""

import io
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"


def film_of(pictures: Sequence[np.ndarray], *, kind="mp4", rate=10, side=320) -> bytes:
    """A film that shows each picture for one frame, made square, `rate` frames a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "12"})
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            pixels = np.asarray(Image.fromarray(picture).resize((side, side)))
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()
