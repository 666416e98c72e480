"""Shapes carried from one face to another by the landmarks."""

import numpy as np
import pytest

from ran.face import anchor
from ran.face.anchor import carried
from ran.face.covers.occlusion import rasterise
from ran.face.detect import FERPLUS, Face
from ran.face.shapes import Ellipse, Polygon, Rectangle, Shape, Sticker, Stroke

POINTS = np.array(FERPLUS.landmarks, np.float32)
SHAPES = (
    Rectangle(0.2, 0.3, 0.8, 0.5, 10),
    Ellipse(0.3, 0.6, 0.7, 0.9, -20),
    Polygon(((0.2, 0.2), (0.5, 0.3), (0.3, 0.6))),
    Stroke(((0.2, 0.2), (0.6, 0.7)), 0.1, 0.5),
    Sticker("sunglasses", 0.5, 0.4, 0.6, 5.0),
)


def face(points=POINTS) -> Face:
    return Face(np.zeros((8, 8, 3), np.uint8), landmarks=np.asarray(points, np.float32))


def moved(scale: float, degrees: float, shift: tuple[float, float]):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = scale * np.array([[cos, -sin], [sin, cos]])
    return POINTS @ matrix.T + shift, matrix


def test_on_the_same_landmarks_shapes_stay_as_they_are():
    assert carried(SHAPES, face(), face()) == SHAPES


def test_a_similarity_of_the_landmarks_is_the_shapes_own():
    points, matrix = moved(0.7, 15, (0.2, 0.05))
    rectangle, ellipse, polygon, stroke, sticker = carried(SHAPES, face(), face(points))
    for point, was in zip(polygon.points, SHAPES[2].points, strict=True):
        assert point == pytest.approx(matrix @ was + (0.2, 0.05), abs=1e-5)
    assert stroke.width == pytest.approx(0.07, abs=1e-5)
    assert (sticker.size, sticker.angle) == pytest.approx((0.42, 20.0), abs=1e-3)
    assert (sticker.x, sticker.y) == pytest.approx(matrix @ (0.5, 0.4) + (0.2, 0.05), abs=1e-5)
    middle = matrix @ (0.5, 0.4) + (0.2, 0.05)
    expected = Rectangle(middle[0] - 0.21, middle[1] - 0.07, middle[0] + 0.21, middle[1] + 0.07, 25)
    assert np.abs(rasterise([rectangle], 128) - rasterise([expected], 128)).mean() < 0.002
    there = matrix @ (0.5, 0.75) + (0.2, 0.05)
    expected = Ellipse(there[0] - 0.14, there[1] - 0.105, there[0] + 0.14, there[1] + 0.105, -5)
    assert np.abs(rasterise([ellipse], 128) - rasterise([expected], 128)).mean() < 0.002


def test_a_narrower_face_has_a_narrower_cover():
    points = POINTS * (0.6, 1.0)
    (shape,) = carried((Rectangle(0.2, 0.3, 0.8, 0.5),), face(), face(points))
    xs, ys = zip(*shape.points, strict=True)
    assert (min(xs), max(xs)) == pytest.approx((0.12, 0.48), abs=1e-5)
    assert (min(ys), max(ys)) == pytest.approx((0.3, 0.5), abs=1e-5)


def test_landmarks_on_one_line_do_not_squeeze_a_cover_to_nothing():
    flat = POINTS.copy()
    flat[:, 0] = 0.5
    for shape in carried(SHAPES, face(), face(flat)):
        assert rasterise([shape], 64).sum() > 4


def test_mirrored_landmarks_do_not_turn_a_cover_inside_out():
    swapped = POINTS * (-1, 1) + (1, 0)
    (shape,) = carried((Rectangle(0.2, 0.3, 0.8, 0.5),), face(), face(swapped))
    assert rasterise([shape], 64).sum() > 4


def test_a_face_without_landmarks_counts_as_the_median_face():
    bare = Face.from_pixels(np.zeros((8, 8, 3), np.uint8))
    assert carried(SHAPES, bare, face()) == SHAPES


def test_what_lands_far_outside_is_kept_within_reach():
    for shape in carried(SHAPES, face(), face(POINTS * 3 + 5)):
        assert isinstance(shape, Shape)


def test_every_kind_of_shape_can_be_carried():
    assert set(anchor._CARRY) == set(Shape.__args__)
