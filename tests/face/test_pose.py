"""Poses from landmarks: known heads come back, and mirror images give mirrored angles."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ran.face.detect import FERPLUS, Face, find_faces, with_poses
from ran.face.detector import FaceDetector
from ran.face.photo import open_photo
from ran.face.pose import (
    FOCAL,
    HEAD_MM,
    SOLVERS,
    Pose,
    angles,
    estimate,
    fit,
    mirrored,
    rotation_of,
)

EXAMPLES = Path(__file__).parents[2] / "examples"

ANGLE = st.floats(-40, 40)


def seen(yaw: float, pitch: float, roll: float, *, distance=1000.0, focal=FOCAL):
    """Where a camera sees the generic head's landmarks, written out for each point."""
    y, p, r = np.radians((yaw, pitch, roll))
    points = []
    for x0, y0, z0 in HEAD_MM - HEAD_MM.mean(0):
        # Lean clockwise, then nod up, then turn to the viewer's right; y points down, z away.
        x1, y1, z1 = x0 * np.cos(r) - y0 * np.sin(r), x0 * np.sin(r) + y0 * np.cos(r), z0
        x2, y2, z2 = x1, y1 * np.cos(p) + z1 * np.sin(p), -y1 * np.sin(p) + z1 * np.cos(p)
        x3, y3, z3 = x2 * np.cos(y) - z2 * np.sin(y), y2, x2 * np.sin(y) + z2 * np.cos(y)
        points.append((0.5 + focal * x3 / (z3 + distance), 0.5 + focal * y3 / (z3 + distance)))
    return np.array(points, np.float32)


@settings(max_examples=60, deadline=None)
@given(ANGLE, ANGLE, ANGLE)
def test_a_head_that_is_the_generic_one_gives_back_its_angles(yaw, pitch, roll):
    pose = estimate(seen(yaw, pitch, roll))
    assert pose[:3] == pytest.approx((yaw, pitch, roll), abs=0.5)
    assert pose.misfit < 1e-3


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("focal", [1.5, 5.0])
def test_every_solver_gives_back_a_head_that_its_camera_sees(solver, focal):
    points = seen(20, -10, 5, distance=200.0 * focal, focal=focal).astype(np.float64)
    found = angles(fit(points, solver=solver, focal=focal).rotation)
    assert found == pytest.approx((20, -10, 5), abs=0.5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-0.25, 0.25), min_size=10, max_size=10))
def test_landmarks_far_from_any_face_still_lie_before_the_camera(offsets):
    fitted = fit(np.array(FERPLUS.landmarks) + np.array(offsets).reshape(5, 2))
    assert fitted.shift[2] > 0
    assert np.isfinite(fitted.rotation).all()


@settings(max_examples=40, deadline=None)
@given(ANGLE, ANGLE, ANGLE)
def test_mirrored_landmarks_give_the_opposite_yaw_and_roll(yaw, pitch, roll):
    noise = np.random.default_rng(0).normal(0, 0.01, (5, 2)).astype(np.float32)
    landmarks = seen(yaw, pitch, roll) + noise
    one, other = estimate(landmarks), estimate(mirrored(landmarks))
    assert (other.yaw, other.pitch, other.roll) == pytest.approx(
        (-one.yaw, one.pitch, -one.roll), abs=0.1
    )


@given(ANGLE, ANGLE, ANGLE)
def test_angles_are_those_a_rotation_was_made_of(yaw, pitch, roll):
    assert angles(rotation_of(yaw, pitch, roll)) == pytest.approx((yaw, pitch, roll), abs=1e-6)


def test_the_signs_are_those_the_docstring_names():
    plain = np.array(FERPLUS.landmarks, np.float32)
    right, up = plain.copy(), plain.copy()
    right[2, 0] += 0.1  # the nose alone moves to the viewer's right, or up
    up[2, 1] -= 0.08
    cos, sin = np.cos(np.radians(20)), np.sin(np.radians(20))
    leaning = (plain - 0.5) @ np.array([[cos, sin], [-sin, cos]], np.float32) + 0.5
    assert estimate(right).yaw > 10
    assert estimate(up).pitch > estimate(plain).pitch + 10
    assert leaning[1, 1] > leaning[0, 1], "clockwise: the eye on the right is lower"
    assert estimate(leaning).roll == pytest.approx(20 + estimate(plain).roll, abs=2)


