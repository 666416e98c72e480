"""What is no recipe is refused in words, whatever it is, and nothing else is."""

import dataclasses
import json
import math
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_recipes import (
    DIGEST,
    FACE,
    LARGE,
    MADE,
    SHA256,
    WRITTEN,
    changed,
)

from ran.errors import BadRecipe, RanError
from ran.face.covers.occlusion import Fill
from ran.face.shapes import MAX_POINTS, MAX_SHAPES, Rectangle, Stroke
from ran.recipe import (
    MAX_BYTES,
    CheckpointRef,
    LayoutChoice,
    PhotoRef,
    Recipe,
)
from ran.recipe.claims import MAX_CROPS, MAX_TEXT


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


def test_a_version_that_is_not_known_is_refused_before_its_fields():
    later = json.loads(changed("version", 4)) | {"later": []}
    assert "version 4. Versions 1 to 3 are read here" in refusal(json.dumps(later))
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
        lambda: dataclasses.replace(MADE, shapes=(Rectangle(0, 0, 1, 1),) * 101),
        lambda: dataclasses.replace(MADE, alpha=math.nan),
        lambda: dataclasses.replace(MADE, region=-1),
        lambda: dataclasses.replace(MADE, fill=Fill("noise", seed=2**60)),
    ],
)
def test_what_could_not_be_read_back_cannot_be_made(make):
    with pytest.raises(BadRecipe):
        make()
