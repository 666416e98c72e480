"""Three scenes to begin with, one click each: chosen by a rule, by examples/choose_scenes.py."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ran.engine import Engine
from ran.face.covers.occlusion import Fill
from ran.face.covers.stickers import place
from ran.face.shapes import Shape
from ran.scene import Scene
from ran.study.poses.posed import Posed
from ran.study.poses.sources import turned
from ran.ui.shared import compute
from ran.ui.shared.session import LAYOUTS, FoundPhoto, Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _

CHOSEN = Path(__file__).with_name("scenes.json")
_SIDE = 112


@dataclass(frozen=True, eq=False)
class Ready:
    """A scene that is ready to be shown: its photo, what hides the face, or how it is turned."""

    name: str
    said: str
    photo: FoundPhoto
    shapes: tuple[Shape, ...]
    posed: Posed | None
    picture: NDArray[np.uint8]


def chosen() -> list[dict[str, object]]:
    """Return the scenes as the script wrote them, the one that the app opens with first."""
    scenes: list[dict[str, object]] = json.loads(CHOSEN.read_text())["scenes"]
    return scenes


@st.cache_resource(max_entries=2, show_spinner=False)
def _ready(framing: str, _using: Engine) -> tuple[Ready, ...]:
    photos = {photo.name: photo for photo in compute.examples(_using).values()}
    made = []
    for scene in chosen():
        photo = photos[str(scene["example"])]
        face, posed = photo.faces[0], None
        shapes = tuple(place(str(name), face) for name in _names(scene["stickers"]))
        if scene["yaw"]:
            (posed,) = turned(face, [float(str(scene["yaw"]))], using=_using)
        shown = Scene(posed.face if posed else face, shapes, Fill("look")).hidden_pixels()
        small = Image.fromarray(shown).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        made.append(
            Ready(str(scene["name"]), str(scene["said"]), photo, shapes, posed, np.asarray(small))
        )
    return tuple(made)


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def ensure_face(session: Session, using: Engine) -> None:
    """Give a visitor who has chosen nothing the first scene."""
    if not session.faces:
        begin(session, using)
    elif session.face is not None and session.face.framing != using.card.framing:
        # Another checkpoint may frame faces otherwise, and photos are not kept to cut them anew.
        session.photo = None
        begin(session, using)


def begin(session: Session, engine: Engine) -> None:
    """Show a new visitor the first scene, on landmark crops where the network was trained on them.

    There one sees attention work; the paper's fixed crops stand one click away.
    """
    if os.environ.get("RAN_SCENE") == "none":
        first = compute.EXAMPLES / compute.FIRST_EXAMPLE
        session.use_photo(compute.look_at_example(engine, first))
    else:
        _show(session, _ready(engine.card.framing, engine)[0])
    if "landmark" in engine.card.trained_layouts:
        session.lay(LAYOUTS["Landmark"])


def offer_scenes(session: Session, engine: Engine) -> None:
    """Draw the scenes as a row of buttons with their pictures; what they replace can come back."""
    ready = _ready(engine.card.framing, engine)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for number, scene in enumerate(ready):
            with st.container(
                horizontal=True, vertical_alignment="center", gap="xsmall", width="content"
            ):
                st.image(scene.picture, width=44, alt=_("Scene: {said}").format(said=_(scene.said)))
                st.button(
                    _(scene.name), key=key_of("scene", number), help=_(scene.said),
                    on_click=_take, args=(session, scene),
                )  # fmt: skip
        st.markdown(
            _(
                ":small[:gray[Try one, or draw on the face: hide an eye, then the mouth. Which "
                "weights move?]]"
            )
        )
        if session.replaced is not None:
            st.button(
                _("Back to what I had"), icon=":material/undo:", type="tertiary", key="scene-undo",
                on_click=session.bring_back,
            )  # fmt: skip


def _take(session: Session, scene: Ready) -> None:
    session.put_aside()
    _show(session, scene)


def _show(session: Session, scene: Ready) -> None:
    session.use_photo(scene.photo)
    session.fill = replace(session.fill, kind="look", opacity=1.0)
    session.forget_fill()
    if scene.posed is not None:
        session.open_pose(scene.posed, (), session.fill)
    elif scene.shapes:
        session.begin_with(scene.shapes)
