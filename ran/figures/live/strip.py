"""w of each region over the last seconds, as HTML: a line a region, broken where no face was."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ran.figures.data_urls import svg_url
from ran.figures.grammar import Theme
from ran.figures.html import render
from ran.figures.numbers import times
from ran.figures.poses.lines import Line, lines
from ran.study.live.watcher import Moment
from ran.words import _, called

WIDTH, HEIGHT = 600, 200
"""Units of the drawing: it is stretched to the room it has, its lines are not."""
GAP_S = 1.5
"""A line is not drawn across a longer time without an answer."""
_DASHES = {
    "solid": "", "dot": "2 4", "dash": "7 4", "longdash": "12 5", "dashdot": "7 4 2 4",
    "longdashdot": "12 5 2 5",
}  # fmt: skip


def strip(moments: Sequence[Moment], seconds: float, now: float, theme: Theme) -> str:
    """Return the strip: w of each region relative to uniform, the key below; "" without a face.

    Args:
        moments: oldest first; those cut otherwise than the newest answer are left out.
        seconds: how far back it reaches from `now`.
        now: by the moments' clock.
        theme: whose colours are used.
    """
    answered = [one for one in moments if one.answer is not None]
    if not answered:
        return ""
    newest = answered[-1].answer
    assert newest is not None
    names = [box.name for box in newest.boxes]
    runs = _runs(moments, names)
    highest = math.ceil(max([2.0, *(max(_weights(one)) for run in runs for one in run)]))
    styles = lines(names, theme)
    weights = newest.relative_weights.tolist()

    def at(moment: Moment, value: float) -> str:
        x = WIDTH * (1 - (now - moment.at) / seconds)
        return f"{x:.1f},{HEIGHT * (1 - value / highest):.1f}"

    uniform = 1 - 1 / highest
    drawn = render(
        "strip_lines",
        width=WIDTH, height=HEIGHT, uniform=HEIGHT * uniform, theme=theme,
        strokes=[
            _stroke(styles[name], [" ".join(at(one, _weights(one)[k]) for one in run)
                                   for run in runs])
            for k, name in enumerate(names)
        ],
    )  # fmt: skip
    return render(
        "strip",
        picture=svg_url(drawn),
        title=_("w of each region over the last {seconds:.0f} s, 1× is uniform: {weights}").format(
            seconds=seconds,
            weights=", ".join(
                f"{called(name)} {times(w)}" for name, w in zip(names, weights, strict=True)
            ),
        ),
        uniform=100 * uniform, top=f"{highest}×",
        since=_("{seconds:.0f} s ago").format(seconds=seconds),
        lines=[
            {"colour": styles[name][0], "dash": styles[name][1], "name": name, "value": times(w)}
            for name, w in zip(names, weights, strict=True)
        ],
    )  # fmt: skip


def _weights(moment: Moment) -> list[float]:
    assert moment.answer is not None
    weights: list[float] = moment.answer.relative_weights.tolist()
    return weights


def _runs(moments: Sequence[Moment], names: Sequence[str]) -> list[list[Moment]]:
    """Return answered moments that follow each other without a gap, of these regions alone."""
    runs: list[list[Moment]] = [[]]
    for one in moments:
        is_alike = one.answer is not None and [box.name for box in one.answer.boxes] == names
        if runs[-1] and (not is_alike or one.at - runs[-1][-1].at > GAP_S):
            runs.append([])
        if is_alike:
            runs[-1].append(one)
    return [run for run in runs if run]


def _stroke(line: Line, points: Sequence[str]) -> dict[str, object]:
    colour, dash = line
    return {"colour": colour, "dash": _DASHES[dash], "points": points}
