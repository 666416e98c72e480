"""Lines along one axis, panel below panel, for a paper: weights over poses, answers over covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ran.figures.grammar import LIGHT
from ran.figures.paper.ink import Place, fitted, words_wide
from ran.words import called

_HIGH, _HEAD, _FRAME, _GAP = 1.35, 0.19, 0.42, 0.14
"""Inches: of a panel, of its own line, of the axis below the last one, between two."""
_NAME = 0.15
"""Inches of a line's name beside its panel."""
_LEFT, _SAMPLE = 0.42, 0.26
_DASHES: dict[str, Any] = {
    "solid": "-", "dot": ":", "dash": "--", "dashdot": "-.", "longdash": (0, (8, 3)),
    "longdashdot": (0, (8, 3, 1, 3)),
}  # fmt: skip
"""Of the pages' lines, as matplotlib draws them."""
STYLE = tuple[str, str]


@dataclass(frozen=True)
class Drawn:
    """One line: its name, its values along the axis, None where there is none, colour and dash."""

    name: str
    values: Sequence[float | None]
    style: STYLE


@dataclass(frozen=True)
class Panel:
    """Lines that share a scale.

    title: above them; lines; is_log: to the base of 2; line: a value that the eye should have; low
    and high: ends of the axis where they are fixed; band: from and to, one value a place.
    """

    title: str
    lines: Sequence[Drawn]
    is_log: bool = False
    line: float | None = None
    ends: tuple[float, float] | None = None
    band: tuple[Sequence[float], Sequence[float]] | None = None


def stacked(at: Sequence[float], panels: Sequence[Panel], x: str, *, width: float) -> Figure:
    """Return panels of lines, one below the other, along one axis.

    Args:
        at: where the values stand, in order.
        panels: one at least.
        x: title of the axis.
        width: in inches.
    """
    names = [line.name for panel in panels for line in panel.lines]
    beside = min(0.4 * width, words_wide([called(name) for name in names]) + _SAMPLE + 0.1)
    highs = [max(_HIGH, _NAME * (1 + len(panel.lines))) for panel in panels]
    height = sum(highs) + len(panels) * (_HEAD + _GAP) + _FRAME
    figure, top = Figure((width, height)), 0.0
    for number, (panel, high) in enumerate(zip(panels, highs, strict=True)):
        letter = f"({chr(ord('a') + number)}) " if len(panels) > 1 else ""
        Place(figure, 0, top, width, _HEAD).title(letter + panel.title)
        place = Place(figure, 0, top + _HEAD, width, high)
        axes = place.axes(_LEFT, 0.05, width - _LEFT - beside - 0.08, high - 0.05)
        _draw(axes, at, panel)
        is_last = number == len(panels) - 1
        axes.tick_params(axis="x", labelbottom=is_last)
        if is_last:
            axes.set_xlabel(x, labelpad=1)
        _key(place.axes(width - beside, 0.05, beside, high - 0.05), panel, beside, high - 0.05)
        top += _HEAD + high + _GAP
    return figure


def _draw(axes: Axes, at: Sequence[float], panel: Panel) -> None:
    if panel.is_log:
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(lambda value, _place: f"{value:g}")
        axes.minorticks_off()
    if panel.ends is not None:
        axes.set_ylim(*panel.ends)
    axes.grid(color=LIGHT.grid, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if panel.line is not None:
        axes.axhline(panel.line, color=LIGHT.muted, linewidth=0.6, zorder=0)
    if panel.band is not None:
        axes.fill_between(at, *panel.band, color=LIGHT.muted, alpha=0.2, linewidth=0, zorder=0)
    for line in panel.lines:
        colour, dash = line.style
        values = [np.nan if value is None else value for value in line.values]
        axes.plot(
            at, values, color=colour, linestyle=_DASHES[dash], linewidth=1.2, marker="o",
            markersize=2.2,
        )  # fmt: skip


def _key(axes: Axes, panel: Panel, width: float, high: float) -> None:
    """Write each line's name behind a piece of it, in the lines' order."""
    axes.set_xlim(0, width)
    axes.set_ylim(high, 0)
    axes.axis("off")
    for row, line in enumerate(panel.lines):
        y = _NAME * (row + 0.5)
        colour, dash = line.style
        axes.plot(
            [0, _SAMPLE - 0.06], [y, y], color=colour, linestyle=_DASHES[dash], linewidth=1.2,
            clip_on=False,
        )  # fmt: skip
        axes.text(_SAMPLE, y, fitted(called(line.name), width - _SAMPLE, lines=1), va="center")
