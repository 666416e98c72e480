"""The card of a lesson's step above a page, and where lessons are begun."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from ran.engine import Engine
from ran.errors import BadRecipe
from ran.face.covers.occlusion import Fill
from ran.recipe import example_link
from ran.recipe.link import PARAMETER as RECIPE
from ran.study.cohort.named_covers import Cover
from ran.ui.navigation import PAGES
from ran.ui.shared import compute, replay
from ran.ui.shared.lessons.lessons import LESSONS, PARAMETER, Shows, step_of
from ran.ui.shared.session import LAYOUTS, Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _


def offer(session: Session) -> None:
    """Offer the tour and the lessons, in the sidebar."""
    place = st.popover(
        _("Lessons"), icon=":material/school:", key="lessons", on_change="rerun", width="stretch"
    )
    if not place.open:
        return
    with place:
        for name, lesson in LESSONS.items():
            if st.button(
                _(lesson.title), key=key_of("lesson", name), width="stretch", type="tertiary"
            ):
                session.lesson, session.lesson_step = name, 0
                st.switch_page(f"pages/{lesson.steps[0].page}.py")


def draw(session: Session, engine: Engine) -> None:
    """Draw the step of the lesson that is walked, above the page; nothing without one."""
    found = step_of(session)
    if found is None:
        return
    lesson, step = found
    here, number = PAGES[step.page], session.lesson_step
    is_here, is_last = session.page == here.title, number == len(lesson.steps) - 1
    with st.container(border=True, gap="xsmall", key="lesson-card"):
        st.markdown(
            _("**{title}** :small[:gray[step {number} of {count}, on {page}]]").format(
                title=_(lesson.title), number=number + 1, count=len(lesson.steps),
                page=_(here.title),
            )
        )  # fmt: skip
        st.markdown(_(step.asks))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if not is_here and st.button(
                _("Go to {page}").format(page=_(here.title)), icon=here.icon, key="lesson-go",
                type="primary",
            ):  # fmt: skip
                st.switch_page(f"pages/{step.page}.py")
            if is_here and step.shows is not None:
                st.button(
                    _("Set it up"), icon=":material/play_arrow:", key="lesson-show",
                    on_click=set_up, args=(session, engine, step.shows),
                    help=_("Takes the face and the cover of this step. On Occlude, *Back to what I "
                           "had* brings yours back."),
                )  # fmt: skip
            if number and st.button(
                _("Back"), icon=":material/arrow_back:", key="lesson-back", type="tertiary"
            ):
                _turn_to(session, number - 1)
            if not is_last and st.button(
                _("Next"), icon=":material/arrow_forward:", key="lesson-next"
            ):
                _turn_to(session, number + 1)
            st.button(
                _("End the lesson") if is_last else _("Skip"), icon=":material/close:",
                key="lesson-leave", type="tertiary", on_click=_leave, args=(session,),
            )  # fmt: skip
            link = st.popover(
                _("Link"), icon=":material/link:", type="tertiary", key="lesson-link",
                on_change="rerun",
            )  # fmt: skip
        if link.open:
            with link:
                _link(session, engine)


def _turn_to(session: Session, number: int) -> None:
    session.lesson_step = number
    found = step_of(session)
    assert found is not None
    st.switch_page(f"pages/{found[1].page}.py")


def _leave(session: Session) -> None:
    session.lesson, session.lesson_step = "", 0


def set_up(session: Session, engine: Engine, shows: Shows) -> None:
    """Take what a step shows; what was set before can be brought back on Occlude."""
    session.put_aside()
    photo = compute.examples(engine).get(shows.example)
    if photo is not None:
        session.use_photo(photo)
    face = session.face
    if face is not None:
        shapes = tuple(
            shape for name in shows.covers for shape in Cover(name, Fill("look")).shapes(face)
        )
        session.begin_with(shapes)
    session.fill = Fill("look")
    session.forget_fill()
    if shows.layout and shows.layout.lower() in engine.card.trained_layouts:
        session.lay(LAYOUTS[shows.layout])
        st.session_state.pop("layout", None)
    if shows.methods:
        session.explaining.methods = list(shows.methods)
        st.session_state.pop("explain-methods", None)
    session.comparing.slots = []


def _link(session: Session, engine: Engine) -> None:
    """Show the address that opens this step, with the example face that is in use."""
    address = (st.context.url or "").split("?")[0]
    address = f"{address}?{PARAMETER}={session.lesson}.{session.lesson_step + 1}"
    if session.is_example and session.posed is None and session.face is not None:
        with suppress(BadRecipe):
            recipe = replay.recipe_here(engine, session, session.scene(session.face))
            address += f"&{RECIPE}={example_link(recipe)}"
    st.markdown(_(":small[:gray[Opens this step, for a class too.]]"))
    st.code(address, language=None, wrap_lines=True)
