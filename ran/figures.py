"""Values -> Plotly figures and PIL pictures, in one grammar.

Hollow dot = before (clean), filled dot = after (covered), bar between = the change. Red and blue
mean higher and lower, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from ran.engine import Prediction
from ran.net.regions import Box

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, light or dark."""

    text: str
    muted: str
    grid: str
    panel: str
    before: str
    after: str
    up: str
    down: str
    warn: str
    loss_zone: str
    paper: str


LIGHT = Theme("#1B2326", "#55605F", "#DCE2E0", "#F3F5F4", "#6B7775", "#0F766E", "#B2182B",
              "#2166AC", "#93430A", "#F6E7D3", "#FFFFFF")  # fmt: skip
DARK = Theme("#E6EBE9", "#A3AFAE", "#37424A", "#1C2327", "#A9B5B3", "#3DBFB2", "#F08A72",
             "#74AEE8", "#F2B65A", "#40321E", "#12171A")  # fmt: skip
CONFIG = {"displayModeBar": False}
UNSIGNED: tuple[str, ...] = ("#FFF3C4", "#FDB733", "#E8590C", "#7A1300")
"""Colours of a map that only adds, from zero to the scale, evenly spaced."""
SIGNED: tuple[str, ...] = ("#2166AC", "#92C5DE", "#FFFFFF", "#F4A582", "#B2182B")
"""Colours of a map that adds and takes away, from minus the scale to the scale."""


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a true minus, rounded: +0.42, −0.60, ±0.00."""
    rounded = round(value, digits)
    sign = "±" if rounded == 0 else "+" if rounded > 0 else MINUS
    return f"{sign}{abs(rounded):.{digits}f}"


def weight(value: float) -> str:
    """Return an attention weight with three decimals; a smaller one is not written as zero."""
    return f"{value:.3f}" if value >= 0.0005 or value == 0 else "<0.001"


def change(value: float, digits: int = 2) -> str:
    """Return a signed change with its mark: ▲ +0.42, ▼ −0.60, ● ±0.00."""
    rounded = round(value, digits)
    return f"{'●' if rounded == 0 else '▲' if rounded > 0 else '▼'} {signed(value, digits)}"


def change_colour(value: float, theme: Theme, digits: int = 2) -> str:
    """Return the colour of a change: up, down, or muted for none."""
    rounded = round(value, digits)
    return theme.muted if rounded == 0 else theme.up if rounded > 0 else theme.down


def probabilities(clean: Prediction, covered: Prediction, theme: Theme) -> go.Figure:
    """Return the dumbbell of every expression's probability before and after."""
    order = np.argsort(np.maximum(clean.probabilities, covered.probabilities), kind="stable")
    names = [clean.classes[index] for index in order]
    before, after = clean.probabilities[order], covered.probabilities[order]
    differences = [float(b) - float(a) for a, b in zip(before, after, strict=True)]
    figure = _figure(272, theme, {"l": 86, "r": 156, "t": 4, "b": 24})
    for name, a, b, difference in zip(names, before, after, differences, strict=True):
        figure.add_scatter(
            x=[a, b], y=[name, name], mode="lines", hoverinfo="skip",
            line={"width": 3, "color": change_colour(difference, theme)},
        )  # fmt: skip
    _dots(figure, before, names, theme, hollow=True, face="clean face")
    _dots(figure, after, names, theme, hollow=False, face="covered face")
    for name, a, b, difference in zip(names, before, after, differences, strict=True):
        common = {"xref": "paper", "x": 1, "y": name, "showarrow": False, "xanchor": "right"}
        figure.add_annotation(text=f"{a:.2f} → <b>{b:.2f}</b>", xshift=94, **common)
        figure.add_annotation(
            text=change(difference), xshift=156,
            font={"color": change_colour(difference, theme)}, **common,
        )  # fmt: skip
    figure.update_xaxes(range=[-0.045, 1.045], tickvals=[0, 0.5, 1])
    figure.update_yaxes(
        showgrid=False, ticklabelstandoff=7, tickfont={"color": theme.text, "size": 13}
    )
    return figure


