"""Recipes on the page: replayed from a file or a link, and given away as a link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from ran.engine import Engine
from ran.errors import BadRecipe
from ran.face.detect import Face
from ran.recipe import (
    CheckpointRef,
    PhotosChoice,
    PosesChoice,
    Recipe,
    example_link,
    read_link,
    recipe_of,
)
from ran.recipe.link import PARAMETER
from ran.scene import Scene
from ran.study.poses.posed import Cover, Posed
from ran.ui.shared import compute
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import FoundPhoto, Session
from ran.ui.shared.settings.posing import PHOTOS, TURN
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, later

_KEPT = later("What was set before stays.")
OWN = "own"
"""The query parameter that keeps the recipe of a photo of the visitor's own through a reload."""


def recipe_here(engine: Engine, session: Session, scene: Scene) -> Recipe:
    """Return all that is set as a recipe; the photo is not in it."""
    return recipe_of(
        scene,
        session.photo_reference(),
        checkpoint=CheckpointRef.of(engine.card),
        layout=session.layout,
        alpha=session.alpha,
        region=session.region,
        cut=session.cut,
    )


def scene_recipe(engine: Engine, session: Session, scene: Scene) -> Recipe | None:
    """Return the same where a photo shows the face; None of a face that was turned here."""
    posed = session.posed
    is_shown = posed is None or posed.photo is not None
    return recipe_here(engine, session, scene) if is_shown else None


def poses_recipe(
    engine: Engine, session: Session, cover: Cover | None, poses: Sequence[Posed]
) -> Recipe | None:
    """Return what the Poses page holds as a recipe; None where one could not say it all.

    So it is for videos, for the published lists, and for a cover that lies on an opened pose.
    """
    face = session.photo_face
    ways: dict[str, Callable[[Face], PosesChoice]] = {
        TURN: lambda _: session.poses.turn,
        PHOTOS: lambda face: PhotosChoice.on(
            face, tuple(posed.photo for posed in poses if posed.photo is not None)
        ),
    }
    if face is None or session.poses.way not in ways or (cover and cover.face != face):
        return None
    return Recipe(
        session.reference_of_photo(),
        CheckpointRef.of(engine.card),
        () if cover is None else cover.shapes,
        session.fill if cover is None else cover.fill,
        session.layout,
        session.alpha,
        session.region,
        ways[session.poses.way](face),
        session.cut,
    )


def ask_for_file(session: Session, engine: Engine) -> None:
    """Take a recipe that was saved here or made in Python."""
    place = st.expander(_("Replay a recipe"), key="replay", on_change="rerun")
    if not place.open:
        return
    with place:
        file = st.file_uploader(
            _("A recipe, JSON"), type=["json"], max_upload_size=2,
            key=key_of("recipe", session.visit),
            help=_("From a Save menu. It sets all but the photos."),
        )  # fmt: skip
        if file is not None:
            with compute.told(_(_KEPT)):
                recipe = Recipe.from_json(file.getvalue())
                example = _example(engine, recipe)
                if example is not None and example.reference.digest != _digest(session):
                    st.markdown(
                        _(":material/info: It brings its face: {name}.").format(name=example.name)
                    )
                else:
                    for notice in _notices(recipe, session, engine):
                        st.markdown(f":material/info: {escaped(notice)}")
                st.button(
                    _("Replay it"), icon=":material/replay:", on_click=_replay,
                    args=(session, engine, recipe),
                )  # fmt: skip


def take_link(session: Session, engine: Engine) -> None:
    """Replay the recipe in the page's address, once; it brings the example face that it names."""
    _wait_for_photo(session)
    text = st.query_params.get(PARAMETER)
    if not text:
        return
    if text not in session.links:
        session.know_link(text)
        session.link_notices = ()
        with compute.told(_(_KEPT)):
            recipe = read_link(text)
            example = _example(engine, recipe)
            if example is not None:
                session.use_photo(example)
            session.link_notices = _notices(recipe, session, engine)
            session.replay(recipe)
            st.rerun()  # the sidebar was drawn with what was set before
    for notice in session.link_notices:
        st.markdown(f":material/info: {escaped(notice)}")


def _wait_for_photo(session: Session) -> None:
    """Take the recipe of a photo that a reload let go, once, and say what brings it back."""
    text = st.query_params.get(OWN)
    if text and text not in session.links:
        session.know_link(text)
        with compute.told(_(_KEPT)):
            session.waiting = read_link(text)
    if session.waiting is not None:
        st.markdown(
            _(
                ":material/info: The reload let **{name}** go: photos "
                "are not kept. Choose it again under Face, and what hid it comes back."
            ).format(name=escaped(session.waiting.photo.name))
        )


def for_a_reload(engine: Engine, session: Session) -> dict[str, str]:
    """Return the parameters of the address that open this face as it is, as far as links can.

    PARAMETER brings an example back; OWN what hides a photo of the visitor's own, which they have
    to choose again. Neither brings back a turned pose, nor a very long drawing.
    """
    kept: dict[str, str] = {}
    face = session.face
    with suppress(BadRecipe):
        if session.waiting is not None:
            kept[OWN] = example_link(session.waiting)
        if face is not None and session.posed is None:
            recipe = recipe_here(engine, session, session.scene(face))
            kept[PARAMETER if session.is_example else OWN] = example_link(recipe)
    for link in kept.values():
        session.know_link(link)
    return kept


def offer_link(session: Session, recipe: Recipe) -> None:
    """Show the address that opens this page as it is; for example faces alone."""
    st.markdown(_("**Link to this page as it is**"))
    if not (session.is_example and recipe.photo == session.reference_of_photo()):
        st.markdown(
            _(
                ":small[:gray[For example faces only: a link holds no photo. Save the recipe "
                "instead.]]"
            )
        )
        return
    with compute.told():
        address = (st.context.url or "").split("?")[0]
        st.code(f"{address}?{PARAMETER}={example_link(recipe)}", language=None, wrap_lines=False)


def _replay(session: Session, engine: Engine, recipe: Recipe) -> None:
    """Take what a recipe's file sets, and the example that it names if that is not in use."""
    example = _example(engine, recipe)
    if example is not None and example.reference.digest != _digest(session):
        session.change_photo(example)
    session.replay(recipe)


def _digest(session: Session) -> str | None:
    return None if session.photo is None else session.photo.reference.digest


def _example(engine: Engine, recipe: Recipe) -> FoundPhoto | None:
    for photo in compute.examples(engine).values():
        if photo.reference.digest == recipe.photo.digest:
            return photo
    return None


def _notices(recipe: Recipe, session: Session, engine: Engine) -> tuple[str, ...]:
    is_of_pose = session.posed is not None and recipe.poses is None
    photo = session.photo_reference() if is_of_pose else session.reference_of_photo()
    faces = 1 if is_of_pose else len(session.faces)
    return recipe.notices(photo, CheckpointRef.of(engine.card), faces=faces)
