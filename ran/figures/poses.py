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
from PIL import Image

from ran.face.head import SURE_TURN
from ran.figures.grammar import LIGHT, MINUS, Theme, bar, blank, change, change_colour, dots
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
    to the same poses, has hollow points.
    """
    figure = blank(520, theme, _MARGINS)
    has_margin = any(one.answer.rb_margin is not None for one in found)
    heights = [0.16, 0.56, 0.28] if has_margin else [0.16, 0.84]
    figure.set_subplots(
        rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.03
    )
    low, high = _x_range(found)
    _faces(figure, found, chosen, theme, (low, high))
    styles = lines([box.name for box in found[0].answer.boxes], theme)
    for answers, is_other in ((other, True), (found, False)):
        for name, style in styles.items():
            _line(
                figure, answers, [_weight(one, name) for one in answers], style, theme, row=2,
                words=name, value="%{y:.2f}× uniform", hollow=is_other,
            )  # fmt: skip
        margins = [one.answer.rb_margin for one in answers]
        if has_margin and answers and None not in margins:
            _line(
                figure, answers, margins, (theme.after, "solid"), theme, row=3,
                words="RB margin", value="%{y:+.3f}", hollow=is_other,
            )  # fmt: skip
    _style(figure, theme, (low, high), found, chosen, len(heights))
    figure.add_hline(y=1.0, row=2, col=1, line={"color": theme.text, "width": 1}, layer="below")
    _weight_ticks(figure, [*found, *other])
    if has_margin:
        _alpha(figure, [*found, *other], alpha, theme)
    return figure


def probability_over_yaw(
    found: Sequence[Answered], theme: Theme, *, chosen: int, other: Sequence[Answered] = ()
) -> go.Figure:
    """Return the probability of each class over yaw, the likeliest three in colour."""
    figure = blank(300, theme, _MARGINS)
    names = likeliest(found)
    for answers, is_other in ((other, True), (found, False)):
        for name, style in reversed(class_lines(names, theme).items()):
            values = [
                float(one.answer.probabilities[one.answer.classes.index(name)])
                if name in one.answer.classes
                else None
                for one in answers
            ]
            _line(
                figure, answers, values, style, theme, row=1, words=name,
                value="probability %{y:.3f}", hollow=is_other,
            )  # fmt: skip
    _style(figure, theme, _x_range(found), found, chosen, 1)
    figure.update_yaxes(range=[-0.03, 1.03], tickvals=[0, 0.5, 1])
    return figure


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
    figure = blank(
        40 + 36 * len(rows), theme, {"l": 180, "r": 84, "t": 4, "b": 40}, traces=traces,
        annotations=notes,
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": theme.text})
    figure.update_xaxes(
        rangemode="tozero",
        ticksuffix="×",
        title={"text": "weight, uniform = 1", "font": {"size": 12}},
    )
    return figure


def degrees(value: float) -> str:
    """Return an angle as it is written: +30°, −45°, 0°."""
    whole = round(value)
    return f"{'+' if whole > 0 else MINUS if whole < 0 else ''}{abs(whole)}°"


def _weight(one: Answered, name: str) -> float | None:
    names = [box.name for box in one.answer.boxes]
    return float(one.answer.relative_weights[names.index(name)]) if name in names else None


def _x_range(found: Sequence[Answered]) -> tuple[float, float]:
    yaws = [one.posed.yaw for one in found]
    room = max(6.0, 0.07 * (max(yaws) - min(yaws)))
    return min(yaws) - room, max(yaws) + room


def _line(
    figure: go.Figure,
    found: Sequence[Answered],
    values: Sequence[float | None],
    style: Line,
    theme: Theme,
    *,
    row: int,
    words: str,
    value: str,
    hollow: bool,
) -> None:
    if not found or all(one is None for one in values):
        return
    colour, dash = style
    where = {"row": row, "col": 1} if row > 1 else {}
    figure.add_scatter(
        x=[one.posed.yaw for one in found], y=list(values), mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 1.5 if hollow else 2.5},
        marker={"size": 8, "color": theme.paper if hollow else colour,
                "line": {"color": colour, "width": 2 if hollow else 0}},
        opacity=0.75 if hollow else 1.0,
        customdata=[[place, degrees(one.posed.yaw)] for place, one in enumerate(found)],
        hovertemplate=f"{words}, yaw %{{customdata[1]}}: {value}"
        + (", the other network" if hollow else "") + "<extra></extra>",
        **where,
    )  # fmt: skip


def _faces(
    figure: go.Figure,
    found: Sequence[Answered],
    chosen: int,
    theme: Theme,
    x_range: tuple[float, float],
) -> None:
    """Stand as many faces as find room above their yaw; the chosen one is always among them."""
    width = (x_range[1] - x_range[0]) / 10.5
    shown = [chosen]
    for place in sorted(range(len(found)), key=lambda place: abs(place - chosen)):
        if all(abs(found[place].posed.yaw - found[k].posed.yaw) >= width * 0.98 for k in shown):
            shown.append(place)
    for place in shown:
        figure.add_layout_image(
            source=_as_link(found[place].scene.hidden_pixels()), xref="x", yref="y",
            x=found[place].posed.yaw, y=0.5, sizex=width * 0.94, sizey=1.0, xanchor="center",
            yanchor="middle", sizing="contain",
        )  # fmt: skip
    places = sorted(shown)
    figure.add_scatter(
        x=[found[place].posed.yaw for place in places], y=[0.5] * len(places), mode="markers",
        marker={"size": 44, "symbol": "square", "color": "rgba(0,0,0,0.01)"},
        customdata=[[place, found[place].posed.name] for place in places],
        hovertemplate="%{customdata[1]}<extra></extra>", row=1, col=1,
    )  # fmt: skip
    yaw = found[chosen].posed.yaw
    figure.add_shape(
        type="line", xref="x", yref="y", x0=yaw - width / 2, x1=yaw + width / 2, y0=-0.08,
        y1=-0.08, line={"color": theme.after, "width": 5},
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.1, 1.02], row=1, col=1)


def _as_link(pixels: Any) -> str:
    file = io.BytesIO()
    small = Image.fromarray(pixels).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BICUBIC)
    small.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _style(
    figure: go.Figure,
    theme: Theme,
    x_range: tuple[float, float],
    found: Sequence[Answered],
    chosen: int,
    rows: int,
) -> None:
    axis = {"fixedrange": True, "gridcolor": theme.grid, "zeroline": False}
    figure.update_xaxes(**axis, tickfont={"color": theme.muted, "size": 12}, range=list(x_range))
    figure.update_yaxes(**axis, tickfont={"color": theme.muted, "size": 12})
    step = 30 if x_range[1] - x_range[0] > 45 else 10
    ticks = range(-90, 91, step)
    figure.update_xaxes(
        tickvals=list(ticks), ticktext=[degrees(tick) for tick in ticks], showgrid=False
    )
    kind = "as turned" if found[0].posed.is_synthetic else "as estimated"
    figure.update_xaxes(
        title={"text": f"yaw, {kind}", "font": {"size": 12, "color": theme.muted}},
        **({"row": rows, "col": 1} if rows > 1 else {}),
    )
    yaw = found[chosen].posed.yaw
    for k in range(1, rows + 1) if rows == 1 else range(2, rows + 1):
        suffix = "" if k == 1 else str(k)
        common = {"xref": f"x{suffix}", "yref": f"y{suffix} domain", "y0": 0, "y1": 1}
        for x0, x1 in ((x_range[0], -SURE_TURN), (SURE_TURN, x_range[1])):
            if x0 < x1:
                figure.add_shape(
                    type="rect", x0=x0, x1=x1, fillcolor=theme.panel, line_width=0, layer="below",
                    **common,
                )  # fmt: skip
        figure.add_shape(
            type="line", x0=yaw, x1=yaw, line={"color": theme.after, "width": 2}, **common
        )


def _weight_ticks(figure: go.Figure, found: Sequence[Answered]) -> None:
    """Mark uniform by its name, and a few multiples of it."""
    largest = max(float(one.answer.relative_weights.max()) for one in found)
    step = 0.5 if largest < 2.2 else 1.0 if largest < 4.5 else 2.0
    ticks = sorted({1.0, *np.arange(0.0, largest + step / 2, step).tolist()})
    figure.update_yaxes(
        tickvals=ticks, ticktext=["uniform" if tick == 1 else f"{tick:g}×" for tick in ticks],
        range=[-0.04 * largest, 1.06 * max(largest, 1.1)], row=2, col=1,
    )  # fmt: skip


def _alpha(figure: go.Figure, found: Sequence[Answered], alpha: float, theme: Theme) -> None:
    margins = [one.answer.rb_margin for one in found if one.answer.rb_margin is not None]
    low, high = min(0.0, *margins), max(alpha, *margins)
    room = 0.15 * max(0.05, high - low)
    figure.add_shape(
        type="rect", xref="x3 domain", yref="y3", x0=0, x1=1, y0=low - room, y1=alpha,
        fillcolor=theme.loss_zone, line_width=0, layer="below",
    )  # fmt: skip
    figure.add_annotation(
        xref="x3 domain", yref="y3", x=1, y=low - room, text="below α: loss > 0", showarrow=False,
        xanchor="right", yanchor="bottom", font={"color": theme.warn, "size": 12},
    )  # fmt: skip
    figure.update_yaxes(range=[low - room, high + room], nticks=4, row=3, col=1)
