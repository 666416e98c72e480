"""A face, parts of it covered; before and after side by side."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.ui import compute, drawing, evidence, panels, replay, shell
from ran.ui.covers import covers
from ran.ui.exports import save_menu
from ran.ui.session import Session


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session."""
    replay.take_link(session, engine)
    face = session.face
    if face is None:
        return
    band = st.container()
    left, right = shell.halves()
    with left:
        picture = st.container()
        covers(session)
        replay.ask_for_file(session, engine)
    with picture, compute.told("What was drawn before stays."):
        drawing.take(session)
    scene = session.scene(face)
    clean, covered = compute.answers(engine, scene)
    session.region = min(session.region, len(clean.boxes) - 1)
    with band:
        panels.answer_band(clean, covered)
    with picture:
        drawing.show(session, scene, covered)
    with right:
        panels.probabilities(clean, covered)
        panels.margin(session, clean, covered)
    seen = engine.regions_seen(scene.clean()), engine.regions_seen(scene)
    panels.region_cards(session, clean, covered, seen)
    with header:
        save_menu(engine, session, scene, clean, covered, seen)
    evidence.heatmaps(engine, scene, clean, covered)


shell.open_page("Occlude", body)
