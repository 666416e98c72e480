"""Keys of widgets, what they stand at first, and what becomes of what a visitor sets them to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

_TAKES = "ran_takes"


def key_of(widget: str, *which: object) -> str:
    """Return the key of one of several like widgets: what it is, then which one it is."""
    return "-".join(str(part) for part in (widget, *which))


def seed(key: str, value: object, take: Callable[[Any], object] | None = None) -> str:
    """Give the widget of that key its value unless it has one already; return the key.

    `take` writes a value of the widget into the session. A page does so itself as it is drawn; it
    is asked where a visitor set the widget and was on another page before it was.
    """
    if key not in st.session_state:
        st.session_state[key] = value
    if take is not None:
        st.session_state.setdefault(_TAKES, {})[key] = take
    return key


def seed_from(owner: object, name: str, key: str) -> str:
    """Give the widget of that key what an object's attribute stands at, which it writes back to."""
    return seed(key, getattr(owner, name), partial(setattr, owner, name))


def take_all() -> None:
    """Take what the last page's widgets stand at into the session: that page is left."""
    for key, take in st.session_state.pop(_TAKES, {}).items():
        if key in st.session_state:
            take(st.session_state[key])
