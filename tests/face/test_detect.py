"""Faces: found where they are, framed as a network was trained to see them, named by content."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ran.errors import NoFaceFound
from ran.face import detector
from ran.face.detect import FACE_SIDE, FERPLUS, Face, Framing, find_faces, frame
from ran.face.detector import SURE_ENOUGH, FaceDetector, default_detector
from ran.face.photo import Photo, open_photo

EXAMPLES = Path(__file__).parents[2] / "examples"
PORTRAITS = ("astronaut.png", "grace_hopper.jpg")
TARGET = np.asarray(FERPLUS.landmarks, np.float32)
NOISE = np.random.default_rng(8).integers(0, 256, (300, 280, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def photos():
    return {name: open_photo(EXAMPLES / name) for name in PORTRAITS}


@pytest.fixture(scope="module")
def faces(photos):
    """Every face that is found in each portrait."""
    return {name: find_faces(photo) for name, photo in photos.items()}


def in_photo_pixels(face):
    x0, y0, x1, _ = face.box
    return face.landmarks * (x1 - x0) + (x0, y0)


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_portrait_holds_one_face_whose_landmarks_lie_where_the_framing_wants_them(name, faces):
    (face,) = faces[name]
    left_eye, right_eye, nose, left_corner, right_corner = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]  # as the viewer sees them
    assert left_corner[0] < nose[0] < right_corner[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_corner[1], right_corner[1])
    assert np.linalg.norm(face.landmarks - TARGET, axis=1).max() < 0.1
    assert face.pixels.shape == (FACE_SIDE, FACE_SIDE, 3)
    assert face.framing == "ferplus"
    assert SURE_ENOUGH <= face.confidence <= 1.0


def test_the_framed_square_is_cut_from_the_photo_where_its_box_says(photos):
    photo = photos["grace_hopper.jpg"]
    before = photo.pixels.copy()
    (face,) = find_faces(photo)
    cut = Image.fromarray(photo.pixels).crop(tuple(map(int, face.box)))
    by_hand = np.asarray(cut.resize((FACE_SIDE, FACE_SIDE), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(face.pixels, by_hand)
    np.testing.assert_array_equal(photo.pixels, before)


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_photo_four_times_as_large_gives_the_same_square(name, photos, faces):
    pixels = photos[name].pixels
    size = (4 * pixels.shape[1], 4 * pixels.shape[0])
    enlarged = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    (small,), (large,) = faces[name], find_faces(Photo(enlarged, "large"))
    side = small.box[2] - small.box[0]
    np.testing.assert_allclose(np.array(large.box) / 4, small.box, atol=0.02 * side)


def test_the_thumbnail_changes_nothing_but_the_scale(photos):
    # At 640 pixels the thumbnail is the photo; of every pixel repeated it is the photo again.
    portrait = Image.fromarray(photos["grace_hopper.jpg"].pixels)
    pixels = np.asarray(portrait.resize((480, 640), Image.Resampling.BICUBIC))
    repeated = pixels.repeat(4, axis=0).repeat(4, axis=1)
    ((box, points, sure),) = default_detector().detect(pixels)
    ((large_box, large_points, large_sure),) = default_detector().detect(repeated)
    np.testing.assert_allclose(large_box, 4 * box, rtol=1e-6)
    np.testing.assert_allclose(large_points, 4 * points, rtol=1e-6)
    assert large_sure == sure


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_mirrored_photo_gives_mirrored_landmarks(name, photos, faces):
    pixels = photos[name].pixels
    (face,) = faces[name]
    (mirrored,) = find_faces(Photo(np.ascontiguousarray(pixels[:, ::-1]), "mirrored"))
    back = in_photo_pixels(mirrored)[[1, 0, 2, 4, 3]] * (-1, 1) + (pixels.shape[1], 0)
    side = face.box[2] - face.box[0]
    assert np.linalg.norm(back - in_photo_pixels(face), axis=1).max() < 0.05 * side


@pytest.mark.parametrize("small_first", [True, False])
def test_two_faces_come_largest_first(small_first, photos):
    portrait = Image.fromarray(photos["grace_hopper.jpg"].pixels)
    sheet = Image.new("RGB", (900, 620), (90, 90, 90))
    small = portrait.resize((300, 352), Image.Resampling.BICUBIC)
    sheet.paste(small, (10 if small_first else 580, 120))
    sheet.paste(portrait, (360 if small_first else 10, 10))
    first, second = find_faces(Photo(np.asarray(sheet), "two"))
    sides = [face.box[2] - face.box[0] for face in (first, second)]
    assert sides[0] == pytest.approx(sides[1] * 600 / 352, rel=0.1)
    assert (second.box[0] < first.box[0]) is small_first


class Found:
    """Stands in for MTCNN: answers the same whatever it is shown, and remembers the size."""

    def __init__(self, boxes, sureness, landmarks):
        self.answer = boxes, sureness, landmarks

    def detect(self, picture, *, landmarks):
        assert landmarks is True
        self.size = picture.size
        return self.answer


def detector_that_finds(*answer):
    detector = FaceDetector.__new__(FaceDetector)
    detector._mtcnn, detector._lock = Found(*answer), threading.Lock()
    return detector


def test_found_faces_are_scaled_sorted_and_the_doubtful_left_out():
    # Arrays of dtype object, as facenet-pytorch gives them with numpy 2.
    boxes = np.array([[0, 0, 20, 20], [10, 5, 50, 65], [1, 1, 600, 300]], object)
    points = np.array([TARGET * 20, TARGET * 40, TARGET * 300], object)
    detector = detector_that_finds(boxes, np.array([0.95, 0.9, 0.89], object), points)
    found = detector.detect(np.zeros((800, 1920, 3), np.uint8))
    assert detector._mtcnn.size == (640, 267)
    across, down = 3.0, 800 / 267
    assert [sure for _, _, sure in found] == [0.9, 0.95]  # the larger face first, not the surer
    np.testing.assert_allclose(
        found[0][0], [10 * across, 5 * down, 50 * across, 65 * down], rtol=1e-6
    )
    np.testing.assert_allclose(found[1][1], TARGET * 20 * (across, down), rtol=1e-6)


def test_a_photo_smaller_than_the_thumbnail_is_searched_as_it_is():
    detector = detector_that_finds(None, np.array([None]), None)
    assert detector.detect(np.zeros((90, 70, 3), np.uint8)) == []
    assert detector._mtcnn.size == (70, 90)


def test_only_doubtful_faces_are_no_face():
    detector = detector_that_finds(np.array([[0, 0, 50, 50]]), np.array([0.89]), TARGET[None] * 50)
    with pytest.raises(NoFaceFound):
        find_faces(Photo(NOISE, "fog.png"), detector=detector)


def test_a_photo_without_a_face_is_refused_by_name_with_a_next_step():
    with pytest.raises(NoFaceFound) as refusal:
        find_faces(Photo(NOISE, "holiday.jpg"))
    assert refusal.value.message == "No face found in holiday.jpg."
    assert "larger" in refusal.value.hint


@pytest.mark.parametrize("size", [(1, 1), (19, 19), (20, 20), (21, 300), (20, 4000), (30, 24)])
def test_tiny_and_narrow_photos_hold_no_face_and_break_nothing(size):
    for pixels in (np.full((*size, 3), 128, np.uint8), np.resize(NOISE, (*size, 3))):
        assert default_detector().detect(pixels) == []


def test_landmarks_that_copy_the_framing_give_the_square_they_were_copied_into():
    face = frame(NOISE, TARGET * 100 + (40, 30), FERPLUS, 0.97)
    assert face.box == (40, 30, 140, 130)
    np.testing.assert_allclose(face.landmarks, TARGET, atol=1e-6)
    assert face.confidence == 0.97


@pytest.mark.parametrize("points", [np.zeros((5, 2)), TARGET[::-1] * 60 + 20, TARGET * -50 + 90])
def test_nonsense_landmarks_still_give_a_square_with_all_of_them_within_reach(points):
    face = frame(NOISE, points.astype(np.float32), FERPLUS)
    assert face.box[2] - face.box[0] >= max(8, np.ptp(points, axis=0).max() - 0.5)
    assert face.pixels.shape == (FACE_SIDE, FACE_SIDE, 3)


@pytest.mark.parametrize("corner", [(-60, -90), (120, 200), (-300, 10)])
def test_beyond_the_photos_edge_its_edge_pixels_are_repeated(corner):
    # A square of FACE_SIDE is not resized, so that every pixel can be compared.
    face = frame(NOISE, TARGET * FACE_SIDE + corner, FERPLUS)
    padded = np.pad(NOISE, ((400, 400), (400, 400), (0, 0)), mode="edge")
    x0, y0 = corner[0] + 400, corner[1] + 400
    np.testing.assert_array_equal(face.pixels, padded[y0 : y0 + FACE_SIDE, x0 : x0 + FACE_SIDE])
    assert face.box[:2] == corner


def test_another_framing_cuts_another_square_and_says_so(photos, faces):
    # Landmarks drawn together to half their size: the square is twice as wide.
    wider = Framing("wider", tuple(map(tuple, (TARGET - 0.5) / 2 + 0.5)))
    (face,), (wide,) = faces["astronaut.png"], find_faces(photos["astronaut.png"], framing=wider)
    assert wide.framing == "wider"
    assert wide.box[2] - wide.box[0] == pytest.approx(2 * (face.box[2] - face.box[0]), abs=2)
    middles = [np.add(one.box[:2], one.box[2:]) / 2 for one in (face, wide)]
    np.testing.assert_allclose(*middles, atol=2)


def test_a_face_is_its_pixels_its_framing_and_its_landmarks():
    pixels = NOISE[:64, :64]
    face = Face(pixels, landmarks=TARGET)
    again = Face(pixels.copy(), (0, 0, 64, 64), TARGET.copy(), confidence=0.9)
    assert face == again
    assert hash(face) == hash(again)
    other = pixels.copy()
    other[63, 63, 2] ^= 1
    replaced = [
        dataclasses.replace(face, pixels=other),
        dataclasses.replace(face, framing="loose"),
        dataclasses.replace(face, landmarks=TARGET + np.float32(1e-3)),
        Face.from_pixels(pixels),
    ]
    assert len({face, *replaced}) == 5
    assert len({one.digest for one in (face, *replaced)}) == 5
    assert face != face.digest


def test_a_face_from_pixels_has_no_landmarks_and_equals_its_like():
    first, second = (Face.from_pixels(pixels) for pixels in (NOISE[:9, :9], NOISE[:9, :9].copy()))
    assert first == second
    assert first.landmarks is None
    assert first.box is None


@pytest.mark.parametrize(
    ("pixels", "got"),
    [
        (np.zeros((4, 5, 3), np.uint8), r"\[4, 5, 3\]"),
        (np.zeros((4, 4), np.uint8), r"\[4, 4\]"),
        (np.zeros((4, 4, 4), np.uint8), r"\[4, 4, 4\]"),
        (np.zeros((0, 0, 3), np.uint8), r"\[0, 0, 3\]"),
        (np.zeros((4, 4, 3), np.float32), "float32"),
    ],
)
def test_pixels_of_another_shape_or_type_are_refused_by_name(pixels, got):
    with pytest.raises(ValueError, match=got):
        Face.from_pixels(pixels)


def test_threads_share_one_detector_and_agree(photos, faces, monkeypatch):
    built = []
    monkeypatch.setattr(detector, "_default", [])
    monkeypatch.setattr(
        FaceDetector,
        "__init__",
        lambda self, device=None, build=FaceDetector.__init__: (
            built.append(device),
            build(self, device),
        )[1],
    )
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(find_faces, [photos[name] for name in PORTRAITS * 2]))
    assert len(built) == 1
    assert found == [faces[name] for name in PORTRAITS * 2]
