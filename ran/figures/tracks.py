"""Values -> dot tracks as HTML: what is drawn anew after every stroke.

Two charts of Plotly's took a browser 110 ms of its main thread after each stroke, of 305 for the
whole page (benchmarks/stroke.py); these take too little to tell. Marks are boxes of CSS, because a
page's own HTML may hold no SVG; what a mark stands for is its `title`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ran.figures.grammar import Moved
from ran.figures.html import render
from ran.figures.numbers import signed


@dataclass(frozen=True)
class _Word:
    """A word over the track: at which percent of it, how it hangs there, its classes of colour."""

    at: float
    text: str
    colour: str = ""
    anchor: str = "centre"


@dataclass(frozen=True)
class _Dot:
    at: float
    title: str
    hollow: bool


def margin(clean: float | None, covered: float, alpha: float) -> str:
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
        return 100 * (value - low) / (high - low)

    difference = covered - clean
    values = [_Word(at(covered), signed(covered, 3), "strong")]
    if abs(difference) > 0.16 * (high - low):
        values.append(_Word(at(clean), signed(clean, 3)))
    words = [
        _Word(0.0, "loss > 0", "warn", "left"),
        _Word(at(alpha), f"α = {alpha:.3g}", "warn", "after"),
    ]
    if high - alpha > 0.45 * (high - low):
        words.append(_Word(100.0, "no loss", "muted", "right"))
    dots = [_Dot(at(covered), f"covered face: RB margin {covered:.3f}", hollow=False)]
    bar = None
    if is_pair:
        dots.insert(0, _Dot(at(clean), f"clean face: RB margin {clean:.3f}", hollow=True))
        ends = sorted((at(clean), at(covered)))
        bar = {"low": ends[0], "width": ends[1] - ends[0], "way": Moved.by(difference, 3).way}
        said = f"{signed(clean, 3)} on the clean face, {signed(covered, 3)} on the covered face"
    else:
        dots = [_Dot(at(covered), f"clean face: RB margin {covered:.3f}", hollow=False)]
        said = f"{signed(covered, 3)} on the face"
    return render(
        "margin",
        said=f"RB margin: {said}; loss left of α = {alpha:.3g}",
        values=values,
        words=words,
        ticks=[_Word(at(tick), _tick_text(tick), "muted") for tick in _ticks(low, high)],
        alpha=at(alpha),
        bar=bar,
        dots=dots,
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
