"""Keys of widgets, and what they stand at first: the session's values seed them."""

from __future__ import annotations

import streamlit as st


def key_of(widget: str, *which: object) -> str:
    """Return the key of one of several like widgets: what it is, then which one it is."""
    return "-".join(str(part) for part in (widget, *which))


def seed(key: str, value: object) -> str:
    """Give the widget of that key its value unless it has one already; return the key."""
    if key not in st.session_state:
        st.session_state[key] = value
    return key
