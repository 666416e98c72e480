"""What is marked in the charts over poses: titles, the chosen pose, cuts, far turns, the loss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ran.face.head import SURE_TURN
from ran.figures.grammar import Theme
from ran.figures.poses.axis import TIME, YAW, Along
from ran.study.poses.posed import Answered
from ran.words import _


def face_width(span: tuple[float, float]) -> float:
    """Return how wide a face above the chart is, in units of its axis."""
    return (span[1] - span[0]) / 10.5


def row_title(text: str, top: float, theme: Theme) -> dict[str, Any]:
    """Return what a row's axis counts, above the row's left end."""
    return {
        "xref": "paper", "yref": "paper", "x": 0, "y": top, "text": text, "showarrow": False,
        "xanchor": "left", "yanchor": "bottom", "bgcolor": theme.paper,
        "font": {"color": theme.muted, "size": 12},
    }  # fmt: skip


def accent(here: float, top: float, theme: Theme) -> dict[str, Any]:
    """Return the line through the chosen pose, up to a share of the chart's height."""
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": here, "x1": here, "y0": 0, "y1": top,
        "line": {"color": theme.after, "width": 2},
    }  # fmt: skip


def accent_bar(here: float, span: tuple[float, float], theme: Theme) -> dict[str, Any]:
    """Return the bar under the chosen face, as wide as the face."""
    half = face_width(span) / 2
    return {
        "type": "line", "xref": "x", "yref": "y", "x0": here - half, "x1": here + half,
        "y0": -0.08, "y1": -0.08, "line": {"color": theme.after, "width": 5},
    }  # fmt: skip


def cuts(
    found: Sequence[Answered], along: Along, theme: Theme, *, top: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a line and a word where the film cuts, along the time alone."""
    if along is not TIME:
        return [], []
    moments = [one.posed.moment for one in found if one.posed.moment is not None]
    begun = sorted({moment.began for moment in moments if moment.shot > moments[0].shot})
    shapes = [
        {"type": "line", "xref": "x", "yref": "paper", "x0": time, "x1": time, "y0": 0, "y1": top,
         "line": {"color": theme.muted, "width": 1, "dash": "dash"}}
        for time in begun
    ]  # fmt: skip
    words = [
        {"xref": "x", "yref": "paper", "x": time, "y": top, "text": "cut", "showarrow": False,
         "xanchor": "center", "yanchor": "bottom", "font": {"color": theme.muted, "size": 12}}
        for time in begun
    ]  # fmt: skip
    return shapes, words


def grounds(
    found: Sequence[Answered],
    span: tuple[float, float],
    theme: Theme,
    rows: Sequence[str],
    along: Along,
) -> list[dict[str, Any]]:
    """Return the grey grounds where the head is turned beyond SURE_TURN, behind these rows."""
    return [
        {"type": "rect", "xref": "x", "yref": f"{row} domain", "x0": x0, "x1": x1, "y0": 0, "y1": 1,
         "fillcolor": theme.panel, "line": {"width": 0}, "layer": "below"}
        for row in rows
        for x0, x1 in _far(found, span, along)
    ]  # fmt: skip


def _far(
    found: Sequence[Answered], span: tuple[float, float], along: Along
) -> list[tuple[float, float]]:
    """Return the stretches of the axis where the head is turned far; of a frame, half way on."""
    if along is YAW:
        ends = ((span[0], -SURE_TURN), (SURE_TURN, span[1]))
        return [(x0, x1) for x0, x1 in ends if x0 < x1]
    places = [along.place(one.posed) for one in found]
    edges = [span[0], *((a + b) / 2 for a, b in pairwise(places)), span[1]]
    return [
        (edges[k], edges[k + 1]) for k, one in enumerate(found) if abs(one.posed.yaw) > SURE_TURN
    ]


def loss_zone(
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
        "xref": "x domain", "yref": "y3", "x": 1, "y": low - room, "text": _("below α: loss > 0"),
        "showarrow": False, "xanchor": "right", "yanchor": "bottom",
        "font": {"color": theme.warn, "size": 12},
    }  # fmt: skip
    return zone, note, [low - room, high + room]
