"""The dialog that takes a face: an upload, the camera, an example, one of several faces."""

from __future__ import annotations

import streamlit as st

from ran.engine import Engine
from ran.ui.shared import compute
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import FoundPhoto, Session

_SUFFIXES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"]
_PER_ROW = 5


@st.dialog("Choose a face", width="medium")
def face_dialog(session: Session, engine: Engine) -> None:
    """Ask for a face and put it into the session; on failure the face in use stays."""
    upload = st.file_uploader(
        "Your own photo", type=_SUFFIXES, max_upload_size=20,
        help="JPEG, PNG, WebP, BMP, TIFF or GIF (its first frame), at most 20 MB and 64 "
        "megapixels.",
    )  # fmt: skip
    answer = st.container()
    if session.parts or session.rectangles or session.drawn:
        st.markdown(
            ":small[:material/undo: Another face begins without a cover. On Occlude, *Back to what "
            "I had* brings this face and its cover back.]"
        )
    st.markdown(
        ":small[:gray[:material/lock: Your photo is sent to the computer that runs this app and "
        "stays in its memory for this session. It is not kept, shared or used for training.]]"
    )
    taken = st.camera_input("Photograph a face") if st.toggle("Use the camera") else None
    if taken is not None:
        with answer:
            _take(session, engine, taken.getvalue(), "the camera's picture")
    elif upload is not None:
        with answer:
            _take(session, engine, upload.getvalue(), upload.name)
    elif session.photo is not None and len(session.photo.faces) > 1:
        with answer:
            _pick(session, session.photo)
    st.markdown("**Or an example**")
    cells = st.grid(_PER_ROW, min_column_width=100)
    for name, photo in compute.examples(engine).items():
        cell = cells.container(gap="xsmall")
        cell.image(photo.faces[0].pixels, width="stretch", alt=f"Example: {name}")
        if cell.button(name, key=f"example-{name}", width="stretch"):
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
        f"**{escaped(photo.name)}** shows {len(photo.faces)} faces, largest first. Which one?"
    )
    cells = st.grid(_PER_ROW, min_column_width=100)
    for number, face in enumerate(photo.faces):
        cell = cells.container(gap="xsmall")
        cell.image(face.pixels, width="stretch", alt=f"Face {number + 1} of {photo.name}")
        if cell.button(f"Face {number + 1}", key=f"pick-{number}", width="stretch"):
            session.change_photo(photo, number)
            st.rerun()


def _kept(session: Session) -> str:
    return "The face you had is still there." if session.faces else ""
