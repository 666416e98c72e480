"""Recipes: what was set comes back to the bit, and nothing else is taken for a recipe."""

import dataclasses
import hashlib
import json
import math
import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ran
from ran.errors import BadRecipe, RanError
from ran.expressions import FERPLUS as FERPLUS_CLASSES
from ran.face.detect import FERPLUS, Face
from ran.face.occlusion import FILLS, Fill
from ran.face.photo import Photo
from ran.face.shapes import MAX_POINTS, MAX_SHAPES, Ellipse, Polygon, Rectangle, Stroke
from ran.net.card import read_card
from ran.net.regions import fixed_layout, landmark_layout, random_layout
from ran.recipe import (
    MAX_BYTES,
    CheckpointRef,
    LayoutChoice,
    PhotoRef,
    Recipe,
    read_recipe,
    recipe_of,
)
from ran.recipe.claims import MAX_CROPS, MAX_TEXT
from ran.scene import Scene

PIXELS = np.random.default_rng(4).integers(0, 256, (32, 32, 3), dtype=np.uint8)
FACE = Face(PIXELS, landmarks=np.asarray(FERPLUS.landmarks, np.float32))
BARE = Face.from_pixels(PIXELS)
DIGEST, SHA256 = "0123456789abcdef" * 4, "ab" * 32
PHOTO, CHECKPOINT = PhotoRef(DIGEST, "her.jpg", 1), CheckpointRef("tiny", SHA256)

# By hand: what a recipe looks like.
WRITTEN = {
    "version": 1,
    "photo": {"digest": DIGEST, "name": "her.jpg", "face": 1},
    "shapes": [
        {"kind": "rectangle", "x0": 0.25, "y0": 0.5, "x1": 0.75, "y1": 1.0, "angle": 0.0},
        {"kind": "ellipse", "x0": 0.0, "y0": 0.0, "x1": 0.5, "y1": 0.25, "angle": 30.0},
        {"kind": "polygon", "points": [[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]]},
        {
            "kind": "stroke", "points": [[0.5, 0.25], [0.5, 0.75]],
            "width": 0.125, "softness": 0.5, "erase": True,
        },
    ],
    "fill": {"kind": "colour", "colour": [200, 10, 30], "seed": 7, "opacity": 0.5},
    "layout": {"kind": "random", "count": 3, "seed": 8},
    "alpha": 0.05,
    "checkpoint": {"name": "tiny", "sha256": SHA256},
    "region": 2,
}  # fmt: skip
MADE = Recipe(
    photo=PHOTO,
    checkpoint=CHECKPOINT,
    shapes=(
        Rectangle(0.25, 0.5, 0.75, 1.0),
        Ellipse(0.0, 0.0, 0.5, 0.25, 30.0),
        Polygon(((0.0, 0.0), (1.0, 0.0), (0.5, 0.5))),
        Stroke(((0.5, 0.25), (0.5, 0.75)), 0.125, 0.5, True),
    ),
    fill=Fill("colour", (200, 10, 30), 7, 0.5),
    layout=LayoutChoice("random", count=3, seed=8),
    alpha=0.05,
    region=2,
)


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


@pytest.mark.parametrize(
    ("face", "radius", "words"),
    [(BARE, 0.2, "it has no landmarks"), (FACE, 1e-300, "must satisfy")],
)
def test_a_face_that_cannot_be_cut_as_it_says_is_refused_in_words(face, radius, words):
    recipe = Recipe(PHOTO, CHECKPOINT, layout=LayoutChoice("landmark", radius=radius))
    with pytest.raises(BadRecipe, match=words):
        recipe.scene(face)
    assert dataclasses.replace(recipe, layout=LayoutChoice("fixed")).scene(face)


def refusal(content):
    """Return what a refusal says, after checking that it can be shown: short, on one line."""
    with pytest.raises(RanError) as refused:
        Recipe.from_json(content)
    error = refused.value
    assert type(error) is BadRecipe
    assert len(str(error)) < 500
    assert len(str(error).splitlines()) == 1
    str(error).encode()
    assert error.message.endswith((".", "…"))
    assert error.hint.endswith(".")
    return str(error)


