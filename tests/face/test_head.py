"""A face turned synthetically: nothing at 0, the asked angle elsewhere, mirrored both ways."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ran.errors import BadRequest
from ran.face.detect import FERPLUS, Face, find_faces, with_poses
from ran.face.head import _is_stretched, turn, turn_all
from ran.face.head_rays import sampled
from ran.face.photo import open_photo
from ran.face.pose import estimate, mirrored

EXAMPLES = Path(__file__).parents[2] / "examples"

NAMES = sorted(path.name for path in EXAMPLES.glob("*") if path.suffix in (".png", ".jpg"))


@pytest.fixture(scope="module")
def faces() -> dict[str, Face]:
    found = [find_faces(open_photo(EXAMPLES / name))[0] for name in NAMES]
    return dict(zip(NAMES, with_poses(found), strict=True))


def mirror(face: Face) -> Face:
    pixels = np.ascontiguousarray(face.pixels[:, ::-1])
    return Face(pixels, landmarks=mirrored(face.landmarks))


def levels_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one.astype(int) - other.astype(int))


def test_turned_by_nothing_a_face_is_itself(faces):
    for face in faces.values():
        made, filled = turn(face, 0, 0)
        assert np.array_equal(made.pixels, face.pixels)
        assert not filled.any()


def test_turned_by_almost_nothing_a_face_is_almost_itself(faces):
    """The surface itself changes nothing: the way through it is the one that is taken at 0."""
    made, filled = turn(faces["astronaut.png"], 1e-9, 0)
    assert levels_apart(made.pixels, faces["astronaut.png"].pixels).max() <= 1
    assert filled.mean() < 0.01


@pytest.mark.parametrize("yaw", [-30, -15, 15, 30])
def test_a_turned_face_is_estimated_at_the_asked_yaw_within_8_degrees(faces, yaw):
    for name, face in faces.items():
        made = turn(face, yaw, 0).face
        got = estimate(made.landmarks).yaw - estimate(face.landmarks).yaw
        assert got == pytest.approx(yaw, abs=8), name


def test_a_detector_sees_the_turned_face_turned_too(faces):
    """Looked for anew; glasses hold Grace Hopper's landmarks (19 of 30), the one left out."""
    for name, face in faces.items():
        if name == "grace_hopper.jpg":
            continue
        yaws = (-30, -20, -10, 10, 20, 30)
        made = with_poses([turn(face, yaw, 0).face for yaw in yaws])
        for yaw, turned in zip(yaws, made, strict=True):
            assert turned.pose.yaw - face.pose.yaw == pytest.approx(yaw, abs=8), name


def test_pitch_turns_up_and_down(faces):
    face = faces["drawn_neutral.png"]
    was = estimate(face.landmarks)
    for pitch in (-20, 20):
        now = estimate(turn(face, 0, pitch).face.landmarks)
        assert now.pitch - was.pitch == pytest.approx(pitch, abs=5)
        assert now.yaw == pytest.approx(was.yaw, abs=2)


@pytest.mark.parametrize("angles", [(25, 0), (-40, 10), (60, -20)])
def test_the_mirrored_face_turned_the_other_way_is_the_mirrored_result(faces, angles):
    yaw, pitch = angles
    face = faces["drawn_happiness_turned.png"]
    here, there = turn(face, yaw, pitch), turn(mirror(face), -yaw, pitch)
    apart = levels_apart(here.face.pixels, there.face.pixels[:, ::-1])
    assert np.quantile(apart, 0.999) <= 1
    assert (here.filled != there.filled[:, ::-1]).mean() < 0.002
    assert here.face.landmarks == pytest.approx(mirrored(there.face.landmarks), abs=1e-3)


def test_a_turned_face_is_framed_as_a_photo_of_it_would_be(faces):
    """Scale and place of the least-squares square round its landmarks stay, written out here."""

    def square(points):
        target = np.asarray(FERPLUS.landmarks)
        centred = target - target.mean(0)
        side = ((points - points.mean(0)) * centred).sum() / (centred**2).sum()
        return np.array([side, *(points.mean(0) - side * target.mean(0))])

    face = faces["drawn_surprise.png"]
    for yaw in (-45, 30, 60):
        made = turn(face, yaw, 0).face
        assert square(made.landmarks) == pytest.approx(square(face.landmarks), abs=0.01)


def test_more_is_made_up_the_farther_a_face_is_turned(faces):
    shares = [turn(faces["drawn_neutral.png"], yaw, 0).filled.mean() for yaw in (2, 10, 30)]
    assert shares == sorted(shares)
    assert shares[0] < 0.05 < shares[-1] < 0.5


