"""A recipe's bytes: read up to a limit, and parsed so that only finite, unambiguous JSON passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from ran.errors import BadRecipe
from ran.recipe.claims import AGAIN
from ran.words import _

MAX_BYTES = 2 * 2**20
"""About twice what the largest drawing needs: MAX_POINTS of two numbers, all digits written."""


def content_of(path: Path) -> bytes:
    """Return a file's bytes, at most one more than a recipe may have.

    Raises:
        BadRecipe: if there is no such file, or it cannot be read.
    """
    try:
        if not path.is_file():
            raise BadRecipe(
                _("There is no file {path}.").format(path=path),
                hint=_("Check the path of the recipe."),
            )
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadRecipe(
            _("{path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror),
            hint=_("Check the path and the file's permissions."),
        ) from error


def parse(content: str | bytes, *, most: int = MAX_BYTES) -> Any:
    """Return what the JSON holds, of at most so many bytes.

    Raises:
        BadRecipe: if it is too long, no JSON, or says a number that is not finite, or a field
            twice.
        RecursionError: if it is nested too deeply.
    """
    if len(content) > most:
        raise BadRecipe(
            _("The recipe has more than {max_bytes} MB.").format(max_bytes=most // 2**20),
            hint=_("Choose the file that was saved as a recipe; no photo is part of it."),
        )
    try:
        text = (content.encode() if isinstance(content, str) else content).decode("utf-8-sig")
    except UnicodeError as error:
        raise BadRecipe(_("The recipe is not text in UTF-8."), hint=_(AGAIN)) from error
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except ValueError as error:
        raise BadRecipe(
            _("The recipe is not JSON: {error}.").format(error=error), hint=_(AGAIN)
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise BadRecipe(
        _("The recipe holds the number {name}.").format(name=name), hint=_("Use finite numbers.")
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise BadRecipe(_("The recipe has a field twice."), hint=_(AGAIN))
    return values
