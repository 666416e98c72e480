"""Values -> charts over yaw or time: attention and RB margin, probabilities; a pose and its mirror.

Lines are drawn as ran.figures.poses.lines says, along an axis of ran.figures.poses.axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from ran.figures.data_urls import photograph
from ran.figures.grammar import Theme, change, change_colour
from ran.figures.poses import marks
from ran.figures.poses.axis import TIME, YAW, Along, degrees, stands
from ran.figures.poses.lines import Line, class_lines, likeliest, lines
from ran.figures.traces import bar, blank, dots
from ran.study.poses.posed import Answered
from ran.words import _, called

_THUMBNAIL = 96
_EDGES = {"l": 54, "r": 4, "t": 4, "b": 40}
_FACES, _TURNS, _WEIGHTS, _MARGIN = (0.85, 1.0), (0.86, 0.96), (0.31, 0.8), (0.0, 0.262)
"""The shares of the chart's height in which its rows stand; above each is room for its title."""


def attention(
    found: Sequence[Answered],
    theme: Theme,
    *,
    chosen: int,
    alpha: float,
    other: Sequence[Answered] = (),
    along: Along = YAW,
) -> go.Figure:
    """Return three rows: the faces, or along the time the yaw; each region's weight; the RB margin.

    Every point carries the place of its pose in `found`. `other`, the answers of a second network
    to the same poses, has hollow points. Without margins the third row is left out.
    """
    has_margin = any(one.answer.rb_margin is not None for one in (*found, *other))
    span = along.span(found)
    if along is TIME:
        top, pictures, first = _yaw_row(found, theme)
    else:
        top, pictures, first = _face_row(found, chosen, span, along)
    traces = list(top)
    boxes = [
        box
        for one in (*found[:1], *other[:1])
        for box in one.answer.boxes
        if len(one.answer.boxes) > 1
    ]
    styles = lines(list(dict.fromkeys(box.name for box in boxes)), theme)
    for answers, is_other in ((other, True), (found, False)):
        for name, style in styles.items():
            traces += _line(
                answers, [_weight(one, name) for one in answers], style, theme, axis="y2",
                words=called(name), value=_("%{y:.2f}× uniform"), hollow=is_other, along=along,
            )  # fmt: skip
        if has_margin:
            traces += _line(
                answers, [one.answer.rb_margin for one in answers], (theme.after, "solid"), theme,
                axis="y3", words=_("RB margin"), value="%{y:+.3f}", hollow=is_other, along=along,
            )  # fmt: skip
    everything = [*found, *other]
    weights, margins = (_WEIGHTS, _MARGIN) if has_margin else ((0.0, _WEIGHTS[1]), None)
    rows = ["y2", "y3"] if has_margin else ["y2"]
    shapes = marks.grounds(found, span, theme, rows, along)
    shapes.append(
        {"type": "line", "xref": "x domain", "yref": "y2", "x0": 0, "x1": 1, "y0": 1, "y1": 1,
         "line": {"color": theme.text, "width": 1}, "layer": "below"}
    )  # fmt: skip
    notes = [marks.row_title(_("weight w, against uniform"), weights[1], theme)]
    more: dict[str, Any] = {"yaxis2": {"domain": weights, **_weight_ticks(everything)}}
    if margins:
        zone, note, reach = marks.loss_zone(everything, alpha, theme)
        shapes.append(zone)
        notes += [note, marks.row_title(_("RB margin"), margins[1], theme)]
        more |= {"yaxis3": {"domain": margins, "range": reach, "nticks": 4}}
    if along is TIME:
        notes.append(marks.row_title("yaw", first["domain"][1], theme))
    else:
        shapes.append(marks.accent_bar(along.place(found[chosen].posed), span, theme))
    here = along.place(found[chosen].posed)
    shapes.append(marks.accent(here, first["domain"][1 if along is TIME else 0], theme))
    cuts, words = marks.cuts(found, along, theme, top=weights[1])
    return blank(
        520, theme, _EDGES, traces=traces, shapes=[*shapes, *cuts], images=pictures,
        annotations=[*notes, *words],
        xaxis={**along.axis(found, theme.muted), "anchor": rows[-1]}, yaxis=first, **more,
    )  # fmt: skip


def probability(
    found: Sequence[Answered],
    theme: Theme,
    *,
    chosen: int,
    other: Sequence[Answered] = (),
    along: Along = YAW,
) -> go.Figure:
    """Return the probability of each class, the likeliest ones in colour."""
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
                answers, values, style, theme, axis="y", words=called(name),
                value=_("probability %{y:.3f}"), hollow=is_other, along=along,
            )  # fmt: skip
    cuts, words = marks.cuts(found, along, theme, top=0.93)
    return blank(
        300, theme, _EDGES, traces=traces,
        annotations=[marks.row_title(_("probability"), 0.93, theme), *words],
        shapes=[
            *marks.grounds(found, along.span(found), theme, ["y"], along),
            marks.accent(along.place(found[chosen].posed), 0.93, theme), *cuts,
        ],
        xaxis=along.axis(found, theme.muted),
        yaxis={"domain": (0.0, 0.93), "range": [-0.03, 1.03], "tickvals": [0, 0.5, 1]},
    )  # fmt: skip


