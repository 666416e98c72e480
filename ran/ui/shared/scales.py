"""What the colours of maps mean: the scale below them."""

from __future__ import annotations

import streamlit as st

from ran.ui.shared import panels

RISING = "linear-gradient(90deg,#FFF3C4,#FDB733,#E8590C,#7A1300)"
SIGNED = "linear-gradient(90deg,#2166AC,#92C5DE,#FFFFFF,#F4A582,#B2182B)"


def colour_bar(low: str, gradient: str, high: str) -> str:
    """Return a scale's colours between the words for its ends, as markup."""
    return (
        f"<span style='display:inline-flex;align-items:center;gap:.5rem'>{low}"
        f"<span style='width:7rem;height:.6rem;border-radius:2px;background:{gradient};"
        f"border:1px solid {panels.theme().grid}'></span>{high}</span>"
    )


def scale_line(*parts: str) -> None:
    """Draw the line below maps that says what their colours mean; the parts are markup."""
    spans = "".join(f"<span>{part}</span>" for part in parts)
    st.html(
        f"<div style='display:flex;flex-wrap:wrap;gap:.3rem 2rem;font-size:.85rem;"
        f"color:{panels.theme().muted}'>{spans}</div>"
    )