def test_a_face_without_landmarks_is_turned_as_the_median_face(faces):
    plain = Face.from_pixels(faces["drawn_neutral.png"].pixels)
    told = Face(plain.pixels, landmarks=np.array(FERPLUS.landmarks, np.float32))
    assert np.array_equal(turn(plain, 20).face.pixels, turn(told, 20).face.pixels)


def test_turning_keeps_the_argument_and_gives_the_same_twice(faces):
    face = faces["astronaut.png"]
    before = face.pixels.copy()
    one, other = turn(face, 35, 5), turn(face, 35, 5)
    assert one.face == other.face
    assert np.array_equal(face.pixels, before)
    assert one.face.box is None
    assert one.face.pose is None, "a synthetic face has no place in the photo, no pose until asked"


def _sampled(pixels, places):
    """The colours of u8[S, S, 3] at f64[..., 2], f64[..., 3]."""
    picture = torch.from_numpy(pixels).double().permute(2, 0, 1)
    return sampled(picture, torch.from_numpy(places).movedim(-1, 0)).movedim(0, -1).numpy()


@pytest.mark.parametrize("angles", [(91, 0), (0, 61), (float("nan"), 0), (0, float("inf"))])
def test_an_angle_out_of_reach_is_refused(faces, angles):
    with pytest.raises(BadRequest, match="cannot be turned"):
        turn(faces["astronaut.png"], *angles)


def test_sampling_at_the_middle_of_a_pixel_gives_the_pixel_and_between_a_cubic():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
    steps = (np.arange(6) + 0.5) / 6
    grid = np.stack(np.meshgrid(steps, steps), -1)
    assert np.array_equal(_sampled(pixels, grid), pixels)
    ramp = np.repeat(np.arange(0, 60, 10, dtype=np.uint8)[None, :, None], 6, 0).repeat(3, 2)
    at = _sampled(ramp, np.array([[3.25 / 6, 0.5]]))  # a quarter between the pixels 2 and 3
    assert at[0] == pytest.approx([27.5] * 3)
    assert _sampled(ramp, np.array([[-2.0, 0.5], [3.0, 0.5]]))[:, 0].tolist() == [0, 50]


def test_many_turns_at_once_are_each_turn_alone(faces):
    face = faces["astronaut.png"]
    turns = [(-45.0, 0.0), (0.0, 0.0), (30.0, -20.0), (0.0, 15.0), (60.0, 10.0)]
    for (yaw, pitch), made in zip(turns, turn_all(face, turns), strict=True):
        alone = turn(face, yaw, pitch)
        assert np.array_equal(made.face.pixels, alone.face.pixels)
        assert np.array_equal(made.filled, alone.filled)
        np.testing.assert_allclose(made.face.landmarks, alone.face.landmarks, atol=1e-6)
    assert turn_all(face, []) == []


def _places(across, down):
    """Where a picture of 16 pixels comes from, f64[2, 1, 16, 16], by pixels of the photo."""
    return torch.from_numpy(np.stack([across, down])[:, None] / 16)


ACROSS, DOWN = np.meshgrid(np.arange(16.0), np.arange(16.0))


@pytest.mark.parametrize(
    ("across", "down", "is_marked"),
    [
        (ACROSS, DOWN, False),
        (DOWN, ACROSS, False),  # turned by a quarter
        (2 * ACROSS, DOWN, False),  # closer together than in the photo
        (ACROSS / 1.5, DOWN, False),
        (ACROSS / 1.7, DOWN, True),
        (ACROSS / 1.7, 3 * DOWN, True),  # stretched one way alone
        ((ACROSS + DOWN) / 2.5, (ACROSS - DOWN) / 2.5, True),  # along the diagonals, by 1.77
        ((ACROSS + DOWN) / 2, (ACROSS - DOWN) / 2, False),  # by 1.41
    ],
)
def test_a_pixel_counts_as_made_up_where_the_photo_is_stretched(across, down, is_marked):
    found = _is_stretched(_places(across, down))
    assert found.shape == (1, 16, 16)
    assert found.all() if is_marked else not found.any()


def test_a_seam_is_marked_on_both_sides():
    torn = np.where(ACROSS < 8, ACROSS, ACROSS + 5)
    found = _is_stretched(_places(torn, DOWN))[0]
    assert found[:, 7:9].all()
    assert not found[:, :6].any()
    assert not found[:, 10:].any()
    assert not _is_stretched(_places(np.where(ACROSS < 8, ACROSS, ACROSS + 2), DOWN)).any()
