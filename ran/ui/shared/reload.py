"""What outlives a reload of the page: the address keeps the recipe; a photo cannot come back.

A reload begins a new session. The recipe is kept in the address, where the new session finds it:
that of an example brings its face, that of a visitor's own photo waits until it is chosen again.
Where an address cannot hold it, the browser's own storage tells that a photo was let go.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.figures.html import render
from ran.recipe.link import PARAMETER
from ran.ui.shared.lessons import lessons
from ran.ui.shared.replay import OWN, for_a_reload
from ran.ui.shared.session import Session
from ran.ui.shared.settings import linked
from ran.ui.shared.speaking import languages
from ran.words import _, later

_FLAG = "ran-own-photo"
_GONE = later(
    "The reload let your photo go, and what was drawn on it: photos are not kept. "
    "Choose it again under Face."
)


def keep(
    place: DeltaGenerator, session: Session, engine: Engine, *, is_first: bool, is_new: bool
) -> None:
    """Put what is set into the address, as far as a link can hold it.

    Args:
        place: takes no room on the page.
        is_first: whether this is the session's first page.
        is_new: whether another page was drawn before this one: a page is read from its top, where
            Streamlit keeps the last one's place.
    """
    kept = for_a_reload(engine, session)
    # A recipe or a part of it makes the address a link; what the page has beside it goes along.
    told = kept | linked.written(session, session.page) | lessons.written(session)
    told |= languages.written()
    script = render(
        "reload",
        gone=_(_GONE) if is_first else "",
        to_the_top=is_new,
        own=bool(session.faces) and not session.is_example and not kept,
        kept=told,
        names=[PARAMETER, OWN, *linked.NAMES, lessons.PARAMETER, languages.PARAMETER],
        language=languages.language(),
        flag=_FLAG,
    )
    place.html(script, unsafe_allow_javascript=True)


def place() -> DeltaGenerator:
    """Return the place for `keep`: in the sidebar, where it takes no room from the page."""
    return st.sidebar.empty()
