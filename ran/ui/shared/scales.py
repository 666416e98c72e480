"""What the colours of maps mean: the scale below them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ran.figures.html import render
from ran.figures.pictures import SIGNED as SIGNED_STOPS
from ran.figures.pictures import UNSIGNED as RISING_STOPS


@dataclass(frozen=True)
class ColourBar:
    """A scale's colours, #RRGGBB from its low to its high end, between the words for the ends."""

    low: str
    stops: tuple[str, ...]
    high: str


def rising_bar(low: str, high: str) -> ColourBar:
    """Return the scale of maps whose values are never below zero."""
    return ColourBar(low, RISING_STOPS, high)


def signed_bar(low: str, high: str) -> ColourBar:
    """Return the scale of maps whose values may be below zero."""
    return ColourBar(low, SIGNED_STOPS, high)


def scale_line(*parts: str | ColourBar) -> None:
    """Draw the line below maps that says what their colours mean; words come as plain text."""
    st.html(render("scales", parts=parts))
