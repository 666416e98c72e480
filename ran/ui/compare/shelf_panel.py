"""The shelf on the Compare page: what was kept, its notes, its file, and the way into a slot."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ran.engine import Engine
from ran.recipe.claims import one_line
from ran.recipe.shelf import LONGEST_NOTE, MAX_BYTES, Kept, to_json
from ran.ui.compare.slots_chosen import LETTERS
from ran.ui.navigation import PAGES
from ran.ui.shared import compute
from ran.ui.shared.outside import escaped
from ran.ui.shared.saving import keeping
from ran.ui.shared.session import Session
from ran.ui.shared.settings.comparing import AS_IT_COMES
from ran.ui.shared.settings.shelved import Shelved
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, counted


def shelf(session: Session, engine: Engine) -> None:
    """Draw what is on the shelf, and what takes and gives its file."""
    count = len(session.shelf)
    title = (
        counted("Shelf: {count} kept", "Shelf: {count} kept", count).format(count=count)
        if count
        else _("Shelf: nothing kept yet")
    )
    folded = st.expander(title, key="compare-shelf", on_change="rerun", expanded=bool(count))
    if not folded.open:
        return
    with folded:
        if not count:
            st.markdown(
                _(":small[:gray[Keep, on any page, puts what stands there here.]]")
            )  # fmt: skip
        for one in list(session.shelf):
            _row(session, one)
        if count:
            st.markdown(
                _(
                    ":small[:gray[:material/lock: The shelf's file, and this browser tab through a "
                    "reload, hold recipes and numbers; of photos their digests alone, unless you "
                    "ask for the faces in the file.]]"
                )
            )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            has_faces = bool(st.session_state.get("shelf-faces"))
            st.download_button(
                _("Shelf, JSON"), lambda: _file_of(session, has_faces=has_faces),
                "shelf.json", "application/json", on_click="ignore", icon=":material/download:",
                key="shelf-save", disabled=not count,
            )  # fmt: skip
            if count:
                st.checkbox(
                    _("With the faces"), key="shelf-faces",
                    help=_(
                        "Puts the face of each scene into the file, as the network got it, so that "
                        "it opens wherever the file is read."
                    ),
                )  # fmt: skip
            given = st.popover(
                _("Read a shelf"), icon=":material/upload:", key="shelf-read", on_change="rerun"
            )
        if given.open:
            with given:
                _read(session, engine)


def _row(session: Session, one: Shelved) -> None:
    """Draw something that was kept: picture, what it is, its note, and what can be done with it."""
    kept = one.kept
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if one.picture:
            st.image(one.picture, width=56, alt=one.photo)
        page = PAGES.get(kept.page)
        words = [_(page.title) if page is not None else kept.page, escaped(one.photo), _said(kept)]
        st.markdown(
            " \N{MIDDLE DOT} ".join(word for word in words if word), width=240
        )  # fmt: skip
        note = st.text_input(
            _("Note"), kept.note, max_chars=LONGEST_NOTE, width=220,
            key=key_of("shelf-note", one.number), label_visibility="collapsed",
            placeholder=_("a note"),
        )  # fmt: skip
        if note != kept.note:
            one.kept = replace(kept, note=one_line(note))
        if one.scene is not None:
            for place, _slot in enumerate(session.comparing.slots[:2]):
                st.button(
                    _("Into {letter}").format(letter=LETTERS[place]), type="tertiary",
                    key=key_of("shelf-into", place, one.number),
                    on_click=_put, args=(session, place, one.name),
                )  # fmt: skip
        elif kept.recipe is not None:
            st.markdown(_(":small[:gray[choose its photo under Face]]"), width="content")
        st.button(
            _("Take off"), icon=":material/close:", type="tertiary",
            key=key_of("shelf-less", one.number), on_click=session.shelf.remove, args=(one,),
        )  # fmt: skip


def _said(kept: Kept) -> str:
    """Return what the network answered, where the numbers say it as pages do."""
    found = [
        part["expression"]
        for part in kept.numbers.values()
        if isinstance(part, dict) and isinstance(part.get("expression"), str)
    ]
    return escaped(" \N{RIGHTWARDS ARROW} ".join(dict.fromkeys(one_line(one) for one in found)))


def _file_of(session: Session, *, has_faces: bool) -> str:
    return to_json(
        keeping.with_faces(session) if has_faces else [one.kept for one in session.shelf]
    )


def _put(session: Session, place: int, name: str) -> None:
    slot = session.comparing.slots[place]
    slot.face, slot.cover = name, AS_IT_COMES
    slot.renew()


def _read(session: Session, engine: Engine) -> None:
    file = st.file_uploader(
        _("A shelf, JSON"), type=["json"], max_upload_size=MAX_BYTES // 2**20,
        key=key_of("shelf", len(session.shelf)),
        help=_("From Shelf, JSON. What is here already stays."),
    )  # fmt: skip
    if file is None:
        return
    with compute.told(_("The shelf stays as it is.")):
        keeping.add(session, engine, file.getvalue())
        st.rerun()
