"""The shelf: what a visitor kept of the pages, as one file that is read with distrust.

A list of {page, recipe, numbers, note, digest}; no photo is in it. Where a visitor asked for it, a
`face` stands beside them: the framed square, from which its scene opens again. docs/compare.md has
the fields.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ran.errors import BadRecipe
from ran.face.framing import FRAMINGS
from ran.recipe.claims import AGAIN, Claim, check, fields, is_point, one_line, shown
from ran.recipe.recipe import Recipe
from ran.recipe.strict_json import parse
from ran.words import _

MOST_KEPT = 24
LONGEST_NOTE = 200
MAX_BYTES = 8 * 2**20
"""Of a shelf's file: 24 faces of 256 x 256 pixels have about 4 MB."""
_FIELDS = ("page", "recipe", "numbers", "note", "digest")
_PNG = b"\x89PNG\r\n\x1a\n"
_LONGEST_FACE = 600_000
"""Characters of a face's picture; noise of 256 x 256 pixels has 263,000."""
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


_FACE_CLAIMS: dict[str, Claim] = {
    "png": (
        lambda value: isinstance(value, bytes) and value.startswith(_PNG),
        f"a PNG in base64, at most {_LONGEST_FACE:,} characters",
    ),
    "landmarks": (
        lambda value: (
            value is None
            or (isinstance(value, tuple) and len(value) == 5 and all(map(is_point, value)))
        ),
        "null or five points, x and y in units of the face's side",
    ),
    "framing": (lambda value: value in FRAMINGS, f"one of {', '.join(FRAMINGS)}"),
}


@dataclass(frozen=True)
class KeptFace:
    """A framed face in a shelf's file: its square as PNG, landmarks in its units or None."""

    png: bytes
    landmarks: tuple[tuple[float, float], ...] | None
    framing: str

    def __post_init__(self) -> None:
        check("face.", vars(self), _FACE_CLAIMS)


@dataclass(frozen=True)
class Kept:
    """What stood on a page: the page's name, the recipe that opens it again or None, its numbers.

    note: the visitor's own words; digest: the face's, "" where there is no one face. face: the face
    itself, in a file whose visitor asked for it.
    """

    page: str
    recipe: Recipe | None
    numbers: dict[str, Any]
    note: str = ""
    digest: str = ""
    face: KeptFace | None = None

    def __post_init__(self) -> None:
        check("", vars(self), _CLAIMS)


def to_json(shelf: Sequence[Kept]) -> str:
    """Return a shelf as JSON; recipes as they are saved, faces where there are any."""
    content = [
        {
            "page": one.page,
            "recipe": None if one.recipe is None else json.loads(one.recipe.to_json()),
            "numbers": one.numbers,
            "note": one.note,
            "digest": one.digest,
            **({} if one.face is None else {"face": _face_json(one.face)}),
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
        found = parse(content, most=MAX_BYTES)
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
    has_face = isinstance(value, dict) and "face" in value
    values = fields("shelf", value, (*_FIELDS, "face") if has_face else _FIELDS)
    recipe = values["recipe"]
    if recipe is not None:
        recipe = Recipe.from_json(json.dumps(recipe))
    face = _face(values["face"]) if has_face else None
    return Kept(**{**values, "recipe": recipe, "face": face})


def _face_json(face: KeptFace) -> dict[str, Any]:
    points = None if face.landmarks is None else [list(point) for point in face.landmarks]
    png = base64.b64encode(face.png).decode()
    return {"png": png, "landmarks": points, "framing": face.framing}


def _face(value: Any) -> KeptFace:
    values = fields("shelf's face", value, ("png", "landmarks", "framing"))
    text, points, framing = values["png"], values["landmarks"], values["framing"]
    png: Any = text
    if isinstance(text, str) and len(text) <= _LONGEST_FACE:
        try:
            png = base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            png = text
    if isinstance(points, list):
        points = tuple(tuple(one) if isinstance(one, list) else one for one in points)
    return KeptFace(png, points, framing if isinstance(framing, str) else shown(framing))
