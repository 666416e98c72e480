"""Where pages get their answers: one engine for all visitors, and errors put into words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from ran.engine import Engine, Prediction
from ran.errors import RanError
from ran.face.photo import open_photo
from ran.scene import Scene
from ran.ui.session import Session

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FIRST_EXAMPLE = "astronaut.png"


@st.cache_resource(max_entries=3, show_spinner="Loading the network …")
def _engine(checkpoint: str | None, device: str) -> Engine:
    return Engine.load(checkpoint, device)


def engine(session: Session) -> Engine:
    """Return the engine of the visitor's checkpoint and device; loaded once for everybody."""
    return _engine(session.checkpoint or os.environ.get("RAN_CHECKPOINT"), session.device)


def examples() -> dict[str, Path]:
    """Return the example photos by name."""
    paths = sorted(p for p in EXAMPLES.glob("*") if p.suffix in (".png", ".jpg"))
    return {path.stem.replace("_", " ").capitalize(): path for path in paths}


def ensure_face(session: Session, using: Engine) -> None:
    """Give a visitor who has chosen nothing the first example face."""
    if not session.faces:
        open_into(session, using, EXAMPLES / FIRST_EXAMPLE, FIRST_EXAMPLE)


def open_into(session: Session, using: Engine, source: Path | bytes, name: str) -> None:
    """Find the faces of a photo and put them into the session; on failure nothing changes."""
    photo = open_photo(source, name=name)
    session.use_photo(name, using.find_faces(photo))


def answers(using: Engine, scene: Scene) -> tuple[Prediction, Prediction]:
    """Return the answers for the clean and for the covered face."""
    clean, covered = using.predict_many([scene.clean(), scene])
    return clean, covered


@contextmanager
def told() -> Iterator[None]:
    """Turn a RanError into words on the page; what is below it on the page is left out."""
    try:
        yield
    except RanError as error:
        st.warning(f"**{error.message}** {error.hint}", icon=":material/error:")
