"""Who may come in: anybody, or where RAN_SIGN_IN is set, whom an identity provider knows.

Streamlit's own sign-in (OpenID Connect, `st.login`); docs/operating.md says how it is set up.
"""

from __future__ import annotations

import os

import streamlit as st

from ran.words import _


def is_let_in() -> bool:
    """Return whether the visitor may see the pages."""
    return os.environ.get("RAN_SIGN_IN") != "1" or bool(st.user.get("is_logged_in", False))


def ask() -> None:
    """Ask a visitor to sign in; nothing else is drawn."""
    st.title(_("RAN face lab"), anchor=False)
    st.markdown(_("**Sign in to use the lab.** It is kept for people whom its operator knows."))
    if _is_set_up():
        st.button(_("Sign in"), icon=":material/login:", on_click=st.login, type="primary")
    else:
        st.markdown(
            _("Sign-in is asked for, but not set up. Its operator finds in docs/operating.md how.")
        )


def _is_set_up() -> bool:
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False
