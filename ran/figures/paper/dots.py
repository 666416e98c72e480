"""Panels of dots in shared rows: probability, weight, Shapley value, and the margin's line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ran.figures.grammar import LIGHT
from ran.figures.numbers import TRACK_END, signed, times
from ran.figures.paper.depicted import Depicted, shared_classes, shared_rows
from ran.figures.paper.ink import Place, fitted, words_wide
from ran.words import _, called

ROW = 0.155
"""Inches of a row."""
FRAME = 0.42
"""Inches of an axis below rows of dots, with its numbers, its name and the room after it."""
_KEY_ROW = 0.16
_MARKS = ("o", "o", "s", "^")
_SIZE = 4.2


def probabilities(place: Place, slots: Sequence[Depicted]) -> None:
    """Draw each slot's probability of each expression that all slots tell apart."""
    names = shared_classes(slots)
    found = [
        [float(one.shown.answer.probabilities[one.shown.answer.classes.index(name)])
         for name in names]
        for one in slots
    ]  # fmt: skip
    said = [[f"{value:.2f}" for value in one] for one in found]
    axes = _rows(place, names, np.array(found), said, 2)
    axes.set_xlim(-0.045, 1.045)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    axes.set_xlabel(_("probability"), labelpad=1)


def weights(place: Place, slots: Sequence[Depicted]) -> None:
    """Draw each region's w against uniform, on a log axis from 1/8 to 8 times uniform."""
    names = shared_rows(slots)
    found = np.array([[_relative(one, name) for name in names] for one in slots])
    drawn = found.clip(1 / TRACK_END, TRACK_END)  # what lies beyond stands at the end, as on pages
    said = [[times(float(value)) for value in one] for one in found]
    axes = _rows(place, names, drawn, said, None)
    axes.set_xscale("log", base=2)
    axes.set_xlim(0.93 / TRACK_END, TRACK_END / 0.93)
    ticks = [2.0**power for power in range(-3, 4)]
    axes.set_xticks(ticks, ["⅛", "¼", "½", "1", "2", "4", "8"])
    axes.minorticks_off()
    axes.axvline(1.0, color=LIGHT.muted, linewidth=0.6, zorder=0)
    axes.set_xlabel(_("w against uniform"), labelpad=1)


def shapley(place: Place, slots: Sequence[Depicted], about: str) -> None:
    """Draw what each region is worth to the expression `about`, in logits."""
    names = shared_rows(slots)
    found = []
    for one in slots:
        assert one.values is not None
        column = one.values.shapley[:, one.shown.answer.classes.index(about)]
        places = {box.name: index for index, box in enumerate(one.shown.answer.boxes)}
        found.append([float(column[places[name]]) for name in names])
    said = [[signed(value) for value in one] for one in found]
    axes = _rows(place, names, np.array(found), said, 2)
    axes.axvline(0.0, color=LIGHT.muted, linewidth=0.6, zorder=0)
    axes.margins(x=0.06)
    axes.set_xlabel(
        _("Shapley value for {expression}, logits").format(expression=called(about)), labelpad=1
    )


