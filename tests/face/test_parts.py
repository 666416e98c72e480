"""Named parts of a face: the shapes cover what they name, on any face, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ran.errors import BadRequest
from ran.face.covers.parts import PRESETS, preset
from ran.face.detect import FERPLUS, Face
from ran.face.mask import rasterise

SIDE = 64


def face_with(landmarks):
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    return Face(pixels, landmarks=np.asarray(landmarks, np.float32))


def test_presets_are_the_parts_that_the_page_offers():
    assert set(PRESETS) == {
        "eyes", "nose", "mouth", "forehead",
        "upper half", "lower half", "left half", "right half",
    }  # fmt: skip


# Which of left eye, right eye, nose, left and right mouth corner a part hides.
HIDES = {
    "eyes": (1, 1, 0, 0, 0),
    "nose": (0, 0, 1, 0, 0),
    "mouth": (0, 0, 0, 1, 1),
    "forehead": (0, 0, 0, 0, 0),
    "upper half": (1, 1, 0, 0, 0),
    "lower half": (0, 0, 1, 1, 1),
    "left half": (1, 0, None, 1, 0),
    "right half": (0, 1, None, 0, 1),
}
TURNED = np.array([[0.28, 0.45], [0.66, 0.31], [0.50, 0.58], [0.44, 0.80], [0.74, 0.70]])
SMALL = np.asarray(FERPLUS.landmarks) * 0.7 + (0.25, 0.1)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("landmarks", [np.asarray(FERPLUS.landmarks), TURNED, SMALL])
def test_a_preset_hides_the_landmarks_it_names_and_no_others(name, landmarks):
    mask = rasterise(preset(name, face_with(landmarks)), SIDE)
    for (x, y), hides in zip(landmarks, HIDES[name], strict=True):
        if hides is not None:
            assert mask[int(y * SIDE), int(x * SIDE)] == hides


@pytest.mark.parametrize("name", PRESETS)
def test_a_face_without_landmarks_gets_the_median_faces_preset(name):
    bare = Face.from_pixels(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert preset(name, bare) == PRESETS[name] == preset(name, face_with(FERPLUS.landmarks))


@pytest.mark.parametrize("pair", [("upper half", "lower half"), ("left half", "right half")])
def test_two_halves_hide_the_whole_face_once(pair):
    masks = [rasterise(preset(name, face_with(TURNED)), SIDE) for name in pair]
    assert (sum(masks) >= 1.0).all()
    assert (np.minimum(*masks) > 0).sum() <= SIDE  # they may share one line of pixels


@settings(deadline=None)
@given(st.sampled_from(sorted(PRESETS)), st.lists(st.floats(-1, 2), min_size=10, max_size=10))
def test_every_preset_fits_any_landmarks_however_wrong(name, numbers):
    shapes = preset(name, face_with(np.reshape(numbers, (5, 2))))
    assert rasterise(shapes, SIDE).max() > 0


def test_an_unknown_part_is_refused_with_the_parts_there_are():
    with pytest.raises(BadRequest, match="eyes, nose, mouth"):
        preset("ears", face_with(TURNED))
