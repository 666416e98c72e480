"""The list of pages, drawn before anything heavy is imported: the first visitor sees it at once."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ran.ui.navigation import PAGES
from ran.ui.shared.speaking import languages
from ran.ui.sign_in import ask, is_let_in
from ran.ui.visits import VISITS, is_full, room
from ran.words import _, choose_by

choose_by(languages.of_this_run)
_RUNNING = "ran_shell_runs"
_WAITING = "ran_waiting"
_ADMITTED = "ran_admitted"
_TURN_S = 0.0005
"""Python's own 5 ms is what each of a page's seventy messages waited to be sent while the page's
thread computed; a stroke was answered 70 ms later for it."""


def pages() -> list[Any]:
    """Return the pages, in the order of the navigation."""
    return [
        st.Page(f"pages/{name}.py", title=_(page.title), icon=page.icon, default=name == "occlude")
        for name, page in PAGES.items()
    ]


def begin() -> Any:
    """Draw the navigation, and a skeleton where the page is not loaded yet; return the page.

    Also lets the server's threads take turns more often, for the whole process.
    """
    languages.begin()
    is_in = is_let_in()
    context = get_script_run_ctx()
    asked = context.page_script_hash if context is not None else ""
    there = pages()
    page = st.navigation(there, position="top" if is_in else "hidden")
    for other in there:
        # A link ends the last run, which may be about to begin itself again: Streamlit remembers
        # one page for both, and that run's comes last. The link's is the one that was asked for.
        if other._script_hash == asked != page._script_hash:
            st.switch_page(other)
    if context is not None:
        VISITS.begin(context.session_id)
    if not is_in:
        ask()
        st.stop()
    if not st.session_state.get(_ADMITTED) and is_full():
        st.markdown(
            _(
                "**The lab is full**: as many visitors as it takes at a time, {count}, are here. "
                "Try again in some minutes."
            ).format(count=room())
        )
        st.stop()
    st.session_state[_ADMITTED] = True
    st.session_state[_RUNNING] = True
    sys.setswitchinterval(_TURN_S)
    st.session_state[_WAITING] = waiting = st.empty()
    if "ran.ui.shared.shell" not in sys.modules:
        with waiting.container():
            st.markdown(_("Loading the network \N{HORIZONTAL ELLIPSIS}"))
            st.skeleton(height=420)
    return page


def open_page(name: str) -> None:
    """Draw the page of a file in pages/, after its body is imported.

    The first request after a start may be a deep link, which runs that file alone, without
    streamlit_app.py; then the navigation is set up and the page starts again.
    """
    if not st.session_state.get(_RUNNING):
        begin()
        st.rerun()
    body = import_module(f"ran.ui.{name}.page")
    waiting = st.session_state.get(_WAITING)
    if waiting is not None:
        waiting.empty()
    body.main()
