"""A recipe in a link: it comes back whole, and nothing else is taken for one."""

import base64
import contextlib
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_shapes import drawings

from ran.errors import BadRecipe
from ran.face.shapes import Stroke
from ran.recipe import CheckpointRef, PhotoRef, Recipe, example_link, read_link
from ran.recipe.link import MAX_LINK

PHOTO, CHECKPOINT = PhotoRef("0f" * 32, "astronaut.png"), CheckpointRef("tiny", "ab" * 32)


def packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).rstrip(b"=").decode()


@settings(deadline=None)
@given(drawings)
def test_a_recipe_survives_its_link(drawn):
    recipe = Recipe(PHOTO, CHECKPOINT, drawn, alpha=0.05)
    text = example_link(recipe)
    assert read_link(text) == recipe
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), (
        "nothing that an address would have to escape"
    )


def test_a_drawing_too_large_for_a_link_is_refused_with_the_way_out():
    points = tuple((n * 0.6180339887 % 1, n * 0.7548776662 % 1) for n in range(3000))
    with pytest.raises(BadRecipe) as refusal:
        example_link(Recipe(PHOTO, CHECKPOINT, (Stroke(points, 0.01),)))
    assert "file" in refusal.value.hint


GOOD = example_link(Recipe(PHOTO, CHECKPOINT))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "A",
        "recipe",
        GOOD[:-7],
        GOOD + "AAAA",
        GOOD.replace(GOOD[10], "\u00e4"),
        packed(b"[1, 2]"),
        packed(b"\xff\xfe"),
        base64.urlsafe_b64encode(b"{}").decode(),
        "A" * (MAX_LINK + 1),
    ],
)
def test_what_is_no_link_is_refused_in_a_sentence_with_a_next_step(text):
    with pytest.raises(BadRecipe) as refusal:
        read_link(text)
    assert refusal.value.hint
    assert refusal.value.message.endswith(".")


def test_a_link_that_unpacks_to_far_more_than_a_recipe_is_refused_before_it_does():
    bomb = packed(b" " * 4 * 10**6)
    assert len(bomb) <= MAX_LINK
    with pytest.raises(BadRecipe, match="too long"):
        read_link(bomb)


@given(st.text(max_size=60))
def test_any_text_is_a_recipe_or_refused_and_nothing_else(text):
    with contextlib.suppress(BadRecipe):
        read_link(text)