def margin(clean: float, covered: float, alpha: float, theme: Theme) -> go.Figure:
    """Return the number line of the RB margin; left of alpha the loss is above zero."""
    points = (clean, covered, alpha, 0.0)
    reach = max(0.1, max(points) - min(points))
    # On the left there is room for "loss > 0" at the width of a phone.
    low, high = min(points) - 0.25 * reach, max(points) + 0.15 * reach
    figure = _figure(84, theme, {"l": 8, "r": 8, "t": 4, "b": 24})
    figure.add_shape(
        type="rect", x0=low, x1=alpha, y0=-0.25, y1=0.25, fillcolor=theme.loss_zone,
        line_width=0, layer="below",
    )  # fmt: skip
    figure.add_shape(
        type="line", x0=alpha, x1=alpha, y0=-0.5, y1=0.5, line={"color": theme.warn, "width": 2}
    )
    difference = covered - clean
    figure.add_scatter(
        x=[clean, covered], y=[0, 0], mode="lines", hoverinfo="skip",
        line={"width": 3, "color": change_colour(difference, theme, 3)},
    )  # fmt: skip
    _dots(figure, [clean], [0], theme, hollow=True, face="clean face", digits=3, what="RB margin")
    _dots(
        figure, [covered], [0], theme, hollow=False, face="covered face", digits=3, what="RB margin"
    )
    apart = abs(difference) > 0.16 * (high - low)
    for value, bold, y in ((clean, False, 0.72), (covered, True, 0.72)):
        if bold or apart:
            text = signed(value, 3)
            figure.add_annotation(
                x=value, y=y, text=f"<b>{text}</b>" if bold else text, showarrow=False
            )
    notes = [
        (low, "left", "loss > 0", theme.warn),
        (alpha, "left", f" α = {alpha:.3g}", theme.warn),
    ]
    if high - alpha > 0.45 * (high - low):
        notes.append((high, "right", "no loss", theme.muted))
    for x, anchor, text, colour in notes:
        figure.add_annotation(
            x=x, y=-0.75, text=text, xanchor=anchor, showarrow=False,
            font={"color": colour, "size": 12},
        )  # fmt: skip
    figure.update_xaxes(range=[low, high], showgrid=False)
    figure.update_yaxes(visible=False, range=[-1, 1])
    return figure


def scores(rows: list[tuple[str, float, float, float, float | None]], theme: Theme) -> go.Figure:
    """Return accuracies with their intervals, and the paper's as open diamonds.

    Args:
        rows: name, accuracy, low, high and the published accuracy or None, all in percent.
        theme: the colours.
    """
    figure = _figure(220, theme, {"l": 120, "r": 12, "t": 4, "b": 40})
    names = [row[0] for row in rows][::-1]
    for name, value, low, high, published in rows[::-1]:
        figure.add_scatter(
            x=[low, high], y=[name, name], mode="lines", hoverinfo="skip",
            line={"width": 3, "color": theme.after},
        )  # fmt: skip
        figure.add_scatter(
            x=[value], y=[name], mode="markers", marker={"size": 12, "color": theme.after},
            hovertemplate=f"{name}: {value:.1f} %, 95 % interval {low:.1f} to {high:.1f} %"
            "<extra></extra>",
        )  # fmt: skip
        if published is not None:
            figure.add_scatter(
                x=[published], y=[name], mode="markers",
                marker={"size": 12, "symbol": "diamond-open", "color": theme.text},
                hovertemplate=f"{name}, the paper: {published:.2f} %<extra></extra>",
            )  # fmt: skip
    figure.update_yaxes(
        categoryorder="array", categoryarray=names, showgrid=False, ticklabelstandoff=5
    )
    marks = [value for row in rows for value in row[2:] if value is not None]
    figure.update_xaxes(range=[min(marks) - 1.5, max(marks) + 1.5])
    figure.update_xaxes(title={"text": "accuracy, %", "font": {"size": 12}})
    return figure


def outlined(
    pixels: NDArray[np.uint8],
    boxes: Sequence[Box],
    relative_weights: Sequence[float],
    theme: Theme,
    *,
    chosen: int,
    every: bool = True,
    side: int = 640,
) -> Image.Image:
    """Return the face, enlarged, with the chosen region outlined and named; nothing is tinted.

    Args:
        pixels: the face, u8[S, S, 3].
        boxes: the regions.
        relative_weights: w_i * R of each, 1.0 is uniform: above it red, below it blue.
        theme: whose colours are used.
        chosen: the index of the region with a thick line and a tag.
        every: whether the others have thin lines.
        side: pixels of the picture's side.
    """
    picture = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    if every:
        for index, box in enumerate(boxes):
            if index != chosen:
                _outline(draw, _inside(box, side), "#FFFFFF", 3)
                _outline(draw, _inside(box, side), _side_of_one(relative_weights[index], theme), 1)
    edges, colour = _inside(boxes[chosen], side), _side_of_one(relative_weights[chosen], theme)
    _outline(draw, edges, "#FFFFFF", 7)
    _outline(draw, edges, colour, 3)
    _tag(draw, edges[:2], f"{boxes[chosen].name} {relative_weights[chosen]:.2f}", colour, theme)
    return picture


