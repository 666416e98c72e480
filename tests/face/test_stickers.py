"""Stickers: where they land, what they hide, and that they go with the face."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_shapes import halved, mirrored, stickers
from PIL import Image, ImageDraw

from ran import find_faces, open_photo
from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill, hide
from ran.face.covers.sticker_art import ART, LANDMARKS
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.face.mask import SAMPLES, rasterise
from ran.face.shapes import Rectangle, Sticker, Stroke

SIDE = 64
GREY = np.full((SIDE, SIDE, 3), 200, np.uint8)
EXAMPLES = Path(__file__).parents[2] / "examples"
DRAWN_ON = np.array(LANDMARKS, np.float32)
NAMES = pytest.mark.parametrize("name", list(ART))


def face_with(landmarks) -> Face:
    return Face(GREY, landmarks=np.asarray(landmarks, np.float32))


def moved(points, scale, degrees, shift):
    """The points scaled, turned clockwise round the middle of the face, and shifted."""
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return scale * (np.asarray(points) - 0.5) @ turn.T + 0.5 + np.asarray(shift)


def flipped(landmarks):
    """The landmarks of the face in a mirror, left and right named anew."""
    return np.array([(1 - x, y) for x, y in landmarks])[[1, 0, 2, 4, 3]]


def alike(one, other):
    assert one.name == other.name
    for field in ("x", "y", "size", "angle"):
        assert getattr(one, field) == pytest.approx(getattr(other, field), abs=1e-4), field
    assert one.mirrored == other.mirrored


@NAMES
def test_on_the_face_it_was_drawn_on_a_sticker_lands_where_it_was_drawn(name):
    art = ART[name]
    alike(place(name, face_with(DRAWN_ON)), Sticker(name, *art.centre, art.width))


@NAMES
@settings(deadline=None)
@given(st.floats(0.3, 1.4), st.floats(-60, 60), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_a_sticker_goes_with_a_face_that_is_scaled_turned_and_shifted(name, scale, angle, x, y):
    there = place(name, face_with(moved(DRAWN_ON, scale, angle, (x, y))))
    ((across, down),) = moved([ART[name].centre], scale, angle, (x, y))
    alike(there, Sticker(name, across, down, ART[name].width * scale, angle))


@NAMES
@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)), min_size=5, max_size=5))
def test_a_sticker_on_the_mirrored_face_is_the_mirrored_sticker(name, shifts):
    landmarks = DRAWN_ON + np.array(shifts, np.float32)
    here, there = face_with(landmarks), face_with(flipped(landmarks))
    alike(place(name, there, mirrored=True), mirrored(place(name, here)))


@NAMES
def test_a_symmetric_stickers_mirror_image_hides_the_same(name):
    sticker = place(name, face_with(DRAWN_ON))
    one, other = (rasterise([s], SIDE) for s in (sticker, mirrored(sticker)))
    is_same = np.abs(one - other).mean() < 0.005
    assert is_same == (name not in ("hair", "hand over mouth", "hand on cheek"))


@pytest.mark.parametrize("photo", ["astronaut.png", "grace_hopper.jpg"])
def test_stickers_cover_on_photographs_what_they_are_named_for(photo):
    face = find_faces(open_photo(EXAMPLES / photo))[0]
    side = face.pixels.shape[0]

    def hides(name: str, point: tuple[float, float]) -> bool:
        mask = rasterise([place(name, face)], side)
        x, y = (min(side - 1, max(0, round(v * side))) for v in point)
        return bool(mask[y, x] >= 0.5)

    left, right, nose, *corners = face.landmarks.tolist()
    mouth = tuple(np.mean(corners, axis=0))
    for name, covered, seen in (
        ("sunglasses", (left, right), (nose, mouth)),
        ("mask", (nose, mouth, *corners), (left, right)),
        ("scarf", (mouth,), (left, right)),
        ("hand over mouth", (mouth, *corners), (left, right)),
        ("microphone", ((mouth[0], mouth[1] + 0.05),), (left, right, nose)),
        ("cap", ((0.5, 0.05),), (left, right, nose, mouth)),
        ("hair", ((0.5, 0.1),), (nose, mouth)),
        ("glasses", (), (left, right, nose, mouth)),
        ("hand on cheek", (), (left, nose, mouth)),
    ):
        assert all(hides(name, point) for point in covered), name
        assert not any(hides(name, point) for point in seen), name


def test_clear_glasses_hide_by_their_frame_and_hardly_by_their_lenses():
    mask = rasterise([place("glasses", face_with(DRAWN_ON))], 256)
    eye = mask[round(0.405 * 256), round(0.315 * 256)]
    frame = mask[round((0.405 + 0.104) * 256), round(0.315 * 256)]
    assert (eye, frame) == (pytest.approx(0.15), 1.0)


@settings(deadline=None, max_examples=40)
@given(stickers)
def test_a_sticker_hides_what_pillow_fills_of_its_outlines(sticker):
    """A second way: each part drawn by another program, eight times as fine."""
    fine = SIDE * 8
    drawn = Image.new("L", (fine, fine))
    for part, outline in zip(ART[sticker.name].parts, sticker.outlines(), strict=True):
        layer = Image.new("1", (fine, fine))
        corners = [(x - 0.5, y - 0.5) for x, y in (outline * fine).tolist()]
        pen = ImageDraw.Draw(layer)
        seam = ART["glasses"].parts[-1].points
        if len(part.points) == len(seam):  # the frame: its outline goes round twice
            half = len(corners) // 2
            pen.polygon(corners[:half], fill=1)
            pen.polygon(corners[half:], fill=0)
        else:
            pen.polygon(corners, fill=1)
        drawn.paste(round(255 * part.share), mask=layer)
    plain = np.asarray(drawn, float).reshape(SIDE, 8, SIDE, 8).mean((1, 3)) / 255
    mask = rasterise([sticker], SIDE)
    assert np.abs(mask - plain).mean() < 0.01
    assert ((np.abs(mask - plain) > 0.5).sum()) <= 3


@settings(deadline=None, max_examples=40)
@given(stickers)
def test_a_sticker_is_carried_along_when_the_face_is_scaled_or_mirrored(sticker):
    mask = rasterise([sticker], SIDE)
    in_mirror = rasterise([mirrored(sticker)], SIDE)[:, ::-1]
    assert np.abs(in_mirror - mask).mean() < 0.01
    smaller = rasterise([halved(sticker)], SIDE)[: SIDE // 2, : SIDE // 2]
    coarse = mask.reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3))
    assert np.abs(smaller - coarse).mean() < 0.02


def test_its_own_look_shows_the_colour_of_the_part_on_top():
    face = face_with(DRAWN_ON)
    hidden = hide(GREY, (place("mask", face),), Fill("look"))
    x, y = round(0.5 * SIDE), round(0.73 * SIDE)
    assert tuple(hidden[y, x]) == (0x86, 0xBB, 0xD2)
    lens = hide(np.full((256, 256, 3), 200, np.uint8), (place("glasses", face),), Fill("look"))
    expected = np.rint(0.85 * 200 + 0.15 * np.array([0xD6, 0xE8, 0xEE]))
    np.testing.assert_array_equal(lens[round(0.405 * 256), round(0.315 * 256)], expected)


def test_what_is_no_sticker_looks_black():
    shapes = (Rectangle(0.1, 0.1, 0.6, 0.6), Stroke(((0.2, 0.8), (0.8, 0.8)), 0.2, 0.5))
    np.testing.assert_array_equal(
        hide(GREY, shapes, Fill("look", opacity=0.7)), hide(GREY, shapes, Fill(opacity=0.7))
    )


def test_what_lies_above_a_sticker_hides_its_look_and_what_lies_below_does_not():
    sticker, patch = place("mask", face_with(DRAWN_ON)), Rectangle(0.4, 0.7, 0.6, 0.76)
    x, y = round(0.5 * SIDE), round(0.73 * SIDE)
    assert tuple(hide(GREY, (sticker, patch), Fill("look"))[y, x]) == (0, 0, 0)
    assert tuple(hide(GREY, (patch, sticker), Fill("look"))[y, x]) == (0x86, 0xBB, 0xD2)


def test_erasing_a_stickers_look_brings_the_face_back():
    sticker = place("scarf", face_with(DRAWN_ON))
    eraser = Stroke(((-0.5, 0.9), (1.5, 0.9)), 1.0, erase=True)
    np.testing.assert_array_equal(hide(GREY, (sticker, eraser), Fill("look")), GREY)


@settings(deadline=None, max_examples=30)
@given(st.lists(stickers, max_size=3).map(tuple), st.floats(0, 1))
def test_a_look_shows_its_colours_in_the_share_that_it_hides(drawn, opacity):
    """With every part painted white on black, a pixel is as bright as the mask says."""
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    mask = rasterise(drawn, SIDE) * opacity
    hidden = hide(white, drawn, Fill("look", opacity=opacity)).astype(float)
    assert (hidden >= 255 * (1 - mask[..., None]) - 1).all()
    colours = [part.colour for art in ART.values() for part in art.parts]
    # The darkest and the brightest level of any channel that a sticker is drawn in.
    brightest, darkest = max(map(max, colours)), min(map(min, colours))
    at_most = 255 * (1 - mask) + brightest * mask
    at_least = 255 * (1 - mask) + darkest * mask
    assert (hidden.max(-1) <= at_most + 1).all()
    assert (hidden.min(-1) >= at_least - 1).all()


def test_without_landmarks_the_framings_medians_count():
    without = place("sunglasses", Face.from_pixels(GREY))
    assert without.x == pytest.approx(0.505, abs=0.01)
    assert without.y == pytest.approx(0.40, abs=0.03)


def test_landmarks_that_coincide_or_lie_far_out_give_a_sticker_all_the_same():
    for landmarks in (np.full((5, 2), 0.5), np.array(LANDMARKS) * 40 - 20):
        for name in ART:
            place(name, face_with(landmarks))


def test_an_unknown_sticker_is_refused_with_the_names():
    with pytest.raises(BadRequest) as refusal:
        place("moustache", face_with(DRAWN_ON))
    assert "sunglasses" in refusal.value.hint


def test_every_part_is_within_the_bounds_that_its_handles_show():
    for name, art in ART.items():
        points = np.concatenate([part.points for part in art.parts])
        reach = np.array([0.5, art.height / art.width / 2])
        np.testing.assert_allclose(points.max(0), reach, atol=2e-4, err_msg=name)
        np.testing.assert_allclose(points.min(0), -reach, atol=2e-4, err_msg=name)


@settings(deadline=None, max_examples=30)
@given(stickers)
def test_a_larger_sticker_of_one_outline_hides_more(sticker):
    """Outlines are star-shaped only in part, so the area speaks, not each pixel."""
    small = replace(sticker, name="microphone", x=0.5, y=0.5, size=0.2)
    large = replace(small, size=0.3)
    areas = [float(rasterise([s], SIDE * SAMPLES).sum()) for s in (small, large)]
    assert areas[1] == pytest.approx(areas[0] * 2.25, rel=0.08)
