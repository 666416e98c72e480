"""The shelf's file: what is written is read again, and nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ran.errors import BadRecipe, RanError
from ran.face.covers.occlusion import Fill
from ran.face.shapes import Rectangle
from ran.recipe import CheckpointRef, LayoutChoice, PhotoRef, Recipe
from ran.recipe.shelf import MOST_KEPT, Kept, from_json, to_json

RECIPE = Recipe(
    PhotoRef("a" * 64, "face.png"), CheckpointRef("tiny"), (Rectangle(0.1, 0.2, 0.3, 0.4),),
    Fill("grey"), LayoutChoice("fixed"),
)  # fmt: skip
KEPT = Kept("occlude", RECIPE, {"clean": {"expression": "fear"}}, "a note", "b" * 64)


def test_what_is_written_is_read_again():
    shelf = [KEPT, Kept("cohort", None, {"covers": {}}), Kept("model", RECIPE, {})]
    assert from_json(to_json(shelf)) == shelf
    assert from_json("[]") == []
    (first, *_others) = json.loads(to_json(shelf))
    assert list(first) == ["page", "recipe", "numbers", "note", "digest"]
    assert first["recipe"] == json.loads(RECIPE.to_json())


def changed(**values):
    return json.dumps([json.loads(to_json([KEPT]))[0] | values])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}", "The shelf is an object"),
        ("[1]", "shelf is 1"),
        ("[{}]", "has no page"),
        ("nothing", "is not JSON"),
        (b"\xff\xfe", "not text in UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps([json.loads(to_json([KEPT]))[0]] * (MOST_KEPT + 1)), "holds 25 things"),
        (changed(page="../x"), "page"),
        (changed(page=7), "page"),
        (changed(numbers=[1]), "numbers"),
        (changed(note="two\nlines"), "note"),
        (changed(note="x" * 201), "note"),
        (changed(note=None), "note"),
        (changed(digest="x"), "digest"),
        (changed(recipe=7), "The recipe is 7"),
        (changed(recipe={"version": 99}), "version 99"),
        (changed(more=1), "more"),
        (changed(numbers={"a": float("nan")}), "NaN"),
        ("[" + " " * 3 * 2**20 + "]", "more than 2 MB"),
    ],
)
def test_anything_else_is_refused(content, words):
    with pytest.raises(BadRecipe, match=words):
        from_json(content)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_no_json_does_worse_than_a_refusal(value):
    try:
        found = from_json(json.dumps(value))
    except RanError:
        return
    assert all(isinstance(one, Kept) for one in found)