def changed(path, value):
    """WRITTEN with another value at a dotted path; `...` leaves the field out."""
    recipe = deepcopy(WRITTEN)
    *places, last = path.split(".")
    inner = recipe
    for place in places:
        inner = inner[int(place) if isinstance(inner, list) else place]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(recipe)


def test_a_version_that_is_not_known_is_refused_before_its_fields():
    later = json.loads(changed("version", 3)) | {"later": []}
    assert "version 3. Versions 1 and 2 are read here" in refusal(json.dumps(later))
    for version in (0, -1, 1.0, True, "1", None, [1], 10**30):
        assert "The recipe has version" in refusal(changed("version", version))


OBJECTS = ("", "photo.", "shapes.0.", "fill.", "layout.", "checkpoint.")
REQUIRED = [
    f"{place}{name}"
    for place in OBJECTS
    for name in (
        WRITTEN if not place
        else WRITTEN["shapes"][0] if place == "shapes.0."
        else WRITTEN[place[:-1]]
    )
    if name != "angle"  # of a shape; it may be left out
]  # fmt: skip


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_field_is_named(path):
    name = path.split(".")[-1]
    words = refusal(changed(path, ...))
    assert f"no {name}." in words or (name == "kind" and "There is no shape" in words)


@pytest.mark.parametrize("place", OBJECTS)
def test_an_unknown_field_is_named(place):
    assert "glitter" in refusal(changed(f"{place}glitter", 1))


@pytest.mark.parametrize("value", [None, True, 7, 0.5, "text", [], [1]])
@pytest.mark.parametrize("name", ["photo", "fill", "layout", "checkpoint", "shapes"])
def test_a_part_of_another_kind_is_refused(name, value):
    if name != "shapes" or not isinstance(value, list) or value:
        refusal(changed(name, value))


WRONG = {
    "photo.digest": ["", None, 7, DIGEST.upper(), DIGEST[:-1], DIGEST + "\n", [DIGEST]],
    "photo.name": [None, 7, "a\nb", "\ud800", "\x1b[31m", "a" * (MAX_TEXT + 1), ["a"]],
    "photo.face": [-1, 10**4, 10**400, 0.0, True, "0", None],
    "shapes.0.kind": ["spiral", None, ["rectangle"], "x" * 10_000, "a\nb", "\ud800"],
    "shapes.0.x0": [0.75, -3, 1e300, 10**400, "0", None, True, [0.1], {"x": [1] * 999}],
    "shapes.0.glitter\n": [1],
    "shapes.2.points": [None, [], [[0, 0]] * 2, [[0, 0], [0, 1], [0, 3]], [0] * 9, "abc"],
    "shapes.3.points": [[], [[0, 0]] * (MAX_POINTS + 1), [[0, None]], [[0, 0, 0]], {"x": 0}],
    "shapes.3.width": [0, -1, 1.01, None, True, "0.1", 10**400],
    "shapes.3.softness": [-0.1, 1.01, None],
    "shapes.3.erase": [0, None, "yes"],
    "fill.kind": ["plaid", None, 1, ["black"], {}],
    "fill.colour": [None, [1, 2], [1, 2, 3, 4], [1, 2, 256], [1, 2, -1], [1, 2, 0.5], "red", 5],
    "fill.seed": [-1, 2**53, 10**400, 0.5, True, None, "0"],
    "fill.opacity": [-0.01, 1.01, 1e300, 10**400, True, None, "1"],
    "layout.kind": ["spiral", None, 1, ["own"], {}, "own", "fixed", "landmark"],
    "layout.count": [0, -1, MAX_CROPS + 1, 10**400, 3.0, True, None, "3"],
    "layout.seed": [-1, 2**53, 0.5, True, None],
    "layout.radius": [0.2, None],
    "alpha": [-0.01, 1.01, 10**400, True, "0", [0.1]],
    "checkpoint.name": [None, 7, "a\nb", "a" * (MAX_TEXT + 1)],
    "checkpoint.sha256": [None, "0", SHA256.upper(), 7],
    "region": [-1, MAX_CROPS + 1, 10**400, 1.0, True, None, "1"],
}


