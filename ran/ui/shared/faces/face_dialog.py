"""The dialog that takes a face: an upload, the camera, an example, one of several faces."""

from __future__ import annotations

import streamlit as st

from ran.engine import Engine
from ran.ui.shared import compute
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import FoundPhoto, Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _

_SUFFIXES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"]
_PER_ROW = 5


def face_dialog(session: Session, engine: Engine) -> None:
    """Ask for a face and put it into the session; on failure the face in use stays."""
    # Made anew each time: its title is in the visitor's language.
    st.dialog(_("Choose a face"), width="medium")(_dialog)(session, engine)


def _dialog(session: Session, engine: Engine) -> None:
    upload = st.file_uploader(
        _("Your own photo"),
        type=_SUFFIXES,
        max_upload_size=20,
        help=_(
            "JPEG, PNG, WebP, BMP, TIFF or GIF (its first frame), at most 20 MB and 64 megapixels."
        ),
    )
    answer = st.container()
    if session.parts or session.rectangles or session.drawn:
        st.markdown(
            _(
                ":small[:material/undo: Another face begins without a cover. On Occlude, *Back "
                "to what I had* brings this face and its cover back.]"
            )
        )
    st.markdown(
        _(
            ":small[:gray[:material/lock: Your photo is sent to the computer that runs this app "
            "and stays in its memory for this session. It is not kept, shared or used for "
            "training.]]"
        )
    )
    taken = st.camera_input(_("Photograph a face")) if st.toggle(_("Use the camera")) else None
    if taken is not None:
        with answer:
            _take(session, engine, taken.getvalue(), _("the camera's picture"))
    elif upload is not None:
        with answer:
            _take(session, engine, upload.getvalue(), upload.name)
    elif session.photo is not None and len(session.photo.faces) > 1:
        with answer:
            _pick(session, session.photo)
    st.markdown(_("**Or an example**"))
    cells = st.grid(_PER_ROW, min_column_width=100)
    for name, photo in compute.examples(engine).items():
        cell = cells.container(gap="xsmall")
        cell.image(
            photo.faces[0].pixels, width="stretch", alt=_("Example: {name}").format(name=name)
        )
        if cell.button(name, key=key_of("example", name), width="stretch"):
            session.change_photo(photo)
            st.rerun()


def _take(session: Session, engine: Engine, content: bytes, name: str) -> None:
    with compute.told(_kept(session)):
        photo = compute.look_at(engine, content, name)
        if len(photo.faces) > 1:
            _pick(session, photo)
        else:
            session.change_photo(photo)
            st.rerun()


def _pick(session: Session, photo: FoundPhoto) -> None:
    st.markdown(
        _("**{name}** shows {count} faces, largest first. Which one?").format(
            name=escaped(photo.name), count=len(photo.faces)
        )
    )
    cells = st.grid(_PER_ROW, min_column_width=100)
    for number, face in enumerate(photo.faces):
        cell = cells.container(gap="xsmall")
        cell.image(
            face.pixels,
            width="stretch",
            alt=_("Face {number} of {name}").format(number=number + 1, name=photo.name),
        )
        if cell.button(
            _("Face {number}").format(number=number + 1),
            key=key_of("pick", number),
            width="stretch",
        ):
            session.change_photo(photo, number)
            st.rerun()


def _kept(session: Session) -> str:
    return _("The face you had is still there.") if session.faces else ""
