"""What a report says of its networks: what attention is worth, and what their cards say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ran.figures.evidence import controlled
from ran.figures.evidence.card_told import accuracies, card_rows
from ran.figures.html import render
from ran.net.card import Card
from ran.report.sections import Part, columns
from ran.words import _

Cards = Sequence[tuple[Card, int]]
"""Cards, each with its network's number of parameters."""


def evidence_parts(cards: Cards) -> Iterable[Part]:
    """Yield what each card's controls say of its attention."""
    for card, _count in cards:
        if card.kind == "plain":
            words = _("A plain network has no attention: it sees the whole face alone.")
            yield Part(card.name, words)
            continue
        measured = controlled.measured(card)
        if not measured:
            yield Part(card.name, _("This network's card holds no controls of its attention."))
        for number, (faces, tables) in enumerate(measured.items()):
            yield Part(
                card.name if number == 0 else "", controlled.told(tables),
                tables=(controlled.table(faces, tables),),
            )  # fmt: skip


def network_parts(cards: Cards) -> Iterable[Part]:
    """Yield what each card says of its network, and what it reaches."""
    for card, parameters in cards:
        rows = card_rows(card, parameters) | (
            {_("SHA-256"): card.sha256} if card.sha256 else {}
        )  # fmt: skip
        tables = [render("table", rows=rows, name=_("The checkpoint's card"))]
        if found := accuracies(card):
            heads = ("", _("accuracy"), _("95 % interval"), _("faces"))
            tables.append(columns(heads, found, _("Accuracy on the published lists")))
        yield Part(card.name, tables=tuple(tables))
