"""Row: what a photo costs more because a program of its own decodes it."""

from __future__ import annotations

import io
import time
from pathlib import Path

from PIL import Image

from benchmarks.rows import Check, Row
from ran.face.decoding.apart import Apart
from ran.face.photo import Photo, open_photo

PHOTO = Path(__file__).parent.parent / "examples" / "astronaut.png"
SIZE = (4000, 3000)
GOAL = 0.05
START = 3.0
"""Seconds after which the next program stands ready: visitors' photos come farther apart."""


def photo_row(*, repeats: int, size: tuple[int, int] = SIZE, start: float = START) -> Row:
    """Measure a JPEG decoded apart and here, in turns; the samples are the differences."""
    content = _jpeg(size)
    apart = Apart()
    apart.warm()
    kept: list[Photo] = []  # as the app keeps them: memory that is new each time
    more = []
    try:
        for _ in range(repeats):
            time.sleep(start)
            begun = time.perf_counter()
            kept.append(open_photo(content, name="here"))
            between = time.perf_counter()
            kept.append(apart.photo(content, name="apart"))
            more.append(max(1e-3, time.perf_counter() - between - (between - begun)))
    finally:
        apart.close()
    digests = {photo.digest for photo in kept}
    return Row(
        name=f"a photo of {size[0] * size[1] / 1e6:.0f} megapixels, more for a program of its own",
        against="",
        samples=tuple(more),
        check=Check(f"{len(digests)} picture of {len(kept)} decodings", len(digests) == 1),
        goal=GOAL if size == SIZE else None,
    )


def _jpeg(size: tuple[int, int]) -> bytes:
    drawn = io.BytesIO()
    with Image.open(PHOTO) as opened:
        picture = opened.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    picture.save(drawn, "JPEG", quality=90)
    return drawn.getvalue()