@pytest.mark.parametrize("path", WRONG)
def test_a_value_that_no_recipe_has_is_refused(path):
    for value in WRONG[path]:
        refusal(changed(path, value))


@pytest.mark.parametrize("radius", [0, -0.1, 1.01, True, None, "0.2", 10**400])
def test_a_radius_that_no_layout_has_is_refused(radius):
    refusal(changed("layout", {"kind": "landmark", "radius": radius}))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize("path", ["alpha", "fill.opacity", "shapes.0.x1", "shapes.1.angle"])
def test_no_number_that_is_not_finite_comes_in(path, number):
    words = refusal(changed(path, "here").replace('"here"', number))
    assert "999" in number or f"the number {number}" in words


LARGE = json.dumps(WRITTEN)[:-1] + " " * (10 * 2**20) + "}"
NOT_RECIPES = {
    "nothing": ("", "is not JSON"),
    "half a file": (MADE.to_json()[:-20], "is not JSON"),
    "two recipes": (MADE.to_json() * 2, "is not JSON"),
    "a list": ("[]", "The recipe is a list"),
    "a number": ("1", "The recipe is 1"),
    "null": ("null", "The recipe is null"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "is not text in UTF-8"),
    "Latin-1": (changed("photo.name", "Zoë").replace("\\u00eb", "ë").encode("latin-1"), "UTF-8"),
    "UTF-16": (MADE.to_json().encode("utf-16"), "UTF-8"),
    "half a character": ('{"a": "\ud800"}', "UTF-8"),
    "ten megabytes": (LARGE, "more than 2 MB"),
    "ten megabytes of bytes": (LARGE.encode(), "more than 2 MB"),
    "a nest of lists": ("[" * 10**5, "nested too deeply"),
    "a nest of objects": ('{"version":' * 10**5, "nested too deeply"),
    "a nest in a recipe": (
        changed("alpha", "here").replace('"here"', "[" * 10**5 + "]" * 10**5), "nested too deeply"
    ),
    "a number of a million digits": (
        changed("alpha", "here").replace('"here"', "9" * 10**6), "is not JSON"
    ),
    "a field twice": ('{"version": 1, "version": 1}', "a field twice"),
    "a photo's digest twice": (
        MADE.to_json().replace('"face": 1', '"face": 1, "face": 2'), "a field twice"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_RECIPES)
def test_what_is_no_recipe_is_refused_in_words(case):
    content, words = NOT_RECIPES[case]
    assert words in refusal(content)


@pytest.mark.parametrize("depth", range(100, 1001, 100))
def test_a_shape_nested_to_any_depth_is_refused(depth):
    """Where the reader of JSON still follows, quoting what it read may no longer."""
    nest = "[" * depth + "]" * depth
    refusal(changed("shapes.0.x0", "here").replace('"here"', nest))


def test_a_byte_order_mark_as_editors_write_it_is_no_fault():
    assert Recipe.from_json(b"\xef\xbb\xbf" + MADE.to_json().encode()) == MADE


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
PATHS = [*REQUIRED, *WRONG, "shapes.0", "shapes.0.angle", "fill.glitter", "layout.radius"]


@st.composite
def near_misses(draw):
    """A recipe with some of its values replaced by any JSON, or by what stands elsewhere."""
    recipe = deepcopy(WRITTEN)
    elsewhere = st.sampled_from(list(WRITTEN.values())) | st.sampled_from(
        [value for values in WRONG.values() for value in values]
    )
    for path in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)):
        *places, last = path.split(".")
        inner = recipe
        try:
            for place in places:
                inner = inner[int(place) if isinstance(inner, list) else place]
            value = deepcopy(draw(json_values | elsewhere))
            inner[int(last) if isinstance(inner, list) else last] = value
        except (KeyError, IndexError, TypeError, ValueError):
            continue  # an earlier change took that place away
    return json.dumps(recipe)


