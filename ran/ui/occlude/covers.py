"""What hides the face besides what is drawn: named parts, rectangles as numbers, the fill."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from ran.face.covers.occlusion import FILLS
from ran.face.covers.parts import PRESETS
from ran.face.shapes import Rectangle
from ran.ui.shared import compute
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of, seed
from ran.words import _, later

_FILL_NAMES = {
    "mean": later("mean colour"),
    "look": later("sticker's look"),
    "colour": later("a colour"),
}
_GREY = (128, 128, 128)


def covers(session: Session) -> None:
    """Ask what hides the face and write it into the session."""
    kind, strength = st.columns(2)
    was = session.fill
    fill = kind.selectbox(
        _("Hide with"), list(FILLS),
        key=seed("fill", was.kind, partial(_fill_with, session, "kind")),
        format_func=lambda name: _(_FILL_NAMES.get(str(name), str(name))),
        help=_("A sticker's look shows stickers as they are and all else in black."),
    )  # fmt: skip
    opacity = strength.slider(
        _("Opacity, %"),
        0,
        100,
        key=seed("opacity", round(100 * was.opacity), partial(_fill_with, session, "opacity")),
    )
    _fill_with(session, "kind", fill)
    _fill_with(session, "opacity", opacity)
    if fill == "colour":
        written = "#{:02x}{:02x}{:02x}".format(*(was.colour or _GREY))
        key = seed("colour", written, partial(_fill_with, session, "colour"))
        _fill_with(session, "colour", st.color_picker(_("Colour"), key=key))
    if fill == "noise":
        key = seed("noise", was.seed, partial(_fill_with, session, "seed"))
        _fill_with(session, "seed", st.number_input(_("Seed of the noise"), 0, 10**6, key=key))
    session.parts = st.multiselect(
        _("Cover a part"),
        list(PRESETS),
        format_func=_,
        key=seed(
            key_of("parts", session.visit),
            session.parts,
            partial(_hide_parts, session, session.visit),
        ),
        placeholder=_("Choose parts"),
        select_all=False,
        help=_("Left and right as you see them. Parts follow the face's landmarks."),
    )
    _rectangles(session)


def _fill_with(session: Session, part: str, value: Any) -> None:
    """Take a part of the fill as its widget has it."""
    fill = session.fill
    if part == "opacity":
        # A recipe's opacity may lie between two marks of the slider.
        value = fill.opacity if value == round(100 * fill.opacity) else value / 100
    elif part == "colour":
        red, green, blue = bytes.fromhex(value.lstrip("#"))
        value = red, green, blue
    elif part == "seed":
        value = int(value)
    session.fill = replace(fill, **{"colour": fill.colour or _GREY, part: value})


def _hide_parts(session: Session, visit: int, parts: list[str]) -> None:
    """Hide parts of the photo that was in use when they were asked for, if it still is."""
    if session.visit == visit:
        session.parts = parts


def _rectangles(session: Session) -> None:
    """Ask for rectangles as numbers, and list those that are there."""
    place = st.expander(_("Rectangles by numbers"), key="rectangles", on_change="rerun")
    if not place.open:
        return
    with place:
        with st.form("rectangle", border=False):
            st.markdown(
                _(":small[:gray[In sides of the face: 0 is left or top, 1 is right or bottom.]]")
            )
            cells = st.grid(4, min_column_width=110)
            edges = [
                cells.number_input(name, -1.0, 2.0, value, 0.05)
                for name, value in zip(
                    ("Left", "Top", "Right", "Bottom"), (0.3, 0.6, 0.7, 0.9), strict=True
                )
            ]
            if st.form_submit_button(_("Add"), icon=":material/add:"):
                with compute.told(_("What was hidden stays as it is.")):
                    session.rectangles.append(Rectangle(*edges))
        for index, shape in enumerate(session.rectangles):
            row = st.container(horizontal=True, vertical_alignment="center")
            row.markdown(
                _("{left:.2f}, {top:.2f} to {right:.2f}, {bottom:.2f}").format(
                    left=shape.x0, top=shape.y0, right=shape.x1, bottom=shape.y1
                ),
                width="stretch",
            )
            row.button(
                _("Remove"), key=key_of("remove", index), icon=":material/delete:", type="tertiary",
                on_click=_remove, args=(session, index),
            )  # fmt: skip


def _remove(session: Session, index: int) -> None:
    del session.rectangles[index]
