"""What panels of every page are made of: values -> what stands on a page, computing no answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.figures import DARK, LIGHT, Moved, Theme
from ran.figures.html import render, stylesheet
from ran.net.checkpoints import Card
from ran.words import _


@dataclass(frozen=True)
class Cell:
    """A name with what it stands at, in an answer band.

    before: what it stood at, where that differs. more: said behind it, small. below: said under
    it, small. help: at the pointer. leads: whether it is the band's largest text. room: the cell
    with the longest texts that it may get, whose room it keeps, so that what stands below a band
    stays where it is when the numbers change.
    """

    name: str
    value: str
    before: str = ""
    more: str = ""
    moved: Moved | None = None
    below: str = ""
    help: str = ""
    leads: bool = False
    room: Cell | None = None

    def __str__(self) -> str:
        """Return the value's line as plain text."""
        before = f"{self.before} \N{RIGHTWARDS ARROW} " if self.before else ""
        moved = "" if self.moved is None else self.moved.text
        return before + " ".join(part for part in (self.value, self.more, moved) if part)


def theme() -> Theme:
    """Return the colours of the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def style() -> None:
    """Put the style of all panels on the page, once a page."""
    st.html(stylesheet(theme()))


def key_line(names: Sequence[str], more: str = "") -> None:
    """Draw the marks of the faces of these names in one line, as text; `more` is said behind."""
    st.html(render("key", names=names, more=more))


def band(cells: Sequence[Cell], place: DeltaGenerator | None = None) -> DeltaGenerator:
    """Draw names with what they stand at, in a line that a screen reader announces.

    Returns where it stands; given as `place`, the next band is drawn over it.
    """
    return (place or st).html(render("band", cells=cells))


def table(rows: dict[str, str], name: str) -> None:
    """Draw names and what they stand for, a row each; both come as plain text."""
    st.html(render("table", rows=rows, name=name))


def columns(
    heads: Sequence[str], rows: Sequence[Sequence[str]], name: str, *, kind: str = "numbers"
) -> None:
    """Draw a table, a head above each column; a row's first cell is its name. All plain text.

    kind: "numbers" stand at the right of their columns, "words" at the left.
    """
    st.html(render("columns", heads=heads, rows=rows, name=name, kind=kind))


def marks(*marks: tuple[str, str]) -> None:
    """Draw a chart's marks with what each stands for, in one line; a mark "" is words alone.

    Marks: "dot", "grey", a dot of it, "ring", "square", "frame", "diamond".
    """
    st.html(render("marks", marks=marks))


def save_card(card: Card) -> None:
    """Offer the card as a file."""
    st.download_button(
        _("Card, JSON"), json.dumps(asdict(card), indent=2) + "\n", "card.json",
        "application/json", on_click="ignore", width="stretch", type="tertiary",
    )  # fmt: skip
