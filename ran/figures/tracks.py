"""Values -> dot tracks as HTML: what is drawn anew after every stroke.

Two charts of Plotly's took a browser 110 ms of its main thread after each stroke, of 305 for the
whole page (benchmarks/stroke.py); these take too little to tell. Marks are boxes of CSS, because a
page's own HTML may hold no SVG; what a mark stands for is its `title`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ran.figures.grammar import Moved
from ran.figures.html import render
from ran.figures.numbers import signed
from ran.words import _


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


def margin(margins: Sequence[tuple[str, float]], alpha: float) -> str:
    """Return the number line of the RB margin; left of alpha the loss is above zero.

    Args:
        margins: the names of one or two faces and their margins; the first of two is hollow, and
            a bar leads from it to the last.
        alpha: the margin that the loss asks for.
    """
    (first, before), (last, after) = margins[0], margins[-1]
    points = (before, after, alpha, 0.0)
    reach = max(0.1, max(points) - min(points))
    # On the left there is room for "loss > 0" at the width of a phone.
    low, high = min(points) - 0.25 * reach, max(points) + 0.15 * reach

    def at(value: float) -> float:
        return 100 * (value - low) / (high - low)

    values = [_Word(at(after), signed(after, 3), "strong")]
    if abs(after - before) > 0.16 * (high - low):
        values.append(_Word(at(before), signed(before, 3)))
    words = [
        _Word(0.0, _("loss > 0"), "warn", "left"),
        _Word(at(alpha), f"α = {alpha:.3g}", "warn", "after"),
    ]
    if high - alpha > 0.45 * (high - low):
        words.append(_Word(100.0, _("no loss"), "muted", "right"))
    dots = [
        _Dot(
            at(after),
            _("{last} face: RB margin {after:.3f}").format(last=last, after=after),
            hollow=False,
        )
    ]
    said = _("{after} on the {last} face").format(after=signed(after, 3), last=last)
    bar = None
    if len(margins) > 1:
        dots.insert(
            0,
            _Dot(
                at(before),
                _("{first} face: RB margin {before:.3f}").format(first=first, before=before),
                hollow=True,
            ),
        )
        ends = sorted((at(before), at(after)))
        way = Moved.by(after - before, 3).way
        bar = {"low": ends[0], "width": ends[1] - ends[0], "way": way}
        said = _("{before} on the {first} face, {said}").format(
            before=signed(before, 3), first=first, said=said
        )
    return render(
        "margin",
        said=_("RB margin: {said}; loss left of α = {alpha:.3g}").format(said=said, alpha=alpha),
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
