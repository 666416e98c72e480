"""Many faces at once: what the network answers, where its attention lies, and where it errs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.study.cohort.gathered import Gathered, distinct, gather
from ran.ui.cohort import exports, faces_from, faces_table, results
from ran.ui.shared import beside, compute, shell, work
from ran.ui.shared.saving import keeping
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
            second = _other(session, engine, cells)
            _poses(asked, cells)
            is_quick = _quick(session, second, cells)
            place = st.empty()
        if plan is None:
            st.markdown(_("Nothing is shown yet: give pictures above."))
            return
        at_once = _DETECTED_AT_ONCE if asked.source in (ZIP, FOLDER) else None
        key = ("cohort", engine.key, second, session.layout, asked.has_poses, is_quick, plan.key)
        layout, has_poses = session.layout, asked.has_poses

        def begun() -> Iterator[Gathered]:
            # In the work's own time: int8 takes about a minute to be made, once a server.
            using, other = _engines(session, engine, second, is_quick=is_quick)
            yield from gather(
                using, plan.faces(), plan.count, covers=plan.covers, layout=layout, other=other,
                at_once=at_once, has_poses=has_poses,
            )  # fmt: skip

        gathering = work.work_on(key, _("Faces"), _("face"), begun)
        if asked.source == EXAMPLES and gathering.latest is None:
            gathering.is_wanted = True
        _controls(gathering, place, plan.count)
        progress = st.empty()
        done = gathering.latest
        if done is not None and done.members:
            if session.cohort_of != (key, done.done):  # not in every run: faces are unpacked
                session.cohort_of = key, done.done
                session.cohort_faces = distinct(done.members)
            _missed(done)
            using, other = _engines(session, engine, second, is_quick=is_quick)
            engines = [using] if other is None else [using, other]
            names = [one.card.name + (_(", int8") if is_quick else "") for one in engines]
            if is_quick:
                st.markdown(
                    _(":orange-badge[int8] :small[:gray[These answers are OpenVINO's, in 8 bits.]]")
                )
            results.results(asked, done.members, names)
            faces_table.faces(session, done.members)
            keeping.offer(session, header, "cohort", partial(exports.as_numbers, using, done))
            with header:
                exports.save_menu(using, session, done)
        work.do(gathering, progress, "cohort")


def _poses(asked: CohortSettings, cells: DeltaGenerator) -> None:
    """Ask whether each head's yaw is estimated."""
    asked.has_poses = cells.toggle(
        _("Estimate yaw"), key=seed_from(asked, "has_poses", "cohort-poses"),
        help=_("Groups faces by how far the head is turned; it takes longer. docs/poses.md"),
    )  # fmt: skip


def _other(session: Session, engine: Engine, cells: DeltaGenerator) -> str | None:
    """Ask for a second network that answers the same; it must take faces framed alike.

    Returns where its checkpoint lies, or None.
    """
    asked, known = session.cohort, beside.networks(session)
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
    return known[asked.other] if other.card.framing == engine.card.framing else None


def _quick(session: Session, second: str | None, cells: DeltaGenerator) -> bool:
    """Ask whether int8 answers, where it was measured to answer alike; else nothing is asked."""
    asked = session.cohort
    networks = [compute.checkpoint_of(session), *([second] if second is not None else [])]
    if not compute.can_be_quick(session, *networks):
        return False
    asked.is_quick = cells.toggle(
        _("int8"), key=seed_from(asked, "is_quick", "cohort-quick"),
        help=_(
            "Answers in 8 bits by OpenVINO, faster and a little otherwise: offered where on "
            "FER2013Valid, on this kind of CPU, 99 % of the answers were the same and accuracy "
            "within 0.3 points. It takes about a minute to begin, once. Marked wherever it is used."
        ),
    )  # fmt: skip
    return asked.is_quick


def _engines(
    session: Session, engine: Engine, second: str | None, *, is_quick: bool
) -> tuple[Engine, Engine | None]:
    """Return the network and the second one, as they answer here."""
    if not is_quick:
        return engine, None if second is None else compute.engine_of(session, second)
    using = compute.quick_engine(session, compute.checkpoint_of(session))
    return using, None if second is None else compute.quick_engine(session, second)


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
