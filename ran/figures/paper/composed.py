"""Slots -> one figure: panels one below the other, a gallery, or a strip of regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.explain.heatmap import Heatmap
from ran.figures.maps import shared_scale
from ran.figures.paper import dots, faces_drawn
from ran.figures.paper.depicted import (
    MOST_FACES,
    MOST_SLOTS,
    Depicted,
    shared_classes,
    shared_rows,
)
from ran.figures.paper.ink import Place, fitted
from ran.figures.pictures import heat_overlay
from ran.words import _, called, later

_HEAD = 0.19
"""Inches of a panel's own line, its letter and name."""
_WIDE = 5.5
"""Inches from which two panels of dots stand beside each other."""
_GUTTER = 0.2


@dataclass(frozen=True)
class Panel:
    """One part of a figure: its name, what stands above it, how high it is, how it is drawn.

    height(slots, width) in inches; draw(place, slots, about), where `about` is the expression that
    Shapley values are for.
    """

    name: str
    label: str
    height: Callable[[Sequence[Depicted], float], float]
    draw: Callable[[Place, Sequence[Depicted], str], None]
    has_dots: bool = False


def _faces_high(slots: Sequence[Depicted], width: float) -> float:
    names = faces_drawn.names_high([called(one.name) for one in slots], width)
    return names + faces_drawn.picture_side(width, len(slots)) + faces_drawn.LABEL + 0.08


def _maps_high(slots: Sequence[Depicted], width: float) -> float:
    shown, _full = faces_drawn.mapped(slots)
    names = faces_drawn.names_high([called(one.name) for one in shown], width)
    return names + faces_drawn.picture_side(width, len(shown)) + faces_drawn.SCALE


PANELS = {
    panel.name: panel
    for panel in (
        Panel("faces", later("Faces and regions"),
              _faces_high,
              lambda place, slots, _about: faces_drawn.faces(place, slots)),
        Panel("probabilities", later("Probabilities"),
              lambda slots, _width: dots.FRAME + dots.ROW * len(shared_classes(slots)),
              lambda place, slots, _about: dots.probabilities(place, slots), has_dots=True),
        Panel("weights", later("Attention weights"),
              lambda slots, _width: dots.FRAME + dots.ROW * len(shared_rows(slots)),
              lambda place, slots, _about: dots.weights(place, slots), has_dots=True),
        Panel("maps", later("Attribution"), _maps_high,
              lambda place, slots, _about: faces_drawn.maps(place, slots)),
        Panel("shapley", later("Worth of each region"),
              lambda slots, _width: dots.FRAME + dots.ROW * len(shared_rows(slots)),
              dots.shapley, has_dots=True),
        Panel("margin", later("Region-biased margin"),
              lambda slots, _width: dots.height_of_margin(slots),
              lambda place, slots, _about: dots.margin(place, slots), has_dots=True),
    )
}  # fmt: skip


def panels_named(names: Sequence[str]) -> tuple[Panel, ...]:
    """Return panels by their names, each once, in the order given.

    Raises:
        BadRequest: if a name is none of PANELS, or there are none.
    """
    wrong = [name for name in names if name not in PANELS]
    if wrong or not names:
        raise BadRequest(
            _("There is no panel {name!r}.").format(name=wrong[0] if wrong else ""),
            hint=_("Use {names}.").format(names=", ".join(PANELS)),
        )
    return tuple(PANELS[name] for name in dict.fromkeys(names))


def panelled(
    slots: Sequence[Depicted], panels: Sequence[Panel], *, width: float, about: str
) -> Figure:
    """Return panels one below the other, each with its letter where there are several.

    Args:
        slots: one to MOST_SLOTS; the first is the one that the others are compared with.
        panels: what is shown of them.
        width: in inches.
        about: the expression that Shapley values are for, which every slot has.

    Raises:
        BadRequest: if a panel cannot show these slots together.
    """
    check_slots(slots, MOST_SLOTS)
    if any(panel.name == "margin" for panel in panels) and all(
        one.shown.answer.rb_margin is None for one in slots
    ):
        raise BadRequest(
            _("A plain network has no crops, so there is no margin to draw."),
            hint=_("Leave out the panel margin."),
        )
    rows = _in_rows(panels, width)
    keys = next((row for row in rows if row[0].has_dots and len(slots) > 1), None)
    highs = [
        _HEAD + max(panel.height(slots, _share(width, len(row))) for panel in row) for row in rows
    ]
    key_high = dots.key_high(slots, width) if keys else 0.0
    figure = Figure((width, sum(highs) + key_high))
    letters, top = iter("abcdefgh"), 0.0
    for row, high in zip(rows, highs, strict=True):
        if row is keys:
            dots.key(Place(figure, 0, top, width, key_high), slots)
            top += key_high
        share = _share(width, len(row))
        for number, panel in enumerate(row):
            left = number * (share + _GUTTER)
            letter = f"({next(letters)}) " if len(panels) > 1 else ""
            Place(figure, left, top, share, _HEAD).title(letter + _(panel.label))
            height = panel.height(slots, share)
            panel.draw(Place(figure, left, top + _HEAD, share, height), slots, about)
        top += high
    return figure


