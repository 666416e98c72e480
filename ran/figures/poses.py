"""Values -> charts over yaw: attention and RB margin, probabilities, a pose and its mirror image.

Colour is identity here alone; the centred regions are grey and told apart by dash.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from ran.face.head import SURE_TURN
from ran.figures.grammar import LIGHT, Theme, bar, blank, change, change_colour, dots
from ran.figures.numbers import MINUS
from ran.study.poses import Answered

_COLOURS = (
    ("#D97706", "#1D7FC4", "#6D4AA8"),
    ("#F2B65A", "#74AEE8", "#BBA0E8"),
)
"""Upper left, upper right and lower middle, light and dark; so are the three likeliest classes."""
_GREYS = ("#5F6B6D", "#A9B5B3")
_DASHES = ("dot", "dash", "longdashdot")
_THUMBNAIL = 96
_MARGINS = {"l": 54, "r": 4, "t": 4, "b": 40}
_FACES = (0.85, 1.0)
"""The share of the chart's height in which the faces stand."""
Line = tuple[str, str]
"""A colour and a dash."""


def lines(names: Sequence[str], theme: Theme) -> dict[str, Line]:
    """Return how each region's line is drawn, by its name: the same wherever it is shown."""
    which = 0 if theme is LIGHT else 1
    plain = [name for name in names if not (name.startswith("Centre") or name.startswith("Whole"))]
    grey = [name for name in names if name not in plain]
    found = {name: (_GREYS[which], _DASHES[k % 3]) for k, name in enumerate(grey)}
    for k, name in enumerate(plain):
        dash = ("solid", "dot", "dash")[k // 3 % 3]
        found[name] = (_COLOURS[which][k % 3], dash)
    return {name: found[name] for name in names}


def likeliest(found: Sequence[Answered], count: int = 3) -> list[str]:
    """Return all classes, those first that are likeliest somewhere; the first `count` stand out."""
    highest = np.max([one.answer.probabilities for one in found], axis=0)
    return [found[0].answer.classes[k] for k in np.argsort(-highest, kind="stable")]


def class_lines(names: Sequence[str], theme: Theme) -> dict[str, Line]:
    """Return how each class's line is drawn: the first three in colour, the rest grey."""
    which = 0 if theme is LIGHT else 1
    colours = _COLOURS[which]
    return {
        name: (colours[k], "solid") if k < 3 else (_GREYS[which], _DASHES[k % 3])
        for k, name in enumerate(names)
    }


def attention_over_yaw(
    found: Sequence[Answered],
    theme: Theme,
    *,
    chosen: int,
    alpha: float,
    other: Sequence[Answered] = (),
) -> go.Figure:
    """Return three rows over yaw: the faces, each region's weight, the RB margin.

    Every point carries the place of its pose in `found`. `other`, the answers of a second network
    to the same poses, has hollow points. Without margins the third row is left out.
    """
    has_margin = any(one.answer.rb_margin is not None for one in (*found, *other))
    x_range = _x_range(found)
    places, pictures = _faces(found, chosen, x_range)
    boxes = [
        box
        for one in (*found[:1], *other[:1])
        for box in one.answer.boxes
        if len(one.answer.boxes) > 1
    ]
    styles = lines(list(dict.fromkeys(box.name for box in boxes)), theme)
    traces = [places]
    for answers, is_other in ((other, True), (found, False)):
        for name, style in styles.items():
            traces += _line(
                answers, [_weight(one, name) for one in answers], style, theme, axis="y2",
                words=name, value="%{y:.2f}× uniform", hollow=is_other,
            )  # fmt: skip
        if has_margin:
            traces += _line(
                answers, [one.answer.rb_margin for one in answers], (theme.after, "solid"), theme,
                axis="y3", words="RB margin", value="%{y:+.3f}", hollow=is_other,
            )  # fmt: skip
    everything = [*found, *other]
    weights, margins = ((0.293, 0.82), (0.0, 0.263)) if has_margin else ((0.0, 0.82), None)
    shapes = _grounds(x_range, theme, ["y2", "y3"] if has_margin else ["y2"])
    shapes.append(
        {"type": "line", "xref": "x domain", "yref": "y2", "x0": 0, "x1": 1, "y0": 1, "y1": 1,
         "line": {"color": theme.text, "width": 1}, "layer": "below"}
    )  # fmt: skip
    more: dict[str, Any] = {"yaxis2": {"domain": weights, **_weight_ticks(everything)}}
    if margins:
        zone, note, span = _alpha(everything, alpha, theme)
        shapes.append(zone)
        more |= {"yaxis3": {"domain": margins, "range": span, "nticks": 4}, "annotations": [note]}
    yaw, half = found[chosen].posed.yaw, _width(x_range) / 2
    accent = {"type": "line", "xref": "x"}
    shapes += [
        {**accent, "yref": "y", "x0": yaw - half, "x1": yaw + half, "y0": -0.08, "y1": -0.08,
         "line": {"color": theme.after, "width": 5}},
        {**accent, "yref": "paper", "x0": yaw, "x1": yaw, "y0": 0, "y1": _FACES[0],
         "line": {"color": theme.after, "width": 2}},
    ]  # fmt: skip
    return blank(
        520, theme, _MARGINS, traces=traces, shapes=shapes, images=pictures,
        xaxis={**_yaw_axis(found, x_range, theme), "anchor": "y3" if has_margin else "y2"},
        yaxis={"domain": _FACES, "visible": False, "range": [-0.1, 1.02]}, **more,
    )  # fmt: skip


def probability_over_yaw(
    found: Sequence[Answered], theme: Theme, *, chosen: int, other: Sequence[Answered] = ()
) -> go.Figure:
    """Return the probability of each class over yaw, the likeliest three in colour."""
    x_range, yaw = _x_range(found), found[chosen].posed.yaw
    traces = []
    for answers, is_other in ((other, True), (found, False)):
        for name, style in reversed(class_lines(likeliest(found), theme).items()):
            values = [
                float(one.answer.probabilities[one.answer.classes.index(name)])
                if name in one.answer.classes
                else None
                for one in answers
            ]
            traces += _line(
                answers, values, style, theme, axis="y", words=name,
                value="probability %{y:.3f}", hollow=is_other,
            )  # fmt: skip
    accent = {
        "type": "line", "xref": "x", "yref": "paper", "x0": yaw, "x1": yaw, "y0": 0, "y1": 1,
        "line": {"color": theme.after, "width": 2},
    }  # fmt: skip
    return blank(
        300, theme, _MARGINS, traces=traces, shapes=[*_grounds(x_range, theme, ["y"]), accent],
        xaxis=_yaw_axis(found, x_range, theme),
        yaxis={"range": [-0.03, 1.03], "tickvals": [0, 0.5, 1]},
    )  # fmt: skip


def mirror_check(rows: Sequence[tuple[str, str, float, float, float]], theme: Theme) -> go.Figure:
    """Return each region at +yaw (filled) beside its mirrored region at -yaw (hollow).

    `rows` as ran.study.poses.mirrored_pairs gives them, of one yaw.
    """
    names = [name if name == other else f"{name} | {other}" for name, other, *_ in rows]
    traces = [
        bar([there, here], [name, name], change_colour(here - there, theme))
        for name, (_, _, _, here, there) in zip(names, rows, strict=True)
    ]
    for place, hollow, face in ((4, True, "turned the other way"), (3, False, "turned right")):
        values = [float(row[place]) for row in rows]
        traces.append(
            dots(values, names, theme, hollow=hollow, face=face, digits=2, what="weight, uniform")
        )
    notes = [
        {"xref": "paper", "x": 1, "y": name, "text": change(here - there), "xshift": 80,
         "xanchor": "right", "showarrow": False,
         "font": {"color": change_colour(here - there, theme)}}
        for name, (_, _, _, here, there) in zip(names, rows, strict=True)
    ]  # fmt: skip
    return blank(
        40 + 36 * len(rows), theme, {"l": 180, "r": 84, "t": 4, "b": 40}, traces=traces,
        annotations=notes,
        xaxis={"rangemode": "tozero", "ticksuffix": "×",
               "title": {"text": "weight, uniform = 1", "font": {"size": 12}}},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": theme.text}},
    )  # fmt: skip


def degrees(value: float) -> str:
    """Return an angle as it is written: +30°, −45°, 0°."""
    whole = round(value)
    return f"{'+' if whole > 0 else MINUS if whole < 0 else ''}{abs(whole)}°"


def _weight(one: Answered, name: str) -> float | None:
    names = [box.name for box in one.answer.boxes]
    if len(names) < 2:  # a plain network weighs nothing
        return None
    return float(one.answer.relative_weights[names.index(name)]) if name in names else None


def _x_range(found: Sequence[Answered]) -> tuple[float, float]:
    yaws = [one.posed.yaw for one in found]
    room = max(6.0, 0.07 * (max(yaws) - min(yaws)))
    return min(yaws) - room, max(yaws) + room


def _width(x_range: tuple[float, float]) -> float:
    """Return how wide a face above the chart is, in degrees of its axis."""
    return (x_range[1] - x_range[0]) / 10.5


def _line(
    found: Sequence[Answered],
    values: Sequence[float | None],
    style: Line,
    theme: Theme,
    *,
    axis: str,
    words: str,
    value: str,
    hollow: bool,
) -> list[dict[str, Any]]:
    """Return one line with a point a pose, or nothing where there is no value.

    Faces of a list are of different people: no line joins them.
    """
    if all(one is None for one in values):
        return []
    colour, dash = style
    is_one_person = any(one.posed.is_synthetic or one.posed.photo for one in found)
    return [{
        "type": "scatter", "x": [one.posed.yaw for one in found], "y": list(values), "yaxis": axis,
        "mode": "lines+markers" if is_one_person else "markers",
        "line": {"color": colour, "dash": dash, "width": 1.5 if hollow else 2.5},
        "marker": {"size": 8, "color": theme.paper if hollow else colour,
                   "line": {"color": colour, "width": 2 if hollow else 0}},
        "opacity": 0.75 if hollow else 1.0,
        "customdata": [[place, degrees(one.posed.yaw)] for place, one in enumerate(found)],
        "hovertemplate": f"{words}, yaw %{{customdata[1]}}: {value}"
        + (", the other network" if hollow else "") + "<extra></extra>",
    }]  # fmt: skip


def _faces(
    found: Sequence[Answered], chosen: int, x_range: tuple[float, float]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Stand as many faces as find room above their yaw; the chosen one is always among them.

    Returns:
        points that a click on a face meets, and the pictures.
    """
    width = _width(x_range)
    shown = [chosen]
    for place in sorted(range(len(found)), key=lambda place: abs(place - chosen)):
        if all(abs(found[place].posed.yaw - found[k].posed.yaw) >= width * 0.98 for k in shown):
            shown.append(place)
    places = sorted(shown)
    pictures = [
        {"source": _as_link(found[place].scene.hidden_pixels()), "xref": "x", "yref": "y",
         "x": found[place].posed.yaw, "y": 0.0, "sizex": width * 0.94, "sizey": 1.0,
         "xanchor": "center", "yanchor": "bottom", "sizing": "contain"}
        for place in places
    ]  # fmt: skip
    points = {
        "type": "scatter", "x": [found[place].posed.yaw for place in places],
        "y": [0.5] * len(places), "mode": "markers",
        "marker": {"size": 44, "symbol": "square", "color": "rgba(0,0,0,0.01)"},
        "customdata": [[place, found[place].posed.name] for place in places],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
    }  # fmt: skip
    return points, pictures


def _as_link(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    small = Image.fromarray(pixels).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BICUBIC)
    small.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _yaw_axis(
    found: Sequence[Answered], x_range: tuple[float, float], theme: Theme
) -> dict[str, Any]:
    ticks = range(-90, 91, 30 if x_range[1] - x_range[0] > 45 else 10)
    kind = "as turned" if found[0].posed.is_synthetic else "as estimated"
    return {
        "range": list(x_range), "showgrid": False, "tickvals": list(ticks),
        "ticktext": [degrees(tick) for tick in ticks],
        "title": {"text": f"yaw, {kind}", "font": {"size": 12, "color": theme.muted}},
    }  # fmt: skip


def _grounds(
    x_range: tuple[float, float], theme: Theme, rows: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the grey grounds beyond SURE_TURN, behind these rows."""
    return [
        {"type": "rect", "xref": "x", "yref": f"{row} domain", "x0": x0, "x1": x1, "y0": 0, "y1": 1,
         "fillcolor": theme.panel, "line": {"width": 0}, "layer": "below"}
        for row in rows
        for x0, x1 in ((x_range[0], -SURE_TURN), (SURE_TURN, x_range[1]))
        if x0 < x1
    ]  # fmt: skip


def _weight_ticks(found: Sequence[Answered]) -> dict[str, Any]:
    """Mark uniform by its name, and a few multiples of it."""
    weighed = [one.answer.relative_weights for one in found if len(one.answer.boxes) > 1]
    largest = max((float(weights.max()) for weights in weighed), default=1.0)
    step = 0.5 if largest < 2.2 else 1.0 if largest < 4.5 else 2.0
    ticks = sorted({1.0, *np.arange(0.0, largest + step / 2, step).tolist()})
    return {
        "tickvals": ticks, "ticktext": ["uniform" if tick == 1 else f"{tick:g}×" for tick in ticks],
        "range": [-0.04 * largest, 1.06 * max(largest, 1.1)],
    }  # fmt: skip


def _alpha(
    found: Sequence[Answered], alpha: float, theme: Theme
) -> tuple[dict[str, Any], dict[str, Any], list[float]]:
    """Return the zone below alpha, its words, and the range of the margins' axis."""
    margins = [one.answer.rb_margin for one in found if one.answer.rb_margin is not None]
    low, high = min(0.0, *margins), max(alpha, *margins)
    room = 0.15 * max(0.05, high - low)
    zone = {
        "type": "rect", "xref": "x domain", "yref": "y3", "x0": 0, "x1": 1, "y0": low - room,
        "y1": alpha, "fillcolor": theme.loss_zone, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    note = {
        "xref": "x domain", "yref": "y3", "x": 1, "y": low - room, "text": "below α: loss > 0",
        "showarrow": False, "xanchor": "right", "yanchor": "bottom",
        "font": {"color": theme.warn, "size": 12},
    }  # fmt: skip
    return zone, note, [low - room, high + room]
