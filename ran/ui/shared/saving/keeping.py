"""Keep: what stands on a page goes onto the visitor's shelf, which the Compare page shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.errors import BadRequest, RanError
from ran.figures.data_urls import photograph
from ran.recipe import Recipe
from ran.recipe.shelf import MOST_KEPT, Kept, from_json, to_json
from ran.scene import Scene
from ran.ui.components.shelf_here import shelf_here
from ran.ui.shared import compute
from ran.ui.shared.session import FoundPhoto, Session
from ran.ui.shared.settings.shelved import Shelved
from ran.ui.shared.settings.widgets import key_of
from ran.words import _

_SIDE = 96


def offer(
    session: Session,
    header: DeltaGenerator,
    page: str,
    numbers: Callable[[], dict[str, Any]],
    *,
    recipe: Callable[[], Recipe | None] = lambda: None,
    scene: Scene | None = None,
) -> None:
    """Offer to keep what stands on a page.

    Args:
        session: whose shelf.
        header: where the button goes.
        page: the page's file name.
        numbers: gives the page's numbers as plain values; asked when it is kept.
        recipe: gives the recipe that opens the page again, where there is one.
        scene: the face that it is about; None where it is about many.
    """
    pressed = header.button(
        _("Keep"), icon=":material/bookmark_add:", key=key_of("keep", page),
        help=_("Puts what stands here on your shelf, on the Compare page."),
    )  # fmt: skip
    if not pressed:
        return
    if len(session.shelf) >= MOST_KEPT:
        st.toast(_("The shelf is full: take something out on the Compare page."))
        return
    name = "" if session.photo is None or scene is None else session.photo.name
    digest = "" if scene is None else scene.face.digest
    kept = Kept(page, recipe(), numbers(), digest=digest)
    session.shelf.append(Shelved(kept, name, scene, "" if scene is None else picture_of(scene)))
    st.toast(_("Kept: {count} on the shelf of the Compare page.").format(count=len(session.shelf)))


def through_a_reload(session: Session, engine: Engine) -> None:
    """Keep the shelf in the browser's tab, and take it from there in a session that begins.

    What the browser has is a visitor's file like any other; what is none is passed over.
    """
    if not session.is_shelf_known and not session.shelf:
        found = shelf_here(None)
        if found is None:
            return
        session.is_shelf_known = True
        with suppress(RanError):
            add(session, engine, found)
            st.rerun()
        return
    session.is_shelf_known = True
    state = tuple(id(one.kept) for one in session.shelf)
    if session.shelf_text[0] != state:
        text = to_json([one.kept for one in session.shelf]) if session.shelf else ""
        session.shelf_text = state, text
    shelf_here(session.shelf_text[1])


def picture_of(scene: Scene) -> str:
    """Return a scene as a small picture, a data URL."""
    small = Image.fromarray(scene.hidden_pixels()).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return photograph(np.asarray(small))


def add(session: Session, engine: Engine, content: str | bytes) -> None:
    """Put what a shelf's file holds onto the shelf.

    Raises:
        BadRecipe: if it is none.
        BadRequest: if there is no room for it.
    """
    found = from_json(content)
    if not found:
        raise BadRequest(_("This shelf's file is empty."), hint=_("Choose another one."))
    if len(session.shelf) + len(found) > MOST_KEPT:
        raise BadRequest(
            _("The shelf has room for {room} more, and the file holds {count}.").format(
                room=MOST_KEPT - len(session.shelf), count=len(found)
            ),
            hint=_("Take something out first."),
        )
    session.shelf += [Shelved(kept, _photo(kept)) for kept in found]
    find_faces(session, engine)


def find_faces(session: Session, engine: Engine) -> None:
    """Give what was read from a file its face, where its photo is here: an example, or in use."""
    waiting = [one for one in session.shelf if one.scene is None and one.kept.recipe is not None]
    if not waiting:
        return
    here = [*compute.examples(engine).values(), *session.compared_photos.values()]
    here += [session.photo] if session.photo is not None else []
    photos = {photo.reference.digest: photo for photo in here}
    for one in waiting:
        recipe = one.kept.recipe
        photo = None if recipe is None else photos.get(recipe.photo.digest)
        if recipe is not None and photo is not None:
            one.scene = _scene(photo, one)
            one.picture = picture_of(one.scene)


def _scene(photo: FoundPhoto, one: Shelved) -> Scene:
    recipe = one.kept.recipe
    assert recipe is not None
    faces = photo.upright if recipe.is_upright and photo.upright else photo.faces
    return recipe.scene(faces[recipe.face_among(len(faces))])


def _photo(kept: Kept) -> str:
    return "" if kept.recipe is None else kept.recipe.photo.name
