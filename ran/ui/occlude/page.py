"""A face, parts of it covered; before and after side by side."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine, elsewhere
from ran.scene import Scene
from ran.shown import Shown
from ran.ui.occlude import drawing, evidence
from ran.ui.occlude.answer import answer_band, compared, probabilities
from ran.ui.occlude.covers import covers
from ran.ui.occlude.exports import keep, save_menu
from ran.ui.occlude.region_cards import region_cards, standing_out
from ran.ui.shared import beside, compute, replay, shell
from ran.ui.shared.faces import scenes
from ran.ui.shared.margin import margin
from ran.ui.shared.session import Session, give_way
from ran.words import _


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session."""
    face = session.face
    if face is None:
        return
    # What it showed stays until it is drawn over, never emptied: the drawing below would jump up,
    # under the pointer, until the answer is there.
    band = st.container()
    scenes.offer_scenes(session, engine)
    left, right = shell.halves()
    with left:
        picture = st.container()
        covers(session)
        replay.ask_for_file(session, engine)
    with picture, compute.told(_("What was drawn before stays.")):
        drawing.take(session)
    scene = session.scene(face)
    shown = compute.shown(engine, scene)
    if session.is_region_chosen:
        session.region = min(session.region, len(shown[0].answer.boxes) - 1)
    else:
        session.region = standing_out(shown)
    waiting = st.empty()
    reference = elsewhere.recalled(engine, scene)
    answer = answer_band(band, shown, reference)
    with picture:
        drawing.show(session, scene, shown[-1].answer)
    seen = [engine.regions_seen(one.scene) for one in shown]
    with right:
        probabilities(shown)
        region_cards(session, shown, seen)
    beside.offer(session, header)
    keep(session, engine, header, scene, shown)
    with header:
        save_menu(engine, session, scene, shown, seen)
    margin(session, shown, engine.card)
    if compared(shown) and reference is None:
        _compare_elsewhere(engine, scene, shown, answer, waiting)
    evidence.heatmaps(engine, shown)


def _compare_elsewhere(
    engine: Engine, scene: Scene, shown: Sequence[Shown], answer: DeltaGenerator,
    waiting: DeltaGenerator,
) -> None:  # fmt: skip
    """Say in the band, once it is known, what attention does under the same cover elsewhere.

    After all numbers of the stroke, which never wait for it; what is drawn between its chunks lets
    a newer stroke in. No fragment: one that a stroke ends takes the band along, and the drawing
    below it jumps up.
    """
    for found in elsewhere.referring(engine, scene, give_way):
        if found is None:
            waiting.empty()
            continue
        answer = answer_band(answer, shown, found)


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Occlude", body)