def heat_overlay(
    face: NDArray[np.uint8], values: NDArray[np.float32], *, scale: float, signed: bool
) -> Image.Image:
    """Return the face in grey, as large as it came, with a map over it; zero is clear.

    Maps to be compared need the same scale. Beyond the scale a colour is that of its end.

    Args:
        face: u8[S, S, 3].
        values: f32[s, s], enlarged to the face.
        scale: the value of full colour; 0 if every map that shares it is zero.
        signed: whether a value below zero speaks against; otherwise it counts as zero.
    """
    if not (np.isfinite(scale) and (scale > 0 or (scale == 0 and not values.any()))):
        raise ValueError(
            f"scale must be above zero, or zero for maps without a value, got {scale}; take the "
            "largest absolute value of all maps shown together"
        )
    side = face.shape[0]
    enlarged = Image.fromarray(np.asarray(values, np.float32)).resize(
        (side, side), Image.Resampling.BILINEAR
    )
    shares = np.asarray(enlarged, np.float64) / (scale or 1.0)
    if signed:
        shares, stops = shares.clip(-1.0, 1.0), SIGNED
        opacity = (np.abs(shares) * 1.6).clip(0.0, 0.88)
    else:
        shares, stops = shares.clip(0.0, 1.0), UNSIGNED
        opacity = ((shares - 0.04) * 1.5).clip(0.0, 0.85)
    places = np.linspace(-1.0 if signed else 0.0, 1.0, len(stops))
    levels = np.array([ImageColor.getrgb(stop) for stop in stops])
    colours = np.stack([np.interp(shares, places, channel) for channel in levels.T], axis=-1)
    grey = np.asarray(Image.fromarray(face).convert("L"), np.float64)[..., None]
    mixed = grey + (colours - grey) * opacity[..., None]
    return Image.fromarray(mixed.round().astype(np.uint8))


def _tag(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, colour: str, theme: Theme
) -> None:
    """Write the text and a times sign, which Pillow's own font lacks, on a filled tag."""
    font = ImageFont.load_default(20)
    width, height = 32 + round(font.getlength(text)), 32
    # A small region at the edge has less room than its name.
    x, y = (
        max(0, min(place, room - 1 - needed))
        for place, room, needed in zip(corner, draw.im.size, (width, height), strict=True)
    )
    end = x + width - 18
    ink = "#FFFFFF" if theme is LIGHT else theme.paper
    draw.rectangle((x, y, x + width, y + height), fill=colour)
    draw.text((x + 10, y + 16), text, fill=ink, font=font, anchor="lm")
    draw.line((end, y + 12, end + 8, y + 20), fill=ink, width=2)
    draw.line((end, y + 20, end + 8, y + 12), fill=ink, width=2)


def _inside(box: Box, side: int) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (min(side - 5, max(4, round(edge * side))) for edge in box.edges)
    return x0, y0, x1, y1


def _outline(
    draw: ImageDraw.ImageDraw, edges: tuple[int, int, int, int], colour: str, width: int
) -> None:
    x0, y0, x1, y1 = edges
    half = width // 2
    draw.rectangle((x0 - half, y0 - half, x1 + half, y1 + half), outline=colour, width=width)


def _side_of_one(relative: float, theme: Theme) -> str:
    return change_colour(relative - 1.0, theme)


def _dots(
    figure: go.Figure,
    x: Any,
    y: Any,
    theme: Theme,
    *,
    hollow: bool,
    face: str,
    digits: int = 3,
    what: str = "probability",
) -> None:
    marker = (
        {"color": theme.paper, "line": {"color": theme.before, "width": 2}}
        if hollow
        else {"color": theme.after}
    )
    figure.add_scatter(
        x=x, y=y, mode="markers", marker={"size": 12, **marker}, customdata=y,
        cliponaxis=False,
        hovertemplate=(f"%{{customdata}}, {face}: " if what == "probability" else f"{face}: ")
        + f"{what} %{{x:.{digits}f}}<extra></extra>",
    )  # fmt: skip


def _figure(height: int, theme: Theme, margins: dict[str, int]) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        template=None, height=height, margin=margins, showlegend=False, dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 13, "color": theme.text},
        hoverlabel={"bgcolor": theme.panel, "font": {"color": theme.text}},
    )  # fmt: skip
    axis = {"fixedrange": True, "gridcolor": theme.grid, "zeroline": False}
    figure.update_xaxes(**axis, tickfont={"color": theme.muted, "size": 12})
    figure.update_yaxes(**axis, tickfont={"color": theme.muted, "size": 12})
    return figure
