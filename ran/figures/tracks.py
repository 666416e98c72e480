"""Values -> dot tracks as HTML: what is drawn anew after every stroke.

Two charts of Plotly's took a browser 110 ms of its main thread after each stroke, of 305 for the
whole page (benchmarks/stroke.py); these take too little to tell. Marks are boxes of CSS, because a
page's own HTML may hold no SVG; what a mark stands for is its `title`.
"""

from __future__ import annotations

import html
import math

from ran.figures.grammar import Theme, change_colour
from ran.figures.numbers import signed

_DOT = 12
"""Pixels of a dot; a track keeps half of it free on either side."""


def margin(clean: float | None, covered: float, alpha: float, theme: Theme) -> str:
    """Return the number line of the RB margin; left of alpha the loss is above zero.

    `clean` None: nothing is hidden, so there is one dot.
    """
    is_pair = clean is not None
    clean = covered if clean is None else clean
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
        + (
            _bar(at(clean), at(covered), change_colour(difference, theme, 3))
            + _dot(at(clean), f"clean face: RB margin {clean:.3f}", theme, hollow=True)
            if is_pair
            else ""
        )
        + _dot(
            at(covered),
            f"{'covered' if is_pair else 'clean'} face: RB margin {covered:.3f}",
            theme,
            hollow=False,
        )
    )
    said = f"{signed(covered, 3)} on the face"
    if is_pair:
        said = f"{signed(clean, 3)} on the clean face, {signed(covered, 3)} on the covered face"
    return (
        f"<div role='img' aria-label='RB margin: {said}; loss left of α = {alpha:.3g}' "
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
