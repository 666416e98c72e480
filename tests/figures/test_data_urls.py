"""Pictures that travel with a page: what the browser decodes is the picture, to a few levels."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from ran.face.photo import open_photo
from ran.figures.data_urls import coloured, photograph

FACE = "examples/astronaut.png"


def decoded(url: str) -> Image.Image:
    head, content = url.split(",", 1)
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    return np.asarray(Image.fromarray(open_photo(FACE).pixels).resize((150, 150)))


@pytest.mark.parametrize("made", [photograph, coloured])
def test_a_picture_travels_as_itself(made, face):
    seen = np.asarray(decoded(made(face)).convert("RGB")).astype(int)
    assert seen.shape == face.shape
    assert abs(seen - face).mean() < 6
    assert len(made(face)) < 0.3 * 4 / 3 * face.size


def test_a_grey_picture_travels_in_one_channel(face):
    grey = np.repeat(face[..., :1], 3, axis=2)
    assert decoded(photograph(grey)).mode == "L"
    assert decoded(photograph(face)).mode == "RGB"


def test_a_maps_colours_are_kept_at_every_pixel():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2], stripes[:, 1::2] = (200, 40, 40), (40, 40, 200)
    sharp, blurred = (
        np.asarray(decoded(made(stripes)).convert("RGB")).astype(int)
        for made in (coloured, photograph)
    )
    assert abs(sharp - stripes).mean() < 10 < abs(blurred - stripes).mean()
