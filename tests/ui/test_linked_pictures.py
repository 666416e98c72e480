"""What travels to the browser for a row of pictures under one ring."""

import base64
import dataclasses
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from ran.ui.components.linked_pictures import FINEST, Picture, _data, decimals

GREY = np.full((40, 40, 3), 128, np.uint8)


def picture(values: np.ndarray, pixels: np.ndarray = GREY) -> Picture:
    return Picture(pixels, np.asarray(values, np.float32), "clean", "clean: x", "a face", True)


def sent(*pictures: Picture) -> dict:
    return _data(pictures, digits=3, label="row", unit="logits", most=3)


def unpacked(part: dict) -> np.ndarray:
    """The values as the browser reads them, f64[rows, columns]."""
    steps = np.frombuffer(base64.b64decode(part["steps"]), "<i2").astype(float)
    return (steps * part["step"]).reshape(part["rows"], part["columns"])


@given(
    arrays(np.float32, (5, 7), elements=st.floats(-1e6, 1e6, width=32)),
)
def test_a_small_map_arrives_to_within_half_a_step_of_its_largest_value(values):
    (part,) = sent(picture(values))["pictures"]
    largest = float(np.abs(values).max())
    assert np.abs(unpacked(part) - values).max() <= largest / 32767 * 0.5001


def test_a_large_map_arrives_as_the_means_of_its_cells():
    values = np.random.default_rng(0).normal(size=(2 * FINEST, 2 * FINEST)).astype(np.float32)
    (part,) = sent(picture(values))["pictures"]
    means = values.reshape(FINEST, 2, FINEST, 2).mean((1, 3))
    assert np.abs(unpacked(part) - means).max() < 1e-4 * np.abs(means).max()


def test_a_map_of_zeros_arrives_as_zeros():
    (part,) = sent(picture(np.zeros((4, 4))))["pictures"]
    assert not unpacked(part).any()


def test_the_same_pictures_travel_as_the_same_bytes_and_fit_in_250_kb():
    rng = np.random.default_rng(1)
    face = np.asarray(Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).resize((256, 256)))
    maps = [rng.normal(size=(224, 224)).astype(np.float32) for _ in range(3)]
    first, second = (json.dumps(sent(*(picture(m, face) for m in maps))) for _ in range(2))
    assert first == second
    assert len(first) < 250_000


def test_a_picture_keeps_its_colours():
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:, ::2] = (178, 24, 43)  # thin red lines, which JPEG's usual subsampling smears
    (part,) = sent(picture(np.ones((4, 4)), pixels))["pictures"]
    seen = Image.open(io.BytesIO(base64.b64decode(part["source"].partition(",")[2])))
    assert np.abs(np.asarray(seen, float) - pixels).max() < 40


@pytest.mark.parametrize(
    ("scale", "digits"), [(0.0, 2), (640.0, 2), (6.4, 2), (0.5, 2), (0.0048, 4), (1e-12, 8)]
)
def test_decimals_show_two_digits_of_the_scale(scale, digits):
    assert decimals(scale) == digits


def test_maps_on_two_grids_or_without_a_number_are_refused():
    with pytest.raises(ValueError, match="one size"):
        sent(picture(np.ones((4, 4))), picture(np.ones((5, 5))))
    with pytest.raises(ValueError, match="finite"):
        sent(dataclasses.replace(picture(np.ones((2, 2))), values=np.full((2, 2), np.nan)))
