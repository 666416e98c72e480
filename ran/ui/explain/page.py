"""Which pixels and which regions made the answer, and whether the reply can be trusted."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.prediction import Prediction
from ran.shown import Shown
from ran.ui.explain import (
    exports,
    interventions,
    map_cards,
    other_weights,
    questions,
    region_values,
)
from ran.ui.shared import beside, compute, shell, work
from ran.ui.shared.session import Session
from ran.ui.shared.settings.explaining import ExplainSettings
from ran.ui.shared.settings.widgets import key_of
from ran.words import _


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session, and for its covered twin if there is one."""
    face = session.face
    if face is None:
        return
    asked = session.explaining
    shown = compute.shown(engine, session.scene(face))
    answer = shown[0].answer
    compute_place = questions.ask(asked, engine, answer)
    target = questions.target_of(asked, answer)
    if not asked.methods:
        st.markdown(_("Choose a method above: it says which pixels made the answer."))
    cards = [st.container() for _ in asked.methods]
    found = []
    for name, place in zip(asked.methods, cards, strict=True):
        with place, compute.told():
            found.append((place, map_cards.asking(engine, asked, shown, name, target)))
    map_cards.compute_button(compute_place, [one for _place, one in found])
    progress = {}
    for place, one in found:
        with place:
            progress[one.key] = map_cards.card(engine, asked, one)
    worths: tuple[region_values.Worth, ...] = ()
    if len(answer.boxes) > 1:
        worths = regions(session, engine, shown)
    else:
        st.markdown(_("This network has one region, the whole face: there is nothing to compare."))
    beside.offer(session, header)
    asking = [one for _place, one in found]
    exports.keep(engine, session, header, shown, worths, asking)
    with header:
        exports.save_menu(engine, session, asking, worths, shown, _about(asked, answer))
    for one in (one for _place, one in found):
        work.do(one.work, progress[one.key], one.key)
    for one in (one for _place, one in found):
        work.do(one.check, progress[one.key], key_of("check", one.key))


def _about(asked: ExplainSettings, answer: Prediction) -> str:
    """Return the expression that the regions' worth is for: the target, or else the answer."""
    target = questions.target_of(asked, answer)
    return target if target in answer.classes else answer.expression


def regions(
    session: Session, engine: Engine, shown: tuple[Shown, ...]
) -> tuple[region_values.Worth, ...]:
    """Draw attention beside worth, and what happens where one intervenes; return the worth."""
    answer = shown[0].answer
    about = _about(session.explaining, answer)
    worths: tuple[region_values.Worth, ...] = ()
    left, right = shell.halves()
    with left, compute.told():
        worths = region_values.worths(engine, shown)
        mean = other_weights.mean_weights(engine, answer, session.layout_name.lower())
        region_values.beside(worths, about, mean)
    with right:
        interventions.intervene(session, engine, shown, about)
    return worths


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Explain", body)