def margin(place: Place, slots: Sequence[Depicted]) -> None:
    """Draw the RB margin of each slot on a line; left of alpha the loss is above zero."""
    axes = place.axes(0.2, 0, place.width - 0.4, place.height - FRAME)
    known = [
        (number, one.shown.answer.rb_margin)
        for number, one in enumerate(slots)
        if one.shown.answer.rb_margin is not None
    ]
    alpha = slots[0].shown.answer.alpha
    ends = [0.0, alpha, *(value for _, value in known)]
    low, high = min(ends), max(ends)
    room = max(0.02, 0.15 * (high - low))
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(-1, len(known) + 0.4)
    axes.axvspan(low - room, alpha, color=LIGHT.loss_zone, linewidth=0, zorder=0)
    axes.axvline(alpha, color=LIGHT.warn, linewidth=1)
    for row, (number, value) in enumerate(known):
        _mark(axes, value, row, number, len(slots))
        is_left = value < (low + high) / 2
        axes.annotate(
            f"{called(slots[number].name)} {signed(value, 3)}", (value, row),
            xytext=(5 if is_left else -5, 0), textcoords="offset points", va="center",
            ha="left" if is_left else "right",
            bbox={"facecolor": LIGHT.paper, "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
        )  # fmt: skip
    axes.set_yticks([])
    axes.set_xlabel(
        _("RB margin; loss > 0 left of α = {alpha:g}").format(alpha=alpha),
        labelpad=1,
    )
    _bare(axes)


def height_of_margin(slots: Sequence[Depicted]) -> float:
    """Return the inches of the margin's panel."""
    return FRAME + 0.17 * (1 + len(slots))


def key(place: Place, slots: Sequence[Depicted]) -> None:
    """Draw which mark is which slot, in as few rows as their names fit into."""
    axes = place.axes(0, 0, place.width, place.height)
    axes.set_axis_off()
    axes.set_xlim(0, place.width)
    axes.set_ylim(place.height, 0)
    columns = _columns(slots, place.width)
    wide = place.width / columns
    for number, one in enumerate(slots):
        x, y = 0.08 + wide * (number % columns), _KEY_ROW * (0.5 + number // columns)
        _mark(axes, x, y, number, len(slots))
        axes.annotate(
            fitted(called(one.name), wide - 0.25, lines=1), (x, y), xytext=(6, 0),
            textcoords="offset points", va="center",
        )  # fmt: skip


def key_high(slots: Sequence[Depicted], width: float) -> float:
    """Return the inches of the key."""
    return _KEY_ROW * -(-len(slots) // _columns(slots, width)) + 0.04


def _columns(slots: Sequence[Depicted], width: float) -> int:
    fit = int(width / (words_wide(called(one.name) for one in slots) + 0.3))
    return max(1, min(len(slots), fit))


def _relative(one: Depicted, region: str) -> float:
    answer = one.shown.answer
    places = {box.name: index for index, box in enumerate(answer.boxes)}
    return float(answer.relative_weights[places[region]])


def _rows(
    place: Place,
    names: Sequence[str],
    found: NDArray[np.floating],
    words: Sequence[Sequence[str]],
    digits: int | None,
) -> Axes:
    """Draw found f[slots, rows] as dots in rows, first on top, and two slots' bar between them.

    `words` are each slot's numbers; of one or two slots they stand at the right, and of two the
    change with `digits` where a difference is one.
    """
    rows, slots = len(names), len(found)
    said = [""] * rows if slots > 2 else [" → ".join(pair) for pair in zip(*words, strict=True)]
    if slots == 2 and digits is not None:
        changes = (found[1] - found[0]).tolist()
        said = [f"{one}  {signed(by, digits)}" for one, by in zip(said, changes, strict=True)]
    labels = [called(name) for name in names]
    left, right = words_wide(labels) + 0.08, words_wide(said) + 0.08
    axes = place.axes(left, 0, place.width - left - right, place.height - FRAME)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks(range(rows), labels)
    axes.grid(axis="x", color=LIGHT.grid, linewidth=0.4)
    axes.set_axisbelow(True)
    for row in range(rows):
        values = found[:, row]
        if len(values) == 2:
            axes.plot(values, [row, row], color=LIGHT.before, linewidth=1.4, zorder=1)
        for number, value in enumerate(values):
            _mark(axes, float(value), row, number, len(values))
        axes.annotate(
            said[row], (1, row), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", annotation_clip=False,
        )  # fmt: skip
    _bare(axes)
    return axes


def _mark(axes: Axes, x: float, y: float, number: int, of: int) -> None:
    is_first = number == 0 and of > 1
    axes.plot(
        [x], [y], marker=_MARKS[number], markersize=_SIZE, linewidth=0, zorder=3,
        markeredgecolor=LIGHT.before if is_first else LIGHT.paper,
        markeredgewidth=1.1 if is_first else 0.4,
        markerfacecolor=LIGHT.paper if is_first else LIGHT.after,
    )  # fmt: skip


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
