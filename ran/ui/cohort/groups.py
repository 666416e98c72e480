"""What a cohort's members are grouped by, and which number of each is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ran.study.cohort.gathered import Member
from ran.words import _, called, later

EXPRESSION, LABEL, KIND, COVER, FILL, YAW = (
    later("Expression answered"), later("Label"), later("Occlusion"), later("Cover"),
    later("Fill"), later("Yaw"),
)  # fmt: skip
CONFIDENCE, MARGIN, SHIFT = (
    later("Probability of the answer"), later("RB margin"), later("Attention on the cover, points"),
)  # fmt: skip
CLEAN = later("nothing")
_SYMBOLS = ("w", "μ", "ν")

_YAWS = (10.0, 20.0, 30.0)
"""Edges of the groups of |yaw| in degrees: estimates of profile faces are too small."""


def _yaw(one: Member) -> str | None:
    if one.yaw is None:
        return None
    edges = (0.0, *_YAWS)
    low = max(edge for edge in edges if abs(one.yaw) >= edge)
    above = [edge for edge in _YAWS if edge > low]
    return f"{low:.0f}° to {above[0]:.0f}°" if above else f"{low:.0f}° and more"


_GROUPS: dict[str, Callable[[Member], str | None]] = {
    COVER: lambda one: CLEAN if one.cover is None else one.cover.name,
    FILL: lambda one: CLEAN if one.cover is None else one.cover.fill.kind,
    KIND: lambda one: one.kind or None,
    LABEL: lambda one: one.label,
    YAW: _yaw,
    EXPRESSION: lambda one: one.answer.expression,
}


def ways(members: Sequence[Member]) -> list[str]:
    """Return by what these can be grouped: what differs between them."""
    return [
        name
        for name, of in _GROUPS.items()
        if len({of(one) for one in members} - {None}) > 1 or name == EXPRESSION
    ]


def grouped(members: Sequence[Member], by: str) -> dict[str, list[Member]]:
    """Return the members of each group: the largest first, clean ones before all, yaws in order."""
    found: dict[str, list[Member]] = {}
    for one in members:
        name = _GROUPS[by](one)
        if name is not None:
            found.setdefault(name, []).append(one)
    if by == YAW:
        return dict(sorted(found.items(), key=lambda item: float(item[0].partition("°")[0])))
    return dict(sorted(found.items(), key=lambda item: (item[0] != CLEAN, -len(item[1]))))


def numbers(members: Sequence[Member]) -> dict[str, Callable[[Member], float | None]]:
    """Return what can be looked at of each member, by name: the answer's, then each region's."""
    first = members[0].answer
    found: dict[str, Callable[[Member], float | None]] = {}
    regions = [box.name for box in first.boxes] if len(first.boxes) > 1 else []
    kinds: tuple[tuple[str, Callable[[Member], NDArray[np.float32]]], ...] = (
        ("w", lambda one: one.answer.relative_weights),
        ("μ", lambda one: one.answer.self_weights),
        ("ν", lambda one: one.answer.relation_weights),
    )
    for symbol, of in kinds:
        for place, name in enumerate(regions):
            found[f"{symbol} of {name}"] = partial(_of_region, of, place)
    found[CONFIDENCE] = lambda one: float(one.answer.probabilities.max())
    if regions:
        found[MARGIN] = lambda one: one.answer.rb_margin
    if any(one.shift is not None for one in members):
        found[SHIFT] = lambda one: None if one.shift is None else 100 * one.shift
    return found


def told(number: str) -> str:
    """Return one of the names of `numbers` as a visitor reads it."""
    symbol, _of, region = number.partition(" of ")
    if symbol in _SYMBOLS:
        return _("{symbol} of {region}").format(symbol=symbol, region=called(region))
    return _(number)


def _of_region(
    of: Callable[[Member], NDArray[np.float32]], place: int, one: Member
) -> float | None:
    return float(of(one)[place]) if len(one.answer.boxes) > place else None
