"""Recipes: what was set comes back to the bit, and a recipe says what a replay differs in."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_recipes import (
    BARE,
    CHECKPOINT,
    DIGEST,
    FACE,
    LARGE,
    MADE,
    PHOTO,
    PIXELS,
    SHA256,
    WRITTEN,
)

import ran
from ran.errors import BadRecipe, RanError
from ran.expressions import FERPLUS as FERPLUS_CLASSES
from ran.face.covers.occlusion import FILLS, Fill
from ran.face.detect import FERPLUS
from ran.face.photo import Photo
from ran.face.shapes import Ellipse, Polygon, Rectangle, Stroke
from ran.net.card import read_card
from ran.net.regions import fixed_layout, landmark_layout, random_layout
from ran.recipe import (
    CheckpointRef,
    LayoutChoice,
    PhotoRef,
    Recipe,
    read_recipe,
    recipe_of,
)
from ran.recipe.claims import MAX_CROPS, MAX_TEXT
from ran.scene import Scene


def test_a_recipe_is_written_as_documented_and_read_back():
    assert json.loads(MADE.to_json()) == WRITTEN
    assert Recipe.from_json(json.dumps(WRITTEN)) == MADE
    assert Recipe.from_json(json.dumps(WRITTEN).encode()) == MADE


def test_every_field_has_a_line_of_its_own():
    names = [line.split('"')[1] for line in MADE.to_json().splitlines()[1:-1]]
    assert names == list(WRITTEN)


edges, sizes = st.floats(-1.0, 1.0), st.floats(0.001, 0.9)
points = st.tuples(st.floats(-2, 2), st.floats(-2, 2))
shapes = st.builds(
    lambda kind, x, y, width, height, angle: kind(x, y, x + width, y + height, angle),
    st.sampled_from([Rectangle, Ellipse]), edges, edges, sizes, sizes, st.floats(-360, 360),
) | st.builds(
    Stroke, st.lists(points, min_size=1, max_size=4).map(tuple), sizes, st.floats(0, 1),
    st.booleans(),
) | st.builds(Polygon, st.lists(points, min_size=3, max_size=5).map(tuple))  # fmt: skip
seeds = st.integers(0, 2**53 - 1)
colours = st.tuples(*[st.integers(0, 255)] * 3)
fills = st.builds(
    Fill, st.sampled_from([kind for kind in FILLS if kind != "colour"]), st.none() | colours,
    seeds, st.floats(0, 1) | st.integers(0, 1),
) | st.builds(Fill, st.just("colour"), colours, seeds, st.floats(0, 1))  # fmt: skip
layouts = (
    st.sampled_from([LayoutChoice("own"), LayoutChoice("fixed")])
    | st.builds(LayoutChoice, st.just("random"), st.integers(1, MAX_CROPS), seeds)
    | st.builds(LayoutChoice, st.just("landmark"), radius=st.floats(0.01, 1) | st.just(1))
)
names = st.text(max_size=MAX_TEXT).map(lambda name: PhotoRef.of(Photo(PIXELS, name)).name)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
recipes = st.builds(
    Recipe,
    photo=st.builds(PhotoRef, digests, names, st.integers(0, 9999)),
    checkpoint=st.builds(CheckpointRef, names, digests | st.just("")),
    shapes=st.lists(shapes, max_size=4).map(tuple),
    fill=fills,
    layout=layouts,
    alpha=st.none() | st.floats(0, 1) | st.integers(0, 1),
    region=st.integers(0, MAX_CROPS),
)


@settings(deadline=None)
@given(recipes)
def test_whatever_can_be_made_comes_back_equal_and_gives_the_same_scene(recipe):
    read = Recipe.from_json(recipe.to_json())
    assert read == recipe
    assert read.to_json() == recipe.to_json()
    assert read.scene(FACE).key == recipe.scene(FACE).key


MOUTH = Rectangle(0.2, 0.6, 0.8, 0.9)
CUTS = {
    "own": (LayoutChoice(), None),
    "fixed": (LayoutChoice("fixed"), fixed_layout()),
    "random": (LayoutChoice("random", count=4, seed=9), random_layout(4, seed=9)),
    "landmark": (
        LayoutChoice("landmark", radius=0.2), landmark_layout(FACE.landmarks, radius=0.2)
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CUTS)
def test_the_recipe_of_a_scene_gives_the_scene_again(kind):
    layout, cut = CUTS[kind]
    scene = Scene(FACE, (MOUTH,), Fill("noise", seed=3, opacity=0.7), cut)
    recipe = recipe_of(
        scene, PHOTO, checkpoint=CHECKPOINT, layout=layout, alpha=0.1, region=3
    )  # fmt: skip
    assert (recipe.alpha, recipe.region) == (0.1, 3)
    again = Recipe.from_json(recipe.to_json()).scene(FACE)
    assert again == scene
    assert again.key == scene.key


@pytest.mark.parametrize("kind", CUTS)
def test_a_layout_that_is_not_the_scenes_is_the_callers_mistake(kind):
    scene = Scene(FACE, layout=random_layout(4, seed=10))
    with pytest.raises(ValueError, match="not cut as"):
        recipe_of(scene, PHOTO, checkpoint=CHECKPOINT, layout=CUTS[kind][0])


@pytest.mark.parametrize("radius", [1e-300])
def test_a_face_that_cannot_be_cut_as_it_says_is_refused_in_words(radius):
    recipe = Recipe(PHOTO, CHECKPOINT, layout=LayoutChoice("landmark", radius=radius))
    with pytest.raises(BadRecipe, match="must satisfy"):
        recipe.scene(FACE)
    assert dataclasses.replace(recipe, layout=LayoutChoice("fixed")).scene(FACE)


def test_a_face_without_landmarks_is_cut_round_the_medians_of_its_framing_and_it_is_said():
    choice = LayoutChoice("landmark", radius=0.25)
    cut = choice.regions(BARE)
    medians = np.asarray(FERPLUS.landmarks, np.float32)
    assert cut == landmark_layout(medians, radius=0.25)
    assert cut.boxes[1].edges == pytest.approx((0.07, 0.14, 0.57, 0.64))
    assert "no landmarks" in choice.note(BARE)
    assert choice.note(FACE) == ""
    assert LayoutChoice("fixed").note(BARE) == ""


def test_equal_recipes_are_written_alike_whatever_numbers_they_came_from():
    whole, real = (
        dataclasses.replace(MADE, alpha=one, layout=LayoutChoice("landmark", radius=one))
        for one in (1, 1.0)
    )
    assert whole == real
    assert whole.to_json() == real.to_json()


def test_a_recipe_cannot_be_changed_only_replaced():
    with pytest.raises(dataclasses.FrozenInstanceError):
        MADE.alpha = 0.2


def test_a_reference_to_a_photo_holds_its_digest_and_none_of_its_pixels():
    photo = Photo(PIXELS, "holiday\n\x1b[31m\udc80" + "a" * 300)
    found = PhotoRef.of(photo, 2)
    assert found == PhotoRef(photo.digest, ("holiday  [31m " + "a" * 300)[: MAX_TEXT - 1] + "…", 2)
    assert {field.name for field in dataclasses.fields(PhotoRef)} == {"digest", "name", "face"}


def test_a_reference_to_a_checkpoint_takes_any_card(checkpoint):
    card = read_card(checkpoint / "card.json")
    expected = hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest()
    assert CheckpointRef.of(card) == CheckpointRef("tiny", expected)
    for odd in ("", "not stated"):
        found = CheckpointRef.of(dataclasses.replace(card, name="two\nlines" * 100, sha256=odd))
        assert found == CheckpointRef(("two lines" * 100)[: MAX_TEXT - 1] + "…", "")


def test_checkpoints_are_told_apart_by_hash_and_without_one_by_name():
    assert CHECKPOINT.is_same(CheckpointRef("renamed", SHA256))
    assert not CHECKPOINT.is_same(CheckpointRef("tiny", "cd" * 32))
    assert CHECKPOINT.is_same(CheckpointRef("tiny"))
    assert not CHECKPOINT.is_same(CheckpointRef("other"))


def test_a_replay_says_in_what_it_differs_and_only_that():
    def said(photo=PHOTO, checkpoint=CHECKPOINT, faces=2):
        return MADE.notices(photo, checkpoint, faces=faces)

    assert said() == ()
    assert said(photo=PhotoRef(DIGEST, "renamed.png")) == ()
    (photo,) = said(photo=PhotoRef(SHA256, "her.jpg"))
    assert "another photo, her.jpg, so the numbers are not" in photo
    (face,) = said(faces=1)
    assert "for face 2 and the photo shows 1, so the largest is used" in face
    (checkpoint,) = said(checkpoint=CheckpointRef("other"))
    assert "checkpoint tiny and other is in use" in checkpoint
    assert len(said(PhotoRef(SHA256, "a"), CheckpointRef("other"), 1)) == 3


def test_where_its_face_is_missing_the_largest_is_used():
    assert [MADE.face_among(count) for count in (1, 2, 3)] == [0, 1, 1]


def test_a_recipe_is_read_from_a_file(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(MADE.to_json())
    assert read_recipe(path) == read_recipe(str(path)) == MADE


def test_a_file_that_is_none_is_refused_in_words(tmp_path, monkeypatch):
    with pytest.raises(BadRecipe, match="no file"):
        read_recipe(tmp_path / "none.json")
    with pytest.raises(BadRecipe, match="no file"):
        read_recipe(tmp_path)
    large = tmp_path / "large.json"
    large.write_text(LARGE)
    with pytest.raises(BadRecipe, match="more than 2 MB"):
        read_recipe(large)

    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BadRecipe, match="cannot be read: Permission denied"):
        read_recipe(large)


DOCUMENT = (Path(__file__).parents[2] / "docs" / "recipe.md").read_text()


def test_the_documented_recipe_is_one_and_its_python_runs(tmp_path, monkeypatch, capsys):
    (written,) = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    assert Recipe.from_json(written).to_json() == written
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "recipe.json").write_text(written)
    example = Path(__file__).parents[2] / "examples" / "astronaut.png"
    (tmp_path / "photo.png").write_bytes(example.read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "recipe.md", "exec"), {})
    assert capsys.readouterr().out.strip() in FERPLUS_CLASSES


def test_every_field_is_documented():
    rows = re.findall(r"^\| `([a-z.]+)` \|", DOCUMENT, re.MULTILINE)
    assert [name for name in rows if "." not in name] == [
        *(n for n in WRITTEN if n != "photo")
    ]  # fmt: skip
    assert {f"photo.{name}" for name in WRITTEN["photo"]} <= set(rows)


def test_the_library_offers_what_reads_and_refuses_recipes():
    assert (ran.Recipe, ran.read_recipe, ran.BadRecipe) == (Recipe, read_recipe, BadRecipe)
    assert issubclass(BadRecipe, RanError)
