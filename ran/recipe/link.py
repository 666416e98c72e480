"""A recipe as text that fits into a link: for example faces, which every app has.

A link holds what its recipe holds, so never a photo; the app that opens it must have the face.
"""

from __future__ import annotations

import base64
import binascii
import zlib

from ran.errors import BadRecipe
from ran.recipe.recipe import Recipe
from ran.recipe.strict_json import MAX_BYTES
from ran.words import _, later

PARAMETER = "recipe"
"""The name of the query parameter: `?recipe=...`."""
MAX_LINK = 6000
"""Characters; some browsers, proxies and messengers cut longer addresses."""


def example_link(recipe: Recipe) -> str:
    """Return the value of `?recipe=` that stands for this recipe.

    Raises:
        BadRecipe: if it is longer than MAX_LINK.
    """
    packed = zlib.compress(recipe.to_json().encode(), 9)
    text = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    if len(text) > MAX_LINK:
        raise BadRecipe(
            _("This drawing makes a link of {count:,} characters.").format(count=len(text)),
            hint=_("A link holds at most {max_link:,}: save the recipe as a file.").format(
                max_link=MAX_LINK
            ),
        )
    return text


def read_link(text: str) -> Recipe:
    """Read what `example_link` wrote, with distrust: sizes are checked before anything grows.

    Raises:
        BadRecipe: if it is anything else.
    """
    if len(text) > MAX_LINK:
        raise BadRecipe(_("The link's recipe is too long."), hint=_(_ASK))
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(packed, MAX_BYTES + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise BadRecipe(_("The link's recipe is damaged."), hint=_(_ASK)) from error
    if not unpacking.eof or unpacking.unused_data:
        raise BadRecipe(_("The link's recipe is cut off or too long."), hint=_(_ASK))
    return Recipe.from_json(content)


_ASK = later("Ask for the link again, or for the recipe as a file.")