@settings(deadline=None, max_examples=300)
@given(st.binary() | st.text() | json_values.map(json.dumps) | near_misses())
def test_anything_is_a_recipe_or_refused_and_nothing_else(content):
    try:
        recipe = Recipe.from_json(content)
    except BadRecipe:
        refusal(content)
        return
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert 0 <= recipe.fill.opacity <= 1
    assert recipe.alpha is None or math.isfinite(recipe.alpha)
    try:
        assert recipe.scene(FACE).shapes == recipe.shapes
    except BadRecipe as error:
        assert "cannot be cut" in error.message  # a radius that leaves nothing


def test_the_largest_drawing_fits_and_anything_larger_is_refused_both_ways():
    longest = (-1.2345678901234567e-05, -1.2345678901234567e-05)
    each = Stroke((longest,) * (MAX_POINTS // MAX_SHAPES), 1.2345678901234567e-05)
    full = dataclasses.replace(MADE, shapes=(each,) * MAX_SHAPES)
    text = full.to_json()
    assert Recipe.from_json(text) == full
    assert len(text) < 0.6 * MAX_BYTES
    dot, box = Stroke((longest,), 0.1), Rectangle(0, 0, 1, 1)
    for shapes in ((each,) * (MAX_SHAPES - 1) + (Stroke(each.points * 2, 0.1),),
                   (box,) * MAX_SHAPES + (dot,)):  # fmt: skip
        with pytest.raises(BadRecipe, match="at most 500 and 20,000"):
            dataclasses.replace(MADE, shapes=shapes)
    many = [WRITTEN["shapes"][0]] * (MAX_SHAPES + 1)
    assert "501 shapes" in refusal(changed("shapes", many))


@pytest.mark.parametrize(
    "make",
    [
        lambda: PhotoRef("", "a"),
        lambda: PhotoRef(DIGEST, "a\nb"),
        lambda: CheckpointRef("a", "b"),
        lambda: LayoutChoice("spiral"),
        lambda: LayoutChoice("random", count=3),
        lambda: LayoutChoice("own", count=3),
        lambda: LayoutChoice("landmark", seed=3, radius=0.2),
        lambda: dataclasses.replace(MADE, alpha=math.nan),
        lambda: dataclasses.replace(MADE, region=-1),
        lambda: dataclasses.replace(MADE, fill=Fill("noise", seed=2**60)),
    ],
)
def test_what_could_not_be_read_back_cannot_be_made(make):
    with pytest.raises(BadRecipe):
        make()


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


DOCUMENT = (Path(__file__).parent.parent / "docs" / "recipe.md").read_text()


def test_the_documented_recipe_is_one_and_its_python_runs(tmp_path, monkeypatch, capsys):
    (written,) = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    assert Recipe.from_json(written).to_json() == written
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "recipe.json").write_text(written)
    example = Path(__file__).parent.parent / "examples" / "astronaut.png"
    (tmp_path / "photo.png").write_bytes(example.read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "recipe.md", "exec"), {})
    assert capsys.readouterr().out.strip() in FERPLUS_CLASSES


def test_every_field_is_documented():
    rows = re.findall(r"^\| `([a-z.]+)` \|", DOCUMENT, re.MULTILINE)
    assert [name for name in rows if "." not in name] == [
        *(n for n in WRITTEN if n != "photo"), "poses"
    ]  # fmt: skip
    assert {f"photo.{name}" for name in WRITTEN["photo"]} <= set(rows)


def test_the_library_offers_what_reads_and_refuses_recipes():
    assert (ran.Recipe, ran.read_recipe, ran.BadRecipe) == (Recipe, read_recipe, BadRecipe)
    assert issubclass(BadRecipe, RanError)
