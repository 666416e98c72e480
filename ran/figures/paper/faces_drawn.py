"""Panels of pictures: faces with their regions, maps with their scale, crops in frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.patches import Rectangle

from ran.figures.grammar import LIGHT, weight_colour
from ran.figures.maps import CHANGE, Mapped, Overlay, overlays, shared_scale
from ran.figures.numbers import plain, times
from ran.figures.paper.depicted import Depicted
from ran.figures.paper.ink import Place, fitted
from ran.figures.pictures import heat_overlay
from ran.words import _, called

LABEL = 0.17
"""Inches of a line of words above or below a picture."""
GAP = 0.08
"""Inches between two pictures."""
WEIGHTS = 0.5
"""Inches of the weights' scale with its name and its numbers."""
SCALE = 0.52
"""Inches of a scale bar with its numbers."""


def faces(place: Place, slots: Sequence[Depicted]) -> None:
    """Draw each face as the network got it, its regions outlined in the colours of their w."""
    for axes, one in zip(row_of(place, [called(one.name) for one in slots]), slots, strict=True):
        with_regions(axes, one)
        axes.set_xlabel(answer_of(one), labelpad=2)


def with_regions(axes: Axes, one: Depicted) -> None:
    """Draw one face and every region of it, those with the most weight on top."""
    answer, pixels = one.shown.answer, one.shown.scene.hidden_pixels()
    picture(axes, pixels)
    side = pixels.shape[0]
    relative = answer.relative_weights
    if len(answer.boxes) == 1:
        return
    for index in np.argsort(np.abs(np.log(np.maximum(relative, 1e-9)))):
        x0, y0, x1, y1 = (edge * side for edge in answer.boxes[index].edges)
        colour = weight_colour(float(relative[index]), LIGHT)
        for edge, width in ((LIGHT.paper, 2.2), (colour, 1.2)):
            axes.add_patch(
                Rectangle((x0 - 0.5, y0 - 0.5), x1 - x0, y1 - y0, fill=False, edgecolor=edge,
                          linewidth=width)
            )  # fmt: skip


def maps(place: Place, slots: Sequence[Depicted]) -> None:
    """Draw each slot's map on one scale; of two slots that show one face, the change as well."""
    pictures, scale = mapped(slots)
    side = picture_side(place.width, len(pictures))
    names = [_("change") if one.name == CHANGE else called(one.name) for one in pictures]
    for axes, one in zip(row_of(place, names), pictures, strict=True):
        picture(axes, one.pixels)
    kinds = dict.fromkeys((one.name == CHANGE and not pictures[0].signed) for one in pictures)
    wide = min(2.4, place.width / len(kinds) - 0.55)
    for number, is_change in enumerate(kinds):
        left = 0.2 + number * (place.width / len(kinds))
        bar = place.axes(left, names_high(names, place.width) + side + 0.08, wide, 0.08)
        heat_scale(bar, scale, signed=is_change or pictures[0].signed)
        if len(kinds) > 1:
            bar.set_xlabel(_("change") if is_change else _("map"), labelpad=1)


def picture_side(width: float, count: int) -> float:
    """Return the inches of a picture's side where `count` of them stand in a row."""
    columns = max(count, 2)
    return min(2.0, (width - GAP * (columns - 1)) / columns)


def names_high(names: Sequence[str], width: float) -> float:
    """Return the inches of the names above a row of pictures: one line, or two of long ones."""
    side = picture_side(width, len(names))
    return LABEL * max(1 + fitted(name, side).count("\n") for name in names)


def row_of(place: Place, names: Sequence[str]) -> list[Axes]:
    """Return axes for a row of pictures, each under its name."""
    side, top = picture_side(place.width, len(names)), names_high(names, place.width)
    row = [place.axes(number * (side + GAP), top, side, side) for number in range(len(names))]
    for axes, name in zip(row, names, strict=True):
        axes.set_title(fitted(name, side), pad=3)
    return row


def mapped(slots: Sequence[Depicted]) -> tuple[list[Overlay], float]:
    """Return the overlays that the maps' panel shows, and the value of full colour."""
    found = []
    for one in slots:
        assert one.heatmap is not None
        found.append(Mapped(one.name, one.ground, one.heatmap.values))
    scale = shared_scale([one.values for one in found])
    first = slots[0].heatmap
    assert first is not None
    one_face = len({one.shown.scene.face.digest for one in slots}) == 1
    compare = (
        len(slots) == 2 and one_face and len({one.values.shape for one in found}) == 1
        and all(one.heatmap is not None and one.heatmap.steps == first.steps for one in slots)
    )  # fmt: skip
    return overlays(found, signed=first.signed, scale=scale, compare=compare), scale.full


def heat_scale(axes: Axes, full: float, *, signed: bool) -> None:
    """Draw the scale of a map as its colours lie on a face of middle grey."""
    low = -full if signed else 0.0
    values = np.tile(np.linspace(low, full, 256, dtype=np.float32), (256, 1))
    bar = np.asarray(
        heat_overlay(np.full((256, 256, 3), 128, np.uint8), values, scale=full, signed=signed)
    )
    axes.imshow(bar[:8], aspect="auto", extent=(low, full or 1.0, 0, 1))
    axes.set_yticks([])
    axes.set_xticks([low, 0.0, full] if signed and full else [0.0, full] if full else [0.0])
    axes.xaxis.set_major_formatter(lambda value, _place: f"{plain(value, _digits(full))}")
    axes.spines[:].set_visible(False)


def weight_scale(place: Place) -> None:
    """Draw the scale of the regions' outlines: w against uniform, from a quarter to four times."""
    wide = min(3.0, place.width - 0.4)
    axes = place.axes((place.width - wide) / 2, LABEL + 0.04, wide, 0.08)
    colours = LinearSegmentedColormap.from_list("weights", LIGHT.weights)
    norm = LogNorm(0.25, 4.0)
    bar = axes.figure.colorbar(ScalarMappable(norm, colours), cax=axes, orientation="horizontal")
    bar.outline.set_visible(False)
    bar.minorticks_off()
    bar.set_ticks([0.25, 0.5, 1, 2, 4], labels=["¼×", "½×", "1×", "2×", "4×"])
    axes.set_title(_("w against uniform"), pad=2)


def strip(row: Sequence[Axes], one: Depicted, *, height: float) -> None:
    """Draw a slot's regions in a row of `height` inches as the network sees them, framed by w."""
    assert one.crops is not None
    answer = one.shown.answer
    for index, axes in enumerate(row):
        picture(axes, one.crops[index])
        relative = float(answer.relative_weights[index])
        colour = weight_colour(relative, LIGHT)
        for spine in axes.spines.values():
            spine.set(visible=True, color=colour, linewidth=2.0)
        axes.set_xlabel(times(relative), labelpad=2)
    row[0].set_ylabel(f"{fitted(called(one.name), height, lines=1)}\n{answer_of(one)}")


def picture(axes: Axes, pixels: np.ndarray) -> None:
    """Draw a picture u8[S, S, 3] alone, without axes."""
    axes.imshow(pixels)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def answer_of(one: Depicted) -> str:
    """Return a slot's answer in words: the expression and its probability."""
    answer = one.shown.answer
    return f"{called(answer.expression)} {float(answer.probabilities.max()):.2f}"


def _digits(full: float) -> int:
    """Return how many decimals tell a scale's ends apart."""
    return max(0, min(8, 2 - int(np.floor(np.log10(full))))) if full else 0
