"""The Compare page's slots: what each is, asked for in its column, and the answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from ran.engine import Engine
from ran.engine.turns import TURNS
from ran.errors import BadFraming
from ran.face.covers.occlusion import Fill
from ran.face.covers.sticker_art import ART
from ran.figures.pictures import outlined
from ran.prediction import Prediction
from ran.scene import Scene
from ran.shown import Shown
from ran.study.cohort.named_covers import NAMES, Cover
from ran.ui.shared import beside, compute, panels
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import FoundPhoto, Session
from ran.ui.shared.settings.comparing import (
    AS_IT_COMES,
    IN_USE,
    NO_COVER,
    THIS_NETWORK,
    SlotSettings,
)
from ran.ui.shared.settings.shelved import Shelved
from ran.ui.shared.settings.widgets import key_of, seed_from
from ran.words import _, called

LETTERS = "ABCD"
_SIDE = 360
_PICTURE, _CONTROLS = 190, 215
"""Pixels: they stand beside each other where a slot has room for both."""


@dataclass(frozen=True, eq=False)
class Slot:
    """A slot that was answered: its letter, what it is in words, and under which network."""

    letter: str
    words: str
    photo: str
    engine: Engine
    scene: Scene
    answer: Prediction

    @property
    def shown(self) -> Shown:
        """Return it under its letter, as panels take it."""
        return Shown(self.letter, self.scene, self.answer)

    @property
    def named(self) -> Shown:
        """Return it under its letter and words, as files take it."""
        return Shown(f"{self.letter}: {self.words}", self.scene, self.answer)


def faces(session: Session, engine: Engine) -> dict[str, Callable[[], tuple[str, Scene]]]:
    """Return what can stand in a slot, by name: a photo's name and the scene as it comes."""
    found: dict[str, Callable[[], tuple[str, Scene]]] = {}
    if session.face is not None:
        found[IN_USE] = lambda: _in_use(session)
    photos = {**session.compared_photos, **compute.examples(engine)}

    def one(photo: FoundPhoto) -> Callable[[], tuple[str, Scene]]:
        return lambda: (photo.name, _plain(session, photo))

    def again(kept: Shelved, scene: Scene) -> Callable[[], tuple[str, Scene]]:
        return lambda: (kept.photo, scene)

    found |= {
        kept.name: again(kept, kept.scene) for kept in session.shelf if kept.scene is not None
    }
    found |= {name: one(photo) for name, photo in photos.items()}
    return found


def _in_use(session: Session) -> tuple[str, Scene]:
    assert session.face is not None
    name = "" if session.photo is None else session.photo.name
    if session.posed is not None:
        name = _("{photo}, {pose}").format(photo=name, pose=session.posed.name)
    return name, session.scene(session.face)


def _plain(session: Session, photo: FoundPhoto) -> Scene:
    face = photo.faces[0]
    return Scene(face, (), Fill(), session.layout.regions(face))


def networks(session: Session) -> dict[str, Callable[[], Engine]]:
    """Return the networks that a slot can have, by name."""
    found: dict[str, Callable[[], Engine]] = {THIS_NETWORK: lambda: compute.engine(session)}

    def one(path: str) -> Callable[[], Engine]:
        return lambda: compute.engine_of(session, path)

    found |= {name: one(path) for name, path in beside.networks(session).items()}
    second = session.second_engine
    if second is not None:
        found[second.card.name] = lambda: second
    return found


