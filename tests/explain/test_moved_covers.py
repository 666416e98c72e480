"""The same cover elsewhere, and what is said of attention beside it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ran.engine import Engine, elsewhere
from ran.explain.regions.attention_shift import AttentionShift, attention_shift
from ran.explain.regions.moved_covers import (
    CAME,
    CANNOT_TELL,
    FILLS,
    LEFT,
    PLACES,
    Reference,
    moved_covers,
    verdict,
)
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.net.regions import pixel_boxes, random_layout
from ran.scene import Scene

PIXELS = np.random.default_rng(5).integers(0, 200, (64, 64, 3), dtype=np.uint8)
FACE = Face.from_pixels(PIXELS)
UNEVEN = np.float32([0.2, 0.9, 0.1])
BOX = Scene(FACE, (Rectangle(0.125, 0.125, 0.375, 0.5),), Fill("colour", (255, 255, 255)))


def under(scene, **options):
    return list(moved_covers(PIXELS, scene.hidden_pixels(), scene.mask(), **options))


def said(change, low, high, covered=UNEVEN):
    return verdict(AttentionShift(0.5, 0.5 + change), covered, Reference(low, high))


@pytest.mark.parametrize(
    ("change", "low", "high", "expected"),
    [
        (-0.12, -0.01, 0.02, LEFT),
        (0.12, -0.01, 0.02, CAME),
        (-0.005, -0.01, 0.02, CANNOT_TELL),
        (0.015, -0.01, 0.02, CANNOT_TELL),
        (-0.002, -0.001, 0.001, CANNOT_TELL),  # beyond the reference, and next to nothing
        (0.002, -0.001, 0.001, CANNOT_TELL),
        (-0.001, 0.01, 0.05, CANNOT_TELL),  # covers elsewhere bring attention here; none left
        (-0.003, 0.01, 0.05, LEFT),
    ],
)
def test_attention_left_where_it_fell_further_than_under_the_cover_elsewhere(
    change, low, high, expected
):
    assert said(change, low, high) == expected


@pytest.mark.parametrize(
    ("change", "fills", "expected"),
    [
        (-0.12, (-0.10, -0.02, 0.002), LEFT),
        (-0.12, (-0.10, -0.02, 0.003), CANNOT_TELL),  # noise there brings attention instead
        (0.12, (0.10, 0.02, -0.002), CAME),
        (0.12, (0.10, 0.02, -0.003), CANNOT_TELL),
    ],
)
def test_where_another_fill_of_the_same_cover_says_the_opposite_nothing_can_be_told(
    change, fills, expected
):
    filled = tuple(zip(FILLS, fills, strict=True))
    shift = AttentionShift(0.5, 0.5 + change)
    assert verdict(shift, UNEVEN, Reference(-0.01, 0.01, filled)) == expected


def test_where_all_regions_are_covered_alike_nothing_can_be_told():
    assert said(-0.3, -0.01, 0.01, np.float32([0.50, 0.54, 0.52])) == CANNOT_TELL
    assert said(-0.3, -0.01, 0.01, np.float32([0.50, 0.56, 0.52])) == LEFT


def test_the_reference_is_the_middle_90_percent_of_the_changes():
    before, covered = np.float32([0.5, 0.5]), np.float32([1.0, 0.0])
    moved = np.float32([[0.5 + k / 100, 0.5 - k / 100] for k in range(21)])
    found = Reference.of(before, moved, covered)
    assert (found.low, found.high) == (pytest.approx(0.01, abs=1e-6), pytest.approx(0.19, abs=1e-6))


def test_elsewhere_as_many_pixels_are_hidden_as_the_cover_looks():
    pictures = under(BOX)
    assert len(pictures) == PLACES
    own = int((BOX.hidden_pixels() == 255).all(2).sum())
    places = set()
    for picture in pictures:
        white = (picture == 255).all(2)
        assert int(white.sum()) == own
        assert np.array_equal(picture[~white], PIXELS[~white]), "the rest of the face stays"
        places.add(white.tobytes())
        both = white & (BOX.hidden_pixels() == 255).all(2)
        assert both.sum() <= 0.6 * own, "it hides little of what the cover hides"
    assert len(places) == PLACES


def test_a_cover_that_is_half_transparent_stays_so():
    veil = Scene(FACE, BOX.shapes, Fill("colour", (255, 255, 255), opacity=0.5))
    for picture in under(veil):
        changed = (picture != PIXELS).any(2)
        expected = (PIXELS[changed].astype(float) + 255) / 2
        assert np.abs(picture[changed] - expected).max() <= 1.5


def test_places_are_those_of_their_seed():
    first, again, other = under(BOX), under(BOX), under(BOX, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_cover_of_the_whole_face_has_places_too_and_says_nothing():
    whole = Scene(FACE, (Rectangle(0, 0, 1, 1),), Fill("black"))
    assert len(under(whole)) == PLACES
    assert said(-0.2, 0, 0, np.ones(6, np.float32)) == CANNOT_TELL


def test_an_engine_finds_the_reference_in_passes_and_remembers_it(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    scene = Scene(FACE, BOX.shapes, BOX.fill, random_layout(3, seed=2))
    assert elsewhere.recalled(engine, scene) is None
    *waiting, found = elsewhere.referring(engine, scene)
    assert waiting == [None] * (math.ceil((PLACES + len(FILLS)) / engine.faces_at_once) - 1)
    assert elsewhere.recalled(engine, scene) == found
    clean = engine.predict(scene.clean()).weights
    moved = []
    for picture in under(scene):
        face = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
        side = engine.card.input_size
        face = torch.nn.functional.interpolate(
            face, (side, side), mode="bilinear", antialias=True
        ).clamp(0, 1)
        with torch.no_grad():
            moved.append(engine.model(face, pixel_boxes(scene.layout, side)).weights[0].numpy())
    expected = Reference.of(clean, np.stack(moved), engine.covered_shares(scene))
    assert (found.low, found.high) == (
        pytest.approx(expected.low, abs=1e-5), pytest.approx(expected.high, abs=1e-5),
    )  # fmt: skip
    covered = engine.covered_shares(scene)
    assert [fill for fill, _change in found.fills] == list(FILLS)
    for fill, change in found.fills:
        weights = engine.predict(replace(scene, fill=Fill(fill))).weights
        assert change == pytest.approx(float((weights - clean) @ covered), abs=1e-5)


def test_a_cover_is_not_compared_with_its_own_fill_and_stays_as_opaque():
    veil = Scene(FACE, BOX.shapes, Fill("noise", seed=3, opacity=0.5))
    filled = elsewhere.in_fills(veil)
    assert list(filled) == ["black", "blur"]
    assert {scene.fill.opacity for scene in filled.values()} == {0.5}


def test_two_grey_levels_are_no_cover_that_attention_leaves():
    """Of 20 boxes that change the face by up to two levels, one at most is told to be left."""
    engine = Engine.load(device="cpu")
    generator = np.random.default_rng(8)
    face = Face.from_pixels(np.kron(generator.integers(40, 200, (8, 8, 3), dtype=np.uint8),
                                    np.ones((16, 16, 1), np.uint8)))  # fmt: skip
    clean = engine.predict(Scene(face)).weights
    told = []
    for _ in range(20):
        x, y = generator.uniform(0, 0.5, 2)
        box = Rectangle(x, y, x + 0.5, y + 0.5)
        mask = Scene(face, (box,)).mask()
        noise = generator.integers(-2, 3, face.pixels.shape)
        pixels = np.where(mask[..., None] > 0, (face.pixels + noise).clip(0, 255), face.pixels)
        seen = Face.from_pixels(pixels.astype(np.uint8))
        covered = engine.covered_shares(Scene(face, (box,)))
        shift = attention_shift(clean, engine.predict(Scene(seen)).weights, covered)
        moved = [
            engine.predict(Scene(Face.from_pixels(picture))).weights
            for picture in list(moved_covers(face.pixels, seen.pixels, mask))[::5]
        ]
        told.append(verdict(shift, covered, Reference.of(clean, np.stack(moved), covered)))
    assert told.count(LEFT) + told.count(CAME) <= 1
