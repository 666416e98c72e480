"""The shelf's file: what is written is read again, and nothing else is."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ran.errors import BadRecipe, RanError
from ran.face.covers.occlusion import Fill
from ran.face.shapes import Rectangle
from ran.recipe import CheckpointRef, LayoutChoice, PhotoRef, Recipe
from ran.recipe.shelf import MOST_KEPT, Kept, KeptFace, from_json, to_json

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


FACE = KeptFace(b"\x89PNG\r\n\x1a\n and more", ((0.1, 0.25),) * 5, "ferplus")
PICTURE = json.loads(to_json([replace(KEPT, face=FACE)]))[0]["face"]


@pytest.mark.parametrize("face", [FACE, replace(FACE, landmarks=None)])
def test_a_face_that_was_asked_for_is_read_again(face):
    shelf = [replace(KEPT, face=face), KEPT]
    assert from_json(to_json(shelf)) == shelf


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
        ("[" + " " * 9 * 2**20 + "]", "more than 8 MB"),
        (changed(face=7), "shelf's face is 7"),
        (changed(face={}), "has no png"),
        (changed(face=PICTURE | {"more": 1}), "more"),
        (changed(face=PICTURE | {"png": "AAAA"}), "face.png"),
        (changed(face=PICTURE | {"png": "no base64"}), "face.png"),
        (changed(face=PICTURE | {"png": PICTURE["png"] + "A" * 600_000}), "face.png"),
        (changed(face=PICTURE | {"png": 7}), "face.png"),
        (changed(face=PICTURE | {"landmarks": [[0.5, 0.5]] * 4}), "face.landmarks"),
        (changed(face=PICTURE | {"landmarks": [[0.5, "x"]] * 5}), "face.landmarks"),
        (changed(face=PICTURE | {"landmarks": 7}), "face.landmarks"),
        (changed(face=PICTURE | {"framing": "unknown"}), "face.framing"),
        (changed(face=PICTURE | {"framing": {}}), "face.framing"),
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