def mirror_check(rows: Sequence[tuple[str, str, float, float, float]], theme: Theme) -> go.Figure:
    """Return each region at +yaw (filled) beside its mirrored region at -yaw (hollow).

    `rows` as ran.study.poses.posed.mirrored_pairs gives them, of one yaw.
    """
    names = [
        called(name) if name == other else f"{called(name)} | {called(other)}"
        for name, other, *_rest in rows
    ]
    traces = [
        bar([there, here], [name, name], change_colour(here - there, theme))
        for name, (_, _, _, here, there) in zip(names, rows, strict=True)
    ]
    for place, hollow, face in (
        (4, True, _("turned the other way")),
        (3, False, _("turned right")),
    ):
        values = [float(row[place]) for row in rows]
        traces.append(
            dots(
                values, names, theme, hollow=hollow, face=face, digits=2, what=_("weight, uniform")
            )
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
               "title": {"text": _("weight, uniform = 1"), "font": {"size": 12}}},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": theme.text}},
    )  # fmt: skip


def _weight(one: Answered, name: str) -> float | None:
    names = [box.name for box in one.answer.boxes]
    if len(names) < 2:  # a plain network weighs nothing
        return None
    return float(one.answer.relative_weights[names.index(name)]) if name in names else None


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
    along: Along,
) -> list[dict[str, Any]]:
    """Return one line with a point a pose, or nothing where there is no value.

    It is broken between two neighbours that the axis does not join: a point of nothing.
    """
    if all(one is None for one in values):
        return []
    colour, dash = style
    poses = [one.posed for one in found]
    joined = [along.joins(*pair) for pair in pairwise(poses)]
    x: list[float | None] = []
    y: list[float | None] = []
    told: list[tuple[int | None, str]] = []
    for place, (posed, number) in enumerate(zip(poses, values, strict=True)):
        if place and any(joined) and not joined[place - 1]:
            x, y, told = [*x, None], [*y, None], [*told, (None, "")]
        x.append(along.place(posed))
        y.append(number)
        told.append((place, stands(posed)))
    return [{
        "type": "scatter", "x": x, "y": y, "yaxis": axis,
        "mode": "lines+markers" if any(joined) else "markers",
        "line": {"color": colour, "dash": dash, "width": 1.5 if hollow else 2.5},
        "marker": {"size": 8, "color": theme.paper if hollow else colour,
                   "line": {"color": colour, "width": 2 if hollow else 0}},
        "opacity": 0.75 if hollow else 1.0, "customdata": told,
        "hovertemplate": f"{words}, %{{customdata[1]}}: {value}"
        + (_(", the other network") if hollow else "") + "<extra></extra>",
    }]  # fmt: skip


_Row = tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]
"""The traces and the pictures of the first row, and its axis."""


def _yaw_row(found: Sequence[Answered], theme: Theme) -> _Row:
    """Return how the head is turned, over the time."""
    yaws = [one.posed.yaw for one in found]
    reach = 1.15 * max(15.0, *map(abs, yaws))
    ticks = [-30, 0, 30] if reach > 30 else [-15, 0, 15]
    traces = _line(
        found, yaws, (theme.muted, "solid"), theme, axis="y", words=_("Head"), value="%{y:+.0f}°",
        hollow=False, along=TIME,
    )  # fmt: skip
    return traces, [], {
        "domain": _TURNS, "range": [-reach, reach], "tickvals": ticks,
        "ticktext": [degrees(tick) for tick in ticks],
    }  # fmt: skip


def _face_row(
    found: Sequence[Answered], chosen: int, span: tuple[float, float], along: Along
) -> _Row:
    """Stand as many faces as find room above their place; the chosen one is always among them.

    The traces are points that a click on a face meets.
    """
    width = marks.face_width(span)
    spots = [along.place(one.posed) for one in found]
    shown = [chosen]
    for place in sorted(range(len(found)), key=lambda place: abs(place - chosen)):
        if all(abs(spots[place] - spots[k]) >= width * 0.98 for k in shown):
            shown.append(place)
    places = sorted(shown)
    pictures = [
        {"source": _as_link(found[place].scene.hidden_pixels()), "xref": "x", "yref": "y",
         "x": spots[place], "y": 0.0, "sizex": width * 0.94, "sizey": 1.0,
         "xanchor": "center", "yanchor": "bottom", "sizing": "contain"}
        for place in places
    ]  # fmt: skip
    points = {
        "type": "scatter", "x": [spots[place] for place in places],
        "y": [0.5] * len(places), "mode": "markers",
        "marker": {"size": 44, "symbol": "square", "color": "rgba(0,0,0,0.01)"},
        "customdata": [[place, found[place].posed.name] for place in places],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
    }  # fmt: skip
    return [points], pictures, {"domain": _FACES, "visible": False, "range": [-0.1, 1.02]}


def _as_link(pixels: NDArray[np.uint8]) -> str:
    small = Image.fromarray(pixels).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BICUBIC)
    return photograph(np.asarray(small))


def _weight_ticks(found: Sequence[Answered]) -> dict[str, Any]:
    """Mark uniform by its name, and a few multiples of it."""
    weighed = [one.answer.relative_weights for one in found if len(one.answer.boxes) > 1]
    largest = max((float(weights.max()) for weights in weighed), default=1.0)
    step = 0.5 if largest < 2.2 else 1.0 if largest < 4.5 else 2.0
    ticks = sorted({1.0, *np.arange(0.0, largest + step / 2, step).tolist()})
    return {
        "tickvals": ticks,
        "ticktext": [_("uniform") if tick == 1 else f"{tick:g}×" for tick in ticks],
        "range": [-0.04 * largest, 1.06 * max(largest, 1.1)],
    }  # fmt: skip
