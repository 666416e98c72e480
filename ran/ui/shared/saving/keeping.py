"""Keep: what stands on a page goes onto the visitor's shelf, which the Compare page shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.errors import BadRecipe, BadRequest, RanError
from ran.face.detect import Face
from ran.figures.data_urls import photograph
from ran.recipe import Recipe
from ran.recipe.shelf import MOST_KEPT, Kept, KeptFace, from_json, to_json
from ran.scene import Scene
from ran.ui.components.shelf_here import shelf_here
from ran.ui.shared import compute
from ran.ui.shared.saving.files import png
from ran.ui.shared.session import FoundPhoto, Session
from ran.ui.shared.settings.shelved import Shelved
from ran.ui.shared.settings.widgets import key_of
from ran.words import _

_SIDE = 96
_LARGEST = 1024
"""Pixels of a side of a face in a shelf's file."""


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


def with_faces(session: Session) -> list[Kept]:
    """Return what is kept, each with the face that its recipe is about, where it is here."""
    return [
        replace(one.kept, face=_face_of(one.scene.face))
        if one.scene is not None and one.kept.recipe is not None
        else one.kept
        for one in session.shelf
    ]


def _face_of(face: Face) -> KeptFace:
    points = None
    if face.landmarks is not None:
        points = tuple((float(x), float(y)) for x, y in face.landmarks)
    return KeptFace(png(face.pixels), points, face.framing)


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
    session.shelf += [_shelved(kept) for kept in found]
    find_faces(session, engine)


def _shelved(kept: Kept) -> Shelved:
    """Return what a file holds, with the face that it brings."""
    bare = replace(kept, face=None)  # in memory a face is part of its scene
    if kept.face is None or kept.recipe is None:
        return Shelved(bare, _photo(kept))
    photo = compute.decoding().photo(kept.face.png, name=_photo(kept))
    height, width = photo.pixels.shape[:2]
    points = None if kept.face.landmarks is None else np.asarray(kept.face.landmarks, np.float32)
    face = None
    if height == width <= _LARGEST:
        face = Face(photo.pixels, landmarks=points, framing=kept.face.framing)
    if face is None or face.digest != kept.digest:
        raise BadRecipe(
            _("A face on this shelf is not the one that its digest names."),
            hint=_("Save the shelf again, or without the faces."),
        )
    scene = kept.recipe.scene(face)
    return Shelved(bare, _photo(kept), scene, picture_of(scene))


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
