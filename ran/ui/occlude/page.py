"""A face, parts of it covered; before and after side by side."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine, elsewhere
from ran.ui.occlude import drawing, evidence
from ran.ui.occlude.answer import answer_band, compared, probabilities
from ran.ui.occlude.covers import covers
from ran.ui.occlude.exports import save_menu
from ran.ui.occlude.region_cards import region_cards, standing_out
from ran.ui.shared import compute, replay, shell
from ran.ui.shared.faces import scenes
from ran.ui.shared.margin import margin
from ran.ui.shared.session import Session


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session."""
    face = session.face
    if face is None:
        return
    band = st.empty()
    scenes.offer_scenes(session, engine)
    left, right = shell.halves()
    with left:
        picture = st.container()
        covers(session)
        replay.ask_for_file(session, engine)
    with picture, compute.told("What was drawn before stays."):
        drawing.take(session)
    scene = session.scene(face)
    shown = compute.shown(engine, scene)
    clean, covered = shown[0].answer, shown[-1].answer
    if session.is_region_chosen:
        session.region = min(session.region, len(clean.boxes) - 1)
    else:
        session.region = standing_out(clean, covered)
    waiting = st.empty()
    reference = elsewhere.recalled(engine, scene)
    with band.container():
        answer_band(clean, covered, reference)
    with picture:
        drawing.show(session, scene, covered)
    seen = engine.regions_seen(scene.clean()), engine.regions_seen(scene)
    with right:
        probabilities(scene, clean, covered)
        region_cards(session, clean, covered, seen)
    with header:
        save_menu(engine, session, scene, clean, covered, seen)
    margin(session, shown)
    if compared(clean, covered) and reference is None:
        # After all numbers of the stroke; what is drawn between lets a newer stroke in.
        for found in elsewhere.referring(engine, scene):
            if found is None:
                waiting.empty()
                continue
            with band.container():
                answer_band(clean, covered, found)
    evidence.heatmaps(engine, scene, clean, covered)


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Occlude", body)
