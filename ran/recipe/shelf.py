"""The shelf: what a visitor kept of the pages, as one file that is read with distrust.

A list of {page, recipe, numbers, note, digest}; no photo is in it. docs/recipe.md has the fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ran.errors import BadRecipe
from ran.recipe.claims import AGAIN, Claim, check, fields, one_line, shown
from ran.recipe.recipe import Recipe
from ran.recipe.strict_json import parse
from ran.words import _

MOST_KEPT = 24
LONGEST_NOTE = 200
_CLAIMS: dict[str, Claim] = {
    "page": (
        lambda value: isinstance(value, str) and re.fullmatch("[a-z]{1,20}", value) is not None,
        "the name of a page",
    ),
    "numbers": (lambda value: isinstance(value, dict), "an object"),
    "note": (
        lambda value: isinstance(value, str) and len(value) <= LONGEST_NOTE
        and value == one_line(value),
        f"one line of text, at most {LONGEST_NOTE} characters",
    ),
    "digest": (
        lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{0,64}", value) is not None,
        "a digest in hexadecimal digits, or nothing",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """What stood on a page: the page's name, the recipe that opens it again or None, its numbers.

    note: the visitor's own words; digest: the face's, "" where there is no one face.
    """

    page: str
    recipe: Recipe | None
    numbers: dict[str, Any]
    note: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        check("", vars(self), _CLAIMS)


def to_json(shelf: Sequence[Kept]) -> str:
    """Return a shelf as JSON; recipes as they are saved."""
    content = [
        {
            "page": one.page,
            "recipe": None if one.recipe is None else json.loads(one.recipe.to_json()),
            "numbers": one.numbers,
            "note": one.note,
            "digest": one.digest,
        }
        for one in shelf
    ]
    return json.dumps(content, indent=1) + "\n"


def from_json(content: str | bytes) -> list[Kept]:
    """Read a shelf strictly.

    Raises:
        BadRecipe: if it is anything but what `to_json` writes, however large, deep or damaged.
    """
    try:
        found = parse(content)
        if not isinstance(found, list):
            raise BadRecipe(
                _("The shelf is {value}.").format(value=shown(found)), hint=_("Expected a list.")
            )
        if len(found) > MOST_KEPT:
            raise BadRecipe(
                _("The shelf holds {count:,} things.").format(count=len(found)),
                hint=_("At most {most} can be kept: take some out.").format(most=MOST_KEPT),
            )
        return [_kept(value) for value in found]
    except RecursionError as error:
        raise BadRecipe(_("The shelf is nested too deeply."), hint=_(AGAIN)) from error


def _kept(value: Any) -> Kept:
    values = fields("shelf", value, ("page", "recipe", "numbers", "note", "digest"))
    recipe = values["recipe"]
    if recipe is not None:
        recipe = Recipe.from_json(json.dumps(recipe))
    return Kept(**{**values, "recipe": recipe})
