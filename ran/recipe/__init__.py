"""Recipes: all that was set on a page, as one small JSON or as a link."""

from ran.recipe.link import example_link, read_link
from ran.recipe.poses import PhotosChoice, PosesChoice, TurnChoice
from ran.recipe.recipe import (
    VERSION,
    LayoutChoice,
    Recipe,
    read_recipe,
    recipe_of,
)
from ran.recipe.references import CheckpointRef, PhotoRef
from ran.recipe.strict_json import MAX_BYTES

__all__ = [
    "MAX_BYTES",
    "VERSION",
    "CheckpointRef",
    "LayoutChoice",
    "PhotoRef",
    "PhotosChoice",
    "PosesChoice",
    "Recipe",
    "TurnChoice",
    "example_link",
    "read_link",
    "read_recipe",
    "recipe_of",
]
