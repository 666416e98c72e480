"""Values -> dot tracks as HTML: what is drawn anew after every stroke.

Two charts of Plotly's took a browser 110 ms of its main thread after each stroke, of 305 for the
whole page (benchmarks/stroke.py); these take too little to tell. Marks are boxes of CSS, because a
page's own HTML may hold no SVG; what a mark stands for is its `title`.
"""

from __future__ import annotations

import html
import math

import numpy as np

from ran.figures.grammar import Theme, change, change_colour, signed
from ran.prediction import Prediction

_DOT = 12
"""Pixels of a dot; a track keeps half of it free on either side."""


def probabilities(clean: Prediction, covered: Prediction, theme: Theme) -> str:
    """Return a row for every expression, the likeliest of either face first: before and after."""
    order = np.argsort(-np.maximum(clean.probabilities, covered.probabilities), kind="stable")
    rows = []
    for name, a, b in (
        (clean.classes[i], float(clean.probabilities[i]), float(covered.probabilities[i]))
        for i in order
    ):
        marks = (
            _bar(a, b, change_colour(b - a, theme))
            + _dot(a, f"{name}, clean face: probability {a:.3f}", theme, hollow=True)
            + _dot(b, f"{name}, covered face: probability {b:.3f}", theme, hollow=False)
        )
        rows.append(
            f"<tr><th scope='row' style='font-weight:400;text-align:right;padding:0 .45rem 0 0'>"
            f"{html.escape(name)}</th><td style='padding:0'>{_track(marks, theme)}</td>"
            f"<td style='padding:0 0 0 .3rem;text-align:right;white-space:nowrap'>{a:.2f} → "
            f"<b>{b:.2f}</b></td><td style='padding:0 0 0 .3rem;text-align:right;"
            f"white-space:nowrap;color:{change_colour(b - a, theme)}'>{change(b - a)}</td></tr>"
        )
    ticks = "".join(_word(share, f"{share:g}", theme.muted) for share in (0.0, 0.5, 1.0))
    return (
        "<table aria-label='Probability of each expression' style='width:100%;table-layout:fixed;"
        f"border-collapse:collapse;color:{theme.text};font-size:.87rem;line-height:28px;"
        "font-variant-numeric:tabular-nums'><colgroup><col style='width:86px'/><col/>"
        f"<col style='width:92px'/><col style='width:66px'/></colgroup><tbody>{''.join(rows)}"
        "<tr aria-hidden='true'><td></td><td style='padding:0'>"
        f"<div style='position:relative;height:20px;margin:0 {_DOT // 2}px;line-height:18px'>"
        f"{ticks}</div></td><td></td><td></td></tr></tbody></table>"
    )


def margin(clean: float, covered: float, alpha: float, theme: Theme) -> str:
    """Return the number line of the RB margin; left of alpha the loss is above zero."""
    points = (clean, covered, alpha, 0.0)
    reach = max(0.1, max(points) - min(points))
    # On the left there is room for "loss > 0" at the width of a phone.
    low, high = min(points) - 0.25 * reach, max(points) + 0.15 * reach

    def at(value: float) -> float:
        return (value - low) / (high - low)

    difference = covered - clean
    values = [_word(at(covered), f"<b>{signed(covered, 3)}</b>", theme.text)]
    if abs(difference) > 0.16 * (high - low):
        values.append(_word(at(clean), signed(clean, 3), theme.text))
    words = [
        _word(0.0, "loss &gt; 0", theme.warn, anchor="left"),
        _word(at(alpha), f"α = {alpha:.3g}", theme.warn, anchor="left", inset=4),
    ]
    if high - alpha > 0.45 * (high - low):
        words.append(_word(1.0, "no loss", theme.muted, anchor="right"))
    ticks = [_word(at(tick), _tick_text(tick), theme.muted) for tick in _ticks(low, high)]
    marks = (
        f"<div style='position:absolute;left:0;width:{100 * at(alpha):.3f}%;top:4px;height:20px;"
        f"background:{theme.loss_zone}'></div>"
        f"<div style='position:absolute;left:calc({100 * at(alpha):.3f}% - 1px);width:2px;top:-4px;"
        f"height:36px;background:{theme.warn}'></div>"
        + _bar(at(clean), at(covered), change_colour(difference, theme, 3))
        + _dot(at(clean), f"clean face: RB margin {clean:.3f}", theme, hollow=True)
        + _dot(at(covered), f"covered face: RB margin {covered:.3f}", theme, hollow=False)
    )
    return (
        f"<div role='img' aria-label='RB margin: {signed(clean, 3)} on the clean face, "
        f"{signed(covered, 3)} on the covered face; loss left of α = {alpha:.3g}' "
        f"style='color:{theme.text};font-size:.87rem;line-height:18px;"
        "font-variant-numeric:tabular-nums'>"
        + "".join(
            f"<div style='position:relative;height:{height}px'>{inside}</div>"
            for height, inside in (
                (20, "".join(values)), (28, marks), (20, "".join(words)), (18, "".join(ticks)),
            )
        )
        + "</div>"
    )  # fmt: skip


def _track(marks: str, theme: Theme) -> str:
    """Return a track from 0 to 1 with lines at its ends and its middle."""
    lines = ",".join(
        f"linear-gradient({theme.grid},{theme.grid}) {place} 0/1px 100% no-repeat"
        for place in ("0%", "50%", "100%")
    )
    return (
        f"<div style='position:relative;height:28px;margin:0 {_DOT // 2}px;background:{lines}'>"
        f"{marks}</div>"
    )


def _bar(a: float, b: float, colour: str) -> str:
    return (
        f"<div style='position:absolute;left:{100 * min(a, b):.3f}%;width:{100 * abs(a - b):.3f}%;"
        f"top:12px;height:3px;background:{colour}'></div>"
    )


def _dot(share: float, title: str, theme: Theme, *, hollow: bool) -> str:
    edge, inside = (theme.before, theme.paper) if hollow else (theme.after, theme.after)
    return (
        f"<div title='{html.escape(title)}' style='position:absolute;box-sizing:border-box;"
        f"left:calc({100 * share:.3f}% - {_DOT // 2}px);top:8px;width:{_DOT}px;height:{_DOT}px;"
        f"border-radius:50%;border:2px solid {edge};background:{inside}'></div>"
    )


def _word(share: float, text: str, colour: str, *, anchor: str = "centre", inset: int = 0) -> str:
    shift = {"centre": "-50%", "left": "0", "right": "-100%"}[anchor]
    return (
        f"<span style='position:absolute;left:calc({100 * share:.3f}% + {inset}px);top:0;"
        f"transform:translateX({shift});white-space:nowrap;color:{colour}'>{text}</span>"
    )


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers between low and high, two to six of them, not at the very ends."""
    rough = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1.0, 2.0, 5.0, 10.0) if size * power >= rough)
    room = 0.04 * (high - low)
    first, last = math.ceil((low + room) / step), math.floor((high - room) / step)
    return [number * step for number in range(first, last + 1)]


def _tick_text(tick: float) -> str:
    """Return a tick as an axis writes it: 0, 0.1, −0.2."""
    return f"{round(tick, 9):g}".replace("-", "\N{MINUS SIGN}") if round(tick, 9) else "0"
