"""What every page shares: the navigation, the header, the sidebar, the face dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ran.engine import Engine, devices
from ran.errors import RanError
from ran.net.checkpoints import bundled
from ran.ui import compute
from ran.ui.session import Session, current

_RUNNING = "ran_shell_runs"
PURPOSES = {
    "Occlude": "Cover part of the face and see which regions the network turns to instead.",
    "Model": "What was trained, on what, how well it does, and the equations behind every number.",
}
_LAYOUTS = {
    "Fixed": "Three crops of 0.75 and two centred crops of 0.90 and 0.85 of the side, as in the "
    "paper.",
    "Random": "Square crops of 0.70 to 0.95 of the side at random places, as in the paper.",
    "Landmark": "A square round each of the five landmarks, cut at the face's border.",
}


def pages() -> list[Any]:
    """Return the pages, in the order of the navigation."""
    return [
        st.Page("pages/occlude.py", title="Occlude", icon=":material/draw:", default=True),
        st.Page("pages/model.py", title="Model", icon=":material/schema:"),
    ]


def note_running() -> None:
    """Note that streamlit_app.py is running, so that a page knows it was not opened alone."""
    st.session_state[_RUNNING] = True


def open_page(title: str, body: Callable[[Session, Engine], None]) -> None:
    """Draw one page: header, sidebar, then `body`. RanErrors become words.

    The first request after a start may be a deep link, which runs the page's file alone, without
    streamlit_app.py; then the navigation is set up and the page starts again.
    """
    if not st.session_state.get(_RUNNING):
        note_running()
        st.navigation(pages(), position="top")
        st.rerun()
    session = current()
    left, right = st.columns([1, 0.3], vertical_alignment="bottom")
    with left.container(gap=None):
        st.title(title, anchor=False)
        st.markdown(PURPOSES[title])
    choose = right.button("Face", icon=":material/account_circle:", width="stretch")
    _sidebar(session)
    with compute.told():
        engine = compute.engine(session)
        compute.ensure_face(session, engine)
        if choose:
            _face_dialog(session, engine)
        body(session, engine)


def _sidebar(session: Session) -> None:
    with st.sidebar:
        st.subheader("Regions", anchor=False)
        session.layout_kind = (
            st.segmented_control(
                "Regions",
                list(_LAYOUTS),
                default=session.layout_kind,
                label_visibility="collapsed",
                required=True,
            )
            or "Fixed"
        )
        st.markdown(f":small[:gray[{_LAYOUTS[session.layout_kind]}]]")
        if session.layout_kind == "Random":
            session.random_count = st.slider("Crops", 1, 10, session.random_count)
            session.random_seed = int(st.number_input("Seed", 0, 10**6, session.random_seed))
        if session.layout_kind == "Landmark":
            session.radius = st.slider("Radius, in face sides", 0.1, 0.5, session.radius, 0.05)
        st.subheader("Model", anchor=False)
        _checkpoint_and_device(session)
        st.markdown(
            ":small[:gray[Faces you upload are not kept: they stay in memory for this session and "
            "go with it.]]"
        )
        st.markdown(
            ":small[:gray[An expression label says what the network answers. It is not what the "
            "person feels.]]"
        )


def _checkpoint_and_device(session: Session) -> None:
    known = {name: str(path) for name, path in bundled().items()}
    if known and session.checkpoint in (None, *known.values()):
        name = st.selectbox("Checkpoint", list(known))
        session.checkpoint = known[name] if len(known) > 1 else None
    elif session.checkpoint is not None:
        st.markdown("Your own checkpoint is in use.")
        if st.button("Use the bundled one", icon=":material/undo:"):
            session.checkpoint = None
            st.rerun()
    labels = devices()
    session.device = st.selectbox(
        "Device", ["auto", *labels],
        format_func=lambda d: f"Automatic: {next(iter(labels.values()))}" if d == "auto"
        else labels[d],
    )  # fmt: skip


@st.dialog("Choose a face", width="large")
def _face_dialog(session: Session, engine: Engine) -> None:
    upload = st.file_uploader(
        "Your own photo", type=["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"],
        max_upload_size=20,
    )  # fmt: skip
    st.markdown(
        ":small[:gray[:material/lock: Your photo is sent to the computer that runs this app and "
        "stays in its memory for this session. It is not kept, shared or used for training.]]"
    )
    camera = None
    if st.toggle("Use the camera"):
        camera = st.camera_input("Photograph a face")
    given = camera or upload
    if given is not None and _take(session, engine, given.getvalue(), given.name):
        _pick(session, given.name)
    st.markdown("**Or an example**")
    columns = st.columns(max(2, len(compute.examples())))
    for column, (name, path) in zip(columns, compute.examples().items(), strict=False):
        column.image(str(path), width=160, alt=f"Example photo: {name}")
        if column.button(name, key=f"example-{name}") and _take(
            session, engine, path.read_bytes(), path.name
        ):
            st.rerun()


def _take(session: Session, engine: Engine, content: bytes, name: str) -> bool:
    if st.session_state.get("ran_taken") == (name, hash(content)) and session.photo_name == name:
        return True
    try:
        photo_name = session.photo_name
        compute.open_into(session, engine, content, name)
    except RanError as error:
        kept = " The face you had is still there." if photo_name else ""
        st.warning(f"**{error.message}** {error.hint}{kept}", icon=":material/no_photography:")
        return False
    st.session_state["ran_taken"] = (name, hash(content))
    return True


def _pick(session: Session, name: str) -> None:
    count = len(session.faces)
    st.markdown(f"**{name}**: {count} face{'s' if count > 1 else ''} found, largest first.")
    columns = st.columns(max(4, min(count, 6)))
    for number, face in enumerate(session.faces):
        column = columns[number % len(columns)]
        column.image(face.pixels, width=120, alt=f"Face {number + 1} of {name}")
        if column.button(f"Use face {number + 1}", key=f"pick-{number}"):
            session.face_number = number
            st.rerun()
