"""What outlives a reload of the page: the address keeps the recipe; a photo cannot come back.

A reload begins a new session. The recipe of an example face is kept in the address, where the new
session finds it; that a photo of the visitor's own was let go is told by the browser's own storage.
"""

from __future__ import annotations

import html
import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.recipe.link import PARAMETER
from ran.ui.shared.replay import for_a_reload
from ran.ui.shared.session import Session

_FLAG = "ran-own-photo"
_GONE = (
    "The reload let your photo go, and what was drawn on it: photos are not kept. "
    "Choose it again under Face."
)
_TO_THE_TOP = "document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0);"
_TELL = (
    f"if (sessionStorage.getItem('{_FLAG}')) {{"
    "const said = document.querySelector('.ran-gone');"
    "if (said) { said.hidden = false; setTimeout(() => { said.hidden = true; }, 12000); }"
    "}"
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
    link = for_a_reload(engine, session)
    script = _TO_THE_TOP if is_new else ""
    if is_first:
        script += _TELL
    own = bool(session.faces) and not session.is_example
    script += (
        f"sessionStorage.setItem('{_FLAG}', 'yes');"
        if own
        else ("" if is_first else f"sessionStorage.removeItem('{_FLAG}');")
    )
    script += (
        "{ const page = new URL(window.location.href);"
        f"const link = {json.dumps(link)};"
        f"if (link) page.searchParams.set('{PARAMETER}', link);"
        f"else page.searchParams.delete('{PARAMETER}');"
        "if (page.href !== window.location.href)"
        " window.history.replaceState(window.history.state, '', page.href); }"
    )
    said = f"<p class='ran-gone' role='status' hidden>{html.escape(_GONE)}</p>" if is_first else ""
    place.html(f"{said}<script>{script}</script>", unsafe_allow_javascript=True)


def place() -> DeltaGenerator:
    """Return the place for `keep`: in the sidebar, where it takes no room from the page."""
    return st.sidebar.empty()
