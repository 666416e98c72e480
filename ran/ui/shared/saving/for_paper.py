"""What stands on a page as a figure for a paper: PDF, SVG, and the LaTeX that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from ran.engine import Engine
from ran.figures.paper.depicted import COLUMN, Depicted
from ran.shown import Shown
from ran.ui.shared.saving.files import files_begin
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, as_written, language

if TYPE_CHECKING:
    from ran.figures.paper.ink import Drawing


def depicted(engine: Engine, session: Session, shown: Sequence[Shown]) -> list[Depicted]:
    """Return what is shown as figures take it, with the visitor's alpha; maps come by the caller.

    What the regions are worth is among it: it costs no forward pass.
    """
    name = "" if session.photo is None else session.photo.name
    if session.is_synthetic and session.posed is not None:
        name = _("{photo} turned, {pose}").format(photo=name, pose=session.posed.name)
    made = []
    for one in shown:
        answer = one.answer
        if session.alpha is not None:
            answer = replace(answer, alpha=session.alpha)
        values = engine.region_values(one.scene) if len(answer.boxes) > 1 else None
        made.append(
            Depicted(
                replace(one, answer=answer), engine.card.name, engine.card.sha256 or "", name,
                values=values,
            )
        )  # fmt: skip
    return made


def offer(
    session: Session,
    name: str,
    slots: Callable[[], list[Depicted]],
    panels: Sequence[str],
    about: str,
) -> None:
    """Offer a figure of panels, as wide as a column of two; it is drawn when it is asked for.

    Args:
        session: whose face it is: the names of files say where it is synthetic.
        name: the figure's, in the names of its files.
        slots: makes what it shows.
        panels: names of ran.figures.paper.composed.PANELS.
        about: the expression that Shapley values are for.
    """
    stem = f"{files_begin(session)}-{name}"

    def drawn() -> Drawing:
        from ran.figures.paper import composed  # matplotlib, only where a figure is wanted

        made, parts = slots(), composed.panels_named(panels)
        return composed.panelled(made, parts, width=COLUMN, about=about)

    def latex() -> str:
        from ran.figures.paper import captions

        made = slots()
        words = captions.caption(made, panels, about=about)
        return captions.whole_tex(f"{stem}.pdf", made, width=COLUMN, words=words)

    offer_drawn(stem, drawn, latex)


def offer_chart(
    engine: Engine,
    stem: str,
    draw: Callable[[], Drawing],
    words: Callable[[], str],
    *,
    width: float = COLUMN,
    what: str = "",
) -> None:
    """Offer a chart as a figure, as wide as a column unless it says otherwise.

    Args:
        engine: the network that it is of.
        stem: the beginning of the files' names.
        draw: makes it.
        words: says what it shows, as plain text: its caption, with the network.
        width: of the figure, in inches.
        what: it shows, in few words, where a page has several.
    """

    def latex() -> str:
        from ran.figures.paper import captions

        whole = captions.of_networks(words(), [(engine.card.name, engine.card.sha256)])
        return captions.figure_tex(f"{stem}.pdf", width=width, words=whole)

    offer_drawn(stem, draw, latex, what=what)


def confusion_words() -> str:
    """Return what a figure of a confusion matrix shows."""
    return _(
        "What is taken for what: a row is the label, a column what was answered. Numbers are "
        "faces; the shade is their share of the row."
    )


def offer_drawn(
    stem: str, draw: Callable[[], Drawing], latex: Callable[[], str], *, what: str = ""
) -> None:
    """Offer what `draw` makes as PDF and SVG, and the LaTeX that shows it."""

    def drawn(kind: str) -> bytes:
        from ran.figures.paper import ink

        return ink.drawn(draw, kind)

    def told() -> str:
        with as_written():  # LaTeX as it is usually set up has not the glyphs
            return latex()

    files: tuple[tuple[str, str, Callable[[], str | bytes]], ...] = (
        ("PDF", "application/pdf", lambda: drawn("pdf")),
        ("SVG", "image/svg+xml", lambda: drawn("svg")),
        ("LaTeX", "text/x-tex", told),
    )
    st.markdown(
        _("**Figure for a paper**: {what}").format(what=what) if what
        else _("**Figure for a paper**")
    )  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        for label, kind, content in files:
            ending = "tex" if label == "LaTeX" else label.lower()
            st.download_button(
                label, content, f"{stem}.{ending}", kind, on_click="ignore", type="tertiary",
                key=key_of("save", stem, ending),
            )  # fmt: skip
    if language() != "en":
        _say_font()


def _say_font() -> None:
    """Say why figures are in English, where they are."""
    from ran.figures.paper import ink

    missing = ink.missing_font()
    if missing is not None:
        st.markdown(
            _(
                ":small[:gray[In English: the font {font} is not installed where the app runs.]]"
            ).format(font=missing)
        )
