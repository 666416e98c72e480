"""What outlives a reload of the page: the address keeps the recipe; a photo cannot come back.

A reload begins a new session. The recipe is kept in the address, where the new session finds it:
that of an example brings its face, that of a visitor's own photo waits until it is chosen again.
Where an address cannot hold it, the browser's own storage tells that a photo was let go.
"""

from __future__ import annotations

import html
import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.recipe.link import PARAMETER
from ran.ui.shared.replay import OWN, for_a_reload
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
    kept = for_a_reload(engine, session)
    script = _TO_THE_TOP if is_new else ""
    if is_first:
        script += _TELL
    own = bool(session.faces) and not session.is_example and not kept
    script += (
        f"sessionStorage.setItem('{_FLAG}', 'yes');"
        if own
        else ("" if is_first else f"sessionStorage.removeItem('{_FLAG}');")
    )
    script += (
        "{ const page = new URL(window.location.href);"
        f"const kept = {json.dumps(kept)};"
        f"for (const name of {json.dumps([PARAMETER, OWN])}) {{"
        " if (kept[name]) page.searchParams.set(name, kept[name]);"
        " else page.searchParams.delete(name); }"
        "if (page.href !== window.location.href)"
        " window.history.replaceState(window.history.state, '', page.href); }"
    )
    said = f"<p class='ran-gone' role='status' hidden>{html.escape(_GONE)}</p>" if is_first else ""
    place.html(f"{said}<script>{script}</script>", unsafe_allow_javascript=True)


def place() -> DeltaGenerator:
    """Return the place for `keep`: in the sidebar, where it takes no room from the page."""
    return st.sidebar.empty()