def _in_rows(panels: Sequence[Panel], width: float) -> list[list[Panel]]:
    """Return panels row by row: two of dots beside each other where there is room for them."""
    rows: list[list[Panel]] = []
    for panel in panels:
        before = rows[-1] if rows else []
        if width >= _WIDE and len(before) == 1 and before[0].has_dots and panel.has_dots:
            before.append(panel)
        else:
            rows.append([panel])
    return rows


def _share(width: float, count: int) -> float:
    return (width - _GUTTER * (count - 1)) / count


def one_map(
    face: NDArray[np.uint8], heatmap: Heatmap, *, title: str, side: float, is_bare: bool
) -> Figure:
    """Return one map over its face, with its title and its scale, or the picture alone.

    Args:
        face: u8[S, S, 3], what the network was shown.
        heatmap: of it.
        title: what stands above.
        side: inches of the picture's side.
        is_bare: whether nothing stands beside the picture.
    """
    scale = shared_scale([heatmap.values]).full
    pixels = np.asarray(heat_overlay(face, heatmap.values, scale=scale, signed=heatmap.signed))
    if is_bare:
        figure = Figure((side, side))
        faces_drawn.picture(Place(figure, 0, 0, side, side).axes(0, 0, side, side), pixels)
        return figure
    words = fitted(title, side)
    head = faces_drawn.LABEL * (1.3 + words.count("\n"))
    figure = Figure((side, head + side + faces_drawn.SCALE))
    Place(figure, 0, 0, side, head).title(words)
    faces_drawn.picture(Place(figure, 0, head, side, side).axes(0, 0, side, side), pixels)
    bar = Place(figure, 0, head + side, side, faces_drawn.SCALE).axes(0.25, 0.1, side - 0.5, 0.08)
    faces_drawn.heat_scale(bar, scale, signed=heatmap.signed)
    return figure


def gallery(slots: Sequence[Depicted], *, width: float) -> Figure:
    """Return faces with every region outlined by its weight, up to four a row, and the scale."""
    check_slots(slots, MOST_FACES)
    columns = min(4, max(2, len(slots)))
    cell = (width - faces_drawn.GAP * (columns - 1)) / columns
    high = cell + 2.2 * faces_drawn.LABEL
    down = -(-len(slots) // columns) * high
    figure = Figure((width, down + faces_drawn.WEIGHTS))
    for number, one in enumerate(slots):
        left, top = (number % columns) * (cell + faces_drawn.GAP), number // columns * high
        axes = Place(figure, left, top, cell, high).axes(0, faces_drawn.LABEL, cell, cell)
        faces_drawn.with_regions(axes, one)
        axes.set_title(fitted(called(one.name), cell, lines=1), pad=3)
        axes.set_xlabel(faces_drawn.answer_of(one), labelpad=2)
    faces_drawn.weight_scale(Place(figure, 0, down, width, faces_drawn.WEIGHTS))
    return figure


def strip(slots: Sequence[Depicted], *, width: float) -> Figure:
    """Return a row for each slot: its regions as the network sees them, framed by their weight.

    Raises:
        BadRequest: if the slots are cut into different regions.
    """
    check_slots(slots, MOST_FACES)
    names = [box.name for box in slots[0].shown.answer.boxes]
    if any([box.name for box in one.shown.answer.boxes] != names for one in slots):
        raise BadRequest(
            _("A strip has one column a region, and these slots are cut differently."),
            hint=_("Choose one layout for all, or the gallery."),
        )
    aside, gap = 2 * faces_drawn.LABEL, faces_drawn.GAP
    cell = (width - aside - gap * len(names)) / len(names)
    titles = [fitted(called(name), cell, lines=3) for name in names]
    head = faces_drawn.LABEL * max(1 + title.count("\n") for title in titles)
    high = cell + 1.4 * faces_drawn.LABEL
    down = head + high * len(slots)
    figure = Figure((width, down + faces_drawn.WEIGHTS))
    for number, one in enumerate(slots):
        place = Place(figure, aside, head + number * high, width - aside, high)
        row = [place.axes(column * (cell + gap), 0, cell, cell) for column in range(len(names))]
        faces_drawn.strip(row, one, height=cell)
        for axes, title in zip(row, titles if number == 0 else (), strict=False):
            axes.set_title(title, pad=3)
    faces_drawn.weight_scale(Place(figure, 0, down, width, faces_drawn.WEIGHTS))
    return figure


def check_slots(slots: Sequence[Depicted], most: int) -> None:
    """Refuse no slot, or more than a figure shows.

    Raises:
        BadRequest: with how many it shows.
    """
    if not 1 <= len(slots) <= most:
        raise BadRequest(
            _("This figure shows 1 to {most} slots, got {count}.").format(
                most=most, count=len(slots)
            ),
            hint=_("Leave some out."),
        )