def test_the_median_face_looks_ahead():
    pose = estimate(np.array(FERPLUS.landmarks, np.float32))
    assert max(abs(pose.yaw), abs(pose.pitch), abs(pose.roll)) < 4
    assert pose.is_reliable


def test_many_looks_give_their_means_pose_and_how_much_they_vary():
    looks = np.stack([seen(yaw, 0, 0) for yaw in (10.0, 20.0, 30.0)])
    pose = estimate(looks)
    assert pose.yaw == pytest.approx(estimate(looks.mean(0)).yaw, abs=1e-3)
    assert pose.spread == pytest.approx(np.std((10, 20, 30)), abs=0.5)
    weighed = estimate(looks, weights=np.array([1, 0, 0], np.float32))
    assert weighed.yaw == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize(
    "pose",
    [
        Pose(50, 0, 0),
        Pose(40, 30, 0),
        Pose(0, 0, 0, misfit=0.06),
        Pose(0, 0, 0, spread=7.0),
        Pose(0, 0, 0, spread=float("inf")),
    ],
)
def test_a_pose_far_turned_ill_fitting_or_wavering_is_not_reliable(pose):
    assert not pose.is_reliable
    assert Pose(20, 10, 30, misfit=0.02, spread=2.0).is_reliable


def test_how_far_a_head_is_turned_joins_yaw_and_pitch():
    assert Pose(30, 0, 50).turned == pytest.approx(30)
    assert Pose(0, -20, 0).turned == pytest.approx(20)
    assert Pose(90, 45, 0).turned == pytest.approx(90)


@pytest.mark.parametrize("wrong", [np.zeros((4, 2)), np.zeros((5, 3)), np.full((5, 2), np.nan)])
def test_landmarks_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match="landmarks must be"):
        estimate(wrong)


def test_a_face_has_a_pose_when_it_is_asked_for_and_its_digest_leaves_it_out(monkeypatch):
    photo, looked = open_photo(EXAMPLES / "drawn_happiness_turned.png"), []
    looks = FaceDetector.looks
    monkeypatch.setattr(
        FaceDetector, "looks", lambda own, faces: (looked.append(len(faces)), looks(own, faces))[1]
    )
    face = find_faces(photo)[0]
    assert face.pose is None
    assert looked == [], "only who wants poses waits for them"
    (posed,) = with_poses([face])
    assert posed.pose.yaw > 8, "it is drawn turned to the viewer's right"
    assert posed.digest == face.digest
    assert looked == [1]


def test_many_faces_at_once_have_the_poses_that_each_has_alone():
    faces = [find_faces(open_photo(EXAMPLES / f"drawn_{name}.png"))[0]
             for name in ("happiness", "happiness_turned", "surprise")]  # fmt: skip
    for face, posed in zip(faces, with_poses(faces), strict=True):
        (alone,) = with_poses([face])
        assert posed.pose == pytest.approx(alone.pose, abs=0.05)


def test_a_mirrored_picture_has_the_mirrored_pose():
    face = find_faces(open_photo(EXAMPLES / "drawn_happiness_turned.png"))[0]
    one, other = with_poses(
        [Face.from_pixels(face.pixels), Face.from_pixels(face.pixels[:, ::-1].copy())]
    )
    assert other.pose.yaw == pytest.approx(-one.pose.yaw, abs=0.2)
    assert other.pose.pitch == pytest.approx(one.pose.pitch, abs=0.2)


def test_a_picture_without_a_face_has_no_pose():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    (face,) = with_poses([Face.from_pixels(noise)])
    assert face.pose is None
    assert with_poses([]) == []
