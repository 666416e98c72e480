"""Scenes: what their keys tell apart, and what they show to a network."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ran.face.covers.occlusion import Fill, hide
from ran.face.detect import Face
from ran.face.shapes import Ellipse, Rectangle
from ran.net.regions import Box, RegionLayout, fixed_layout, random_layout
from ran.scene import Scene

PIXELS = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
FACE = Face.from_pixels(PIXELS)
MOUTH = Rectangle(0.2, 0.6, 0.8, 0.9)


def test_equal_scenes_made_apart_are_equal_hash_alike_and_share_a_key():
    first = Scene(FACE, (MOUTH,), Fill("grey"), fixed_layout())
    second = Scene(
        Face.from_pixels(PIXELS.copy()),
        (Rectangle(0.2, 0.6, 0.8, 0.9),),
        Fill("grey"),
        fixed_layout(),
    )
    assert first == second
    assert hash(first) == hash(second)
    assert first.key == second.key


def test_whatever_changes_what_is_seen_changes_the_key():
    other_pixels = PIXELS.copy()
    other_pixels[0, 0, 0] ^= 1
    scenes = [
        Scene(FACE),
        Scene(Face.from_pixels(other_pixels)),
        Scene(FACE, (MOUTH,)),
        Scene(FACE, (Ellipse(0.2, 0.6, 0.8, 0.9),)),
        Scene(FACE, (MOUTH, Ellipse(0.1, 0.1, 0.4, 0.4))),
        Scene(FACE, (Rectangle(0.2, 0.6, 0.8, 0.9, 10.0),)),
        Scene(FACE, (MOUTH,), Fill("grey")),
        Scene(FACE, (MOUTH,), Fill("noise", seed=1)),
        Scene(FACE, (MOUTH,), Fill("noise", seed=2)),
        Scene(FACE, (MOUTH,), Fill(opacity=0.5)),
        Scene(FACE, layout=fixed_layout()),
        Scene(FACE, layout=random_layout(seed=1)),
        Scene(FACE, layout=random_layout(seed=2)),
    ]
    assert len({scene.key for scene in scenes}) == len(scenes)


def test_the_fill_of_nothing_does_not_change_the_key():
    assert Scene(FACE, fill=Fill("noise", seed=9)).key == Scene(FACE).key


def test_the_number_types_of_equal_layouts_do_not_change_the_key():
    boxes = random_layout(seed=3).boxes
    plain = tuple(Box(box.name, *map(float, box.edges)) for box in boxes)
    numpy = tuple(Box(box.name, *map(np.float64, box.edges)) for box in boxes)
    first, second = (Scene(FACE, layout=RegionLayout(made, "random")) for made in (plain, numpy))
    assert first == second
    assert first.key == second.key


def test_a_clean_scene_is_the_face_itself_to_the_bit():
    scene = Scene(FACE, (MOUTH,), Fill("noise"), fixed_layout())
    clean = scene.clean()
    np.testing.assert_array_equal(clean.hidden_pixels(), PIXELS)
    assert (clean.mask() == 0).all()
    assert clean == Scene(FACE, layout=fixed_layout())
    assert clean.key == Scene(FACE, layout=fixed_layout()).key


def test_a_scene_shows_what_hide_gives_and_leaves_the_face_alone():
    scene = Scene(FACE, (MOUTH,), Fill("mean"))
    np.testing.assert_array_equal(scene.hidden_pixels(), hide(PIXELS, (MOUTH,), Fill("mean")))
    assert Face.from_pixels(PIXELS) == FACE
    # Drawn once for all who ask, so that nobody may write into it.
    assert scene.hidden_pixels() is scene.hidden_pixels()
    for array in (scene.hidden_pixels(), scene.mask()):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


@settings(deadline=None)
@given(st.floats(0, 1))
def test_the_mask_is_the_share_by_which_white_turns_black(opacity):
    white = Face.from_pixels(np.full((32, 32, 3), 255, np.uint8))
    scene = Scene(white, (MOUTH, Ellipse(0.1, 0.1, 0.5, 0.5, 20.0)), Fill("black", opacity=opacity))
    darker = 1.0 - scene.hidden_pixels()[..., 0] / 255.0
    assert np.abs(darker - scene.mask()).max() <= 0.5 / 255 + 1e-6


def test_a_scene_cannot_be_changed_only_replaced():
    scene = Scene(FACE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        scene.shapes = (MOUTH,)
    assert dataclasses.replace(scene, shapes=(MOUTH,)).shapes == (MOUTH,)
