"""A card's controls of attention -> a table, and what it says about w in words."""

from __future__ import annotations

from collections.abc import Mapping

from ran.explain.regions.controls import CONTROLS, LEARNT
from ran.figures.html import render
from ran.figures.numbers import signed
from ran.net.card import COVERED_CONTROLS, Card
from ran.words import _, called, later

Controls = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By layout and by the weights in place of w: accuracy, difference, p and n."""
_FACES = {
    "controls": later("Faces as they are"),
    COVERED_CONTROLS[1]: later("Every face under one cover"),
    COVERED_CONTROLS[2]: later("Under stickers, parts and rectangles of this app"),
}
"""Which faces the controls were measured on, by the card's field."""
_KINDS = (later("fixed"), later("random"), later("landmark"))
"""The layouts that a card can have."""


def measured(card: Card) -> dict[str, Controls]:
    """Return the controls that a card has, by the faces that they were measured on, in words."""
    found = {
        _(words): {kind: layout[field] for kind, layout in card.layouts.items()
                   if layout.get(field)}
        for field, words in _FACES.items()
    }  # fmt: skip
    return {words: tables for words, tables in found.items() if tables}


def table(faces: str, tables: Controls) -> str:
    """Return one table of controls as HTML, a column a layout.

    Args:
        faces: which faces they were measured on, its caption.
        tables: by layout.
    """
    names = [name for name in CONTROLS if any(name in found for found in tables.values())]
    return render(
        "controls", caption=faces, kinds=list(tables),
        rows=[
            (name, CONTROLS[name], [_control(found, name) for found in tables.values()])
            for name in names
        ],
    )  # fmt: skip


def p(value: float) -> str:
    """Return a p value in words."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _control(table: Mapping[str, Mapping[str, float]], name: str) -> tuple[str, str]:
    """Return a control's accuracy, and what it costs with its p; nothing of the learnt weights."""
    row = table.get(name)
    if row is None:
        return "", ""
    cost = "" if name == LEARNT else f"{signed(100 * row['difference'], 1)}, {p(row['p'])}"
    return f"{100 * row['accuracy']:.1f} %", cost


def told(tables: Controls) -> str:
    """Return in words whether w carries something about the face, by layout."""
    said = []
    for kind, found in tables.items():
        if not _costs(found, "another face"):
            said.append(
                _(
                    "On {kind} crops another face's weights answer as well: w carries nothing "
                    "about the face that this test can see."
                ).format(kind=called(kind))
            )
        elif "mean" in found and not _costs(found, "mean"):
            said.append(
                _(
                    "On {kind} crops another face's weights answer worse, but one fixed set of "
                    "weights, the mean of all faces, answers as well as the face's own."
                ).format(kind=called(kind))
            )
        else:
            said.append(
                _(
                    "On {kind} crops another face's weights answer worse: w carries something "
                    "about the face."
                ).format(kind=called(kind))
            )
    return " ".join(said)


def _costs(table: Mapping[str, Mapping[str, float]], name: str) -> bool:
    return table[name]["p"] < 0.05 and table[name]["difference"] < 0
