"""A scene's report: what was answered, how it looks, what attention is worth, how to get it again.

Slots as in a figure for a paper; every number of theirs stands in tables and as JSON too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ran.explain.heatmap import Heatmap
from ran.explain.maps.methods import METHODS
from ran.figures.evidence.card_told import USE
from ran.figures.evidence.pairs import pairs
from ran.figures.html import render
from ran.figures.numbers import signed, times, weight
from ran.figures.paper import captions, composed
from ran.figures.paper.depicted import Depicted, shared_classes
from ran.net.card import Card
from ran.report.of_cards import evidence_parts, network_parts
from ran.report.sections import WIDTH, Part, Section, columns, pictured, versions, whole
from ran.words import _, as_written


@dataclass(frozen=True, eq=False)
class Told:
    """What a scene's report tells.

    slots: as a figure has them, with values where they have crops. about: the expression that
    Shapley values are for. maps: for each method, a map of every slot. recipes: JSON, by what each
    is the recipe of. cards: each network's card with its number of parameters. conditions: how the
    answers were computed. has_photo: whether the face may be shown.
    """

    slots: Sequence[Depicted]
    about: str
    maps: Sequence[Sequence[Heatmap]]
    recipes: Mapping[str, str]
    cards: Sequence[tuple[Card, int]]
    conditions: Mapping[str, str]
    has_photo: bool = True


def scene_report(told: Told) -> str:
    """Return the report of a scene, or of up to four side by side, as one file of HTML."""
    with as_written():  # as its figures are
        return _report(told)


def _report(told: Told) -> str:
    slots = [replace(one, has_face=told.has_photo) for one in told.slots]
    photos = ", ".join(dict.fromkeys(one.photo for one in slots))
    sections = (
        Section(
            "figures", _("What stands side by side"), tuple(_figures(told, slots)), beside=True
        ),
        Section("maps", _("Which pixels speak for it"), tuple(_maps(told, slots)), beside=True),
        Section("numbers-told", _("Numbers"), tuple(_numbers(told, slots))),
        Section("evidence", _("Is attention evidence?"), tuple(evidence_parts(told.cards))),
        Section("network", _("The network"), tuple(network_parts(told.cards))),
        Section("again", _("To get the same again"), tuple(_again(told))),
    )
    lead = [
        _("{name}: {expression}, probability {probability:.2f}.").format(
            name=one.name, expression=_(one.shown.answer.expression),
            probability=float(one.shown.answer.probabilities.max()),
        )
        for one in slots
    ]  # fmt: skip
    if not told.has_photo:
        lead.append(_("The photo is left out of this report."))
    lead.append(_(USE))
    return whole(
        _("Region attention: {photos}").format(photos=photos), lead, sections, as_json(told)
    )


def as_json(told: Told) -> dict[str, Any]:
    """Return all numbers of a report as plain values."""
    return {
        "slots": [
            one.as_json()
            | (
                {}
                if one.values is None
                else {"shapley": one.values.shapley.tolist(),
                      "leave_one_out": one.values.leave_one_out.tolist()}
            )
            for one in told.slots
        ],
        "target": told.about,
        "maps": [
            {"method": found[0].method, "target": found[0].target, "baseline": found[0].baseline,
             "steps": found[0].steps}
            for found in told.maps
        ],
        "recipes": dict(told.recipes),
        "versions": versions(),
        **told.conditions,
    }  # fmt: skip


def _figures(told: Told, slots: Sequence[Depicted]) -> Iterable[Part]:
    names = ["faces"] if told.has_photo else []
    names += ["probabilities", "weights"] if _has_crops(slots) else ["probabilities"]
    names += ["shapley"] if all(one.values is not None for one in slots) else []
    has_margin = any(one.shown.answer.rb_margin is not None for one in slots)
    names += ["margin"] if has_margin else []
    for name in names:
        yield _panel(told, slots, name)


def _panel(told: Told, slots: Sequence[Depicted], name: str) -> Part:
    (panel,) = composed.panels_named([name])
    draw = partial(composed.panelled, slots, [panel], width=WIDTH, about=told.about)
    return pictured(draw, captions.panel_caption(slots, name, told.about))


def _has_crops(slots: Sequence[Depicted]) -> bool:
    return all(len(one.shown.answer.boxes) > 1 for one in slots)


def _maps(told: Told, slots: Sequence[Depicted]) -> Iterable[Part]:
    for found in told.maps:
        mapped = [replace(one, heatmap=heatmap) for one, heatmap in zip(slots, found, strict=True)]
        part = _panel(told, mapped, "maps")
        label = _(METHODS[found[0].method].label)
        shares = [
            (_(box.name), *(f"{values[index]:.3g}" for values in _largest(mapped)))
            for index, box in enumerate(mapped[0].shown.answer.boxes)
            if _is_cut_alike(mapped)
        ]
        heads = (_("largest of the region's own map"), *(one.name for one in mapped))
        tables = (
            columns(heads, shares, _("Largest value of each region's own map, {method}").format(
                method=label)),
        ) if shares else ()  # fmt: skip
        yield replace(part, title=label, tables=tables)


def _largest(slots: Sequence[Depicted]) -> list[list[float]]:
    return [
        [float(values.max()) for values in one.heatmap.regions]
        for one in slots
        if one.heatmap is not None
    ]


def _is_cut_alike(slots: Sequence[Depicted]) -> bool:
    names = [[box.name for box in one.shown.answer.boxes] for one in slots]
    return all(other == names[0] for other in names)


def _numbers(told: Told, slots: Sequence[Depicted]) -> Iterable[Part]:
    yield Part(_("Probabilities"), tables=(_probabilities(slots),))
    for one in slots:
        if len(one.shown.answer.boxes) > 1:
            yield Part(
                _("Regions, {name}").format(name=one.name), tables=(_regions(told, one),),
                words=_margin(one),
            )  # fmt: skip
    if all(one.values is not None for one in slots) and _is_cut_alike(slots):
        answer = slots[0].shown.answer
        added = [
            (one.name, one.values.interactions[..., one.shown.answer.classes.index(told.about)])
            for one in slots
            if one.values is not None
        ]
        title = _("What two regions add together for {target}, logits").format(target=told.about)
        yield Part(title, tables=(pairs([_(box.name) for box in answer.boxes], added, title),))


def _margin(one: Depicted) -> str:
    answer = one.shown.answer
    if answer.rb_margin is None:
        return ""
    return _(
        "RB margin, the best crop's mu minus the whole face's: {margin}; alpha {alpha:g}, "
        "region-biased loss {loss:.3f}."
    ).format(margin=signed(answer.rb_margin, 3), alpha=answer.alpha, loss=answer.rb_loss)


def _probabilities(slots: Sequence[Depicted]) -> str:
    heads = ["", *(one.name for one in slots)]
    rows = [
        (
            _(name),
            *(
                f"{one.shown.answer.probabilities[one.shown.answer.classes.index(name)]:.3f}"
                for one in slots
            ),
        )
        for name in shared_classes(slots)
    ]
    return columns(heads, rows, _("Probability of each expression"))


def _regions(told: Told, one: Depicted) -> str:
    answer = one.shown.answer
    heads = ["", _("w, against uniform"), "w", "μ", "ν", _("hidden")]
    cells = [
        [times(float(value)) for value in answer.relative_weights],
        [weight(float(value)) for value in answer.weights],
        [weight(float(value)) for value in answer.self_weights],
        [weight(float(value)) for value in answer.relation_weights],
        [f"{100 * float(value):.1f} %" for value in answer.covered],
    ]
    if one.values is not None:
        heads += [_("Shapley, {target}").format(target=told.about), _("left out")]
        place = answer.classes.index(told.about)
        for values in (one.values.shapley, one.values.leave_one_out):
            cells.append([signed(float(value)) for value in values[:, place]])
    rows = [
        (_(box.name), *row) for box, *row in zip(answer.boxes, *cells, strict=True)
    ]  # fmt: skip
    return columns(heads, rows, _("Regions of {name}").format(name=one.name))


def _again(told: Told) -> Iterable[Part]:
    for name, recipe in told.recipes.items():
        words = _(
            "The recipe of {name}, without the photo: save it as recipe.json, then `ran report "
            "PHOTO --recipe recipe.json --out report.html`, or open it on the Occlude page."
        )
        yield Part(_("Recipe"), words.format(name=name))
        yield Part(text=recipe)
    rows = dict(told.conditions) | versions()
    yield Part(
        _("Computed with"),
        tables=(render("table", rows=rows, name=_("Device, precision and releases")),),
    )
