"""The shelf in the browser's own storage, for a reload: recipes and numbers, never a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ran.ui.components.component import Component

MOST_CHARACTERS = 2 * 2**20
KEY = "shelf-here"

SHELF = Component("ran_shelf_here", Path(__file__).parent, "shelf_here.js")


def shelf_here(shelf: str | None) -> str | None:
    """Keep a shelf's JSON in the browser's tab, or ask for the one that it has.

    Args:
        shelf: what is kept, "" for none; None asks. Sent only where it changed.

    Returns:
        What the browser had, untrusted; None where it has none, or was not asked, or has not
        answered yet.
    """
    asks = shelf is None
    sent = "" if shelf is None or len(shelf) > MOST_CHARACTERS else shelf
    SHELF(
        key=KEY, data={"shelf": sent, "asks": asks}, default={"kept": None},
        on_kept_change=_nothing,
    )  # fmt: skip
    found: Any = st.session_state.get(KEY) or {}
    kept = found.get("kept") if asks and hasattr(found, "get") else None
    return kept if isinstance(kept, str) and len(kept) <= MOST_CHARACTERS else None


def _nothing() -> None:
    """Take the value without a rerun of ours: the change makes one by itself."""
