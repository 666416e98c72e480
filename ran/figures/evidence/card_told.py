"""Checkpoints' cards -> what they say, as names and sentences."""

from __future__ import annotations

from ran.net.card import Card
from ran.study.evaluation.published import LIST_NAMES, wilson_interval
from ran.words import _, called, later

USE = later(
    "Research and teaching only, not for decisions about a person. Some jurisdictions forbid "
    "inferring emotions at work and in schools."
)


def card_rows(card: Card, parameters: int) -> dict[str, str]:
    """Return what a card says of its network, of so many parameters, in the order of reading."""
    conventions = {
        "sigmoid": _("sigmoid (the paper)"),
        "softmax": _("softmax after sigmoid (released)"),
    }
    recipe = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in card.recipe.items())
    attention = {
        _("Regions"): _("trained on {layouts} crops").format(
            layouts=_(" and ").join(card.trained_layouts)
        ),
        _("Attention"): conventions[card.attention],
        _("RB margin"): f"α = {card.alpha:g}",
    }
    return {
        _("Name"): card.name,
        _("Network"): _("{kind}, {backbone} backbone, {millions:.1f} M parameters").format(
            kind=card.kind, backbone=card.backbone, millions=parameters / 1e6
        ),
        _("Classes"): ", ".join(map(called, card.classes)),
        _("Input"): _("{side} × {side}, {colour}, {framing} framing").format(
            side=card.input_size,
            colour=_("grey") if card.grey else _("colour"),
            framing=card.framing,
        ),
        **({} if card.kind == "plain" else attention),
        _("Temperature"): f"{card.temperature:.3g}",
        _("Trained on"): card.trained_on,
        _("Licence"): card.licence,
        _("Intended use"): card.intended_use or _("not stated"),
        _("Limits"): card.limits or _("not stated"),
        _("Recipe"): recipe or _("not stated"),
        _("Seed"): _("not stated") if card.seed is None else str(card.seed),
        _("Note"): card.note,
        _("SHA-256"): f"{card.sha256[:12]}…" if card.sha256 else _("not stated"),
    }


def reached(card: Card) -> dict[str, tuple[float, float, float, int]]:
    """Return accuracy, both ends of its 95 % interval and how many faces, by the list's key."""
    found = {}
    for key in LIST_NAMES:
        if card.scores and key in card.scores:
            accuracy, count = card.scores[key]["accuracy"], int(card.scores[key]["n"])
            found[key] = (accuracy, *wilson_interval(accuracy, count), count)
    return found


def accuracies(card: Card) -> list[tuple[str, str, str, str]]:
    """Return the same in words: list, accuracy, 95 % interval, faces."""
    return [
        (called(LIST_NAMES[key]), f"{100 * accuracy:.2f} %",
         f"{100 * low:.1f}\N{EN DASH}{100 * high:.1f} %", f"{count:,}")
        for key, (accuracy, low, high, count) in reached(card).items()
    ]  # fmt: skip