def ask(session: Session, engine: Engine, slot: SlotSettings, letter: str) -> Slot | None:
    """Draw a slot's column and return what was answered; None where it cannot be, said there."""
    head = st.container(horizontal=True, horizontal_alignment="distribute")
    head.markdown(f"**{letter}**", width="content")
    if len(session.comparing.slots) > 2:
        head.button(
            _("Leave out"), icon=":material/close:", type="tertiary",
            key=key_of("compare-less", slot.number),
            on_click=session.comparing.remove, args=(slot.number,),
        )  # fmt: skip
    row = st.container(horizontal=True, gap="small")
    picture = row.container(width=_PICTURE, gap="xsmall")
    cells = row.container(width=_CONTROLS, gap="xsmall")
    offered, others = faces(session, engine), networks(session)
    slot.face = slot.face if slot.face in offered else next(iter(offered))
    slot.network = slot.network if slot.network in others else THIS_NETWORK
    slot.face = cells.selectbox(
        _("Face"), list(offered), format_func=lambda name: _(name),
        key=seed_from(slot, "face", key_of("compare-face", slot.number)),
    )  # fmt: skip
    slot.cover = cells.selectbox(
        _("Cover"), [AS_IT_COMES, NO_COVER, *NAMES],
        format_func=lambda name: _(ART[name].label if name in ART else name),
        key=seed_from(slot, "cover", key_of("compare-cover", slot.number)),
    )  # fmt: skip
    slot.network = cells.selectbox(
        _("Network"), list(others),
        format_func=lambda name: _(name),
        key=seed_from(slot, "network", key_of("compare-network", slot.number)),
    )  # fmt: skip
    made: Slot | None = None
    with picture, compute.told():
        made = _answered(session, slot, letter, offered, others)
        _draw(made)
    return made


def _answered(
    session: Session,
    slot: SlotSettings,
    letter: str,
    offered: dict[str, Callable[[], tuple[str, Scene]]],
    others: dict[str, Callable[[], Engine]],
) -> Slot:
    photo, scene = offered[slot.face]()
    using = others[slot.network]()
    if scene.face.framing != using.card.framing:
        raise BadFraming(
            _("{name} takes faces framed as {theirs!r}, this one is {ours!r}.").format(
                name=using.card.name, theirs=using.card.framing, ours=scene.face.framing
            ),
            hint=_("Choose another network or face."),
        )
    if slot.cover == NO_COVER:
        scene = scene.clean()
    elif slot.cover != AS_IT_COMES:
        cover = Cover(slot.cover)
        scene = Scene(scene.face, cover.shapes(scene.face), cover.fill, scene.layout)
    with TURNS.quick():
        answer = using.predict(scene)
    hidden = (
        _("nothing hidden")
        if not scene.shapes
        else _("its cover")
        if slot.cover == AS_IT_COMES
        else _(ART[slot.cover].label if slot.cover in ART else slot.cover)
    )
    words = ", ".join((photo, hidden, using.card.name))
    return Slot(letter, words, photo, using, scene, answer)


def _draw(slot: Slot) -> None:
    """Draw the face with all its regions, and the answer."""
    answer = slot.answer
    chosen = int(answer.weights.argmax())
    picture = outlined(
        slot.scene.hidden_pixels(), answer.boxes, answer.relative_weights.tolist(), panels.theme(),
        chosen=chosen, is_named=False, side=_SIDE,
    ) if len(answer.boxes) > 1 else slot.scene.hidden_pixels()  # fmt: skip
    st.image(np.asarray(picture), width="stretch", alt=f"{slot.letter}: {slot.words}")
    st.markdown(
        f"**{called(answer.expression)} {float(answer.probabilities.max()):.2f}**  \n"
        f":small[:gray[{escaped(slot.words)}]]"
    )


def add_photo(session: Session, engine: Engine) -> None:
    """Take a photo of the visitor's own beside the face in use; every slot can have its face."""
    upload = st.file_uploader(
        _("Another photo"), type=["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"],
        max_upload_size=20, key=key_of("compare-photo", len(session.compared_photos)),
        help=_("Its largest face can stand in every slot; the face in use stays."),
    )  # fmt: skip
    st.markdown(
        _(
            ":small[:gray[:material/lock: It stays in the memory of the computer that runs this "
            "app, for this session.]]"
        )
    )
    if upload is None:
        return
    with compute.told(_("The slots stay as they are.")):
        last = session.comparing.slots[-1]
        last.face = session.keep_beside(compute.look_at(engine, upload.getvalue(), upload.name))
        last.renew()
        st.rerun()
