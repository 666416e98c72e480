"""Many faces at once: what the network answers, where its attention lies, and where it errs."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.net.checkpoints import bundled
from ran.study.cohort.gathered import Gathered, gather
from ran.ui.cohort import exports, faces_from, faces_table, results
from ran.ui.shared import compute, shell, work
from ran.ui.shared.session import Session
from ran.ui.shared.settings.gathering import EXAMPLES, FOLDER, NOTHING, ZIP, CohortSettings
from ran.ui.shared.settings.widgets import seed_from
from ran.words import _, counted

_DETECTED_AT_ONCE = 8


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the faces that are chosen on it."""
    asked = session.cohort
    with compute.told():
        with st.container(border=True):
            chosen = st.container()
            cells = st.container(horizontal=True, vertical_alignment="bottom")
            with chosen:
                plan = faces_from.ask(session, engine, cells)
            other = _other(session, engine, cells)
            _poses(asked, cells)
            place = st.empty()
        if plan is None:
            st.markdown(_("Nothing is shown yet: give pictures above."))
            return
        at_once = _DETECTED_AT_ONCE if asked.source in (ZIP, FOLDER) else None
        key = ("cohort", engine.key, None if other is None else other.key, session.layout,
               asked.has_poses, plan.key)  # fmt: skip
        gathering = work.work_on(
            key, _("Faces"), _("face"),
            lambda: gather(
                engine, plan.faces(), plan.count, covers=plan.covers, layout=session.layout,
                other=other, at_once=at_once, has_poses=asked.has_poses,
            ),
        )  # fmt: skip
        if asked.source == EXAMPLES and gathering.latest is None:
            gathering.is_wanted = True
        _controls(gathering, place, plan.count)
        progress = st.empty()
        done = gathering.latest
        if done is not None and done.members:
            _missed(done)
            names = [engine.card.name, *([other.card.name] if other is not None else [])]
            results.results(asked, done.members, names)
            faces_table.faces(session, done.members)
            with header:
                exports.save_menu(engine, done)
        work.do(gathering, progress, "cohort")


def _poses(asked: CohortSettings, cells: DeltaGenerator) -> None:
    """Ask whether each head's yaw is estimated."""
    asked.has_poses = cells.toggle(
        _("Estimate yaw"), key=seed_from(asked, "has_poses", "cohort-poses"),
        help=_("Groups faces by how far the head is turned; it takes longer. docs/poses.md"),
    )  # fmt: skip


def _other(session: Session, engine: Engine, cells: DeltaGenerator) -> Engine | None:
    """Ask for a second network that answers the same; it must take faces framed alike."""
    asked = session.cohort
    in_use = None if session.own_engine is not None else compute.checkpoint_of(session)
    known = {name: str(path) for name, path in bundled().items() if str(path) != in_use}
    options = [NOTHING, *known]
    asked.other = asked.other if asked.other in options else NOTHING
    asked.other = cells.selectbox(
        _("Compare with"), options, format_func=_,
        key=seed_from(asked, "other", "cohort-other"),
        help=_("A second network answers for the same faces."), width=240,
    )  # fmt: skip
    if asked.other == NOTHING:
        return None
    other = compute.engine_of(session, known[asked.other])
    return other if other.card.framing == engine.card.framing else None


def _controls(gathering: work.Work[Gathered], place: DeltaGenerator, count: int) -> None:
    """Offer to begin, or to go on after Stop; say how far it is."""
    if gathering.failure is not None:
        compute.say(gathering.failure)
    if gathering.is_waiting or gathering.is_whole:
        return
    done = 0 if gathering.latest is None else gathering.latest.done
    with place.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Go on") if done else _("Ask about {count:,} faces").format(count=count),
            icon=":material/play_arrow:", type="primary", on_click=gathering.want,
            key="cohort-begin",
        )  # fmt: skip
        if done:
            st.markdown(
                _("Stopped. {done:,} of {count:,} are done and shown.").format(
                    done=done, count=count
                )
            )


def _missed(done: Gathered) -> None:
    """Say which pictures gave no face."""
    if not done.missed:
        return
    said = counted(
        "{count} picture gave no face", "{count} pictures gave no face", len(done.missed)
    ).format(count=len(done.missed))
    folded = st.expander(said, key="cohort-missed", on_change="rerun")
    if folded.open:
        with folded:
            st.dataframe(
                {_("Picture"): [one.name for one in done.missed],
                 _("Why"): [one.reason for one in done.missed]}, hide_index=True
            )  # fmt: skip


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Cohort", body)
