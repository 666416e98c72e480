"""What the charts over poses stand along: the head's yaw, or the time of a film."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ran.figures.numbers import MINUS
from ran.study.poses.posed import Answered, Posed, by_yaw
from ran.words import _


@dataclass(frozen=True)
class Along:
    """An axis for poses.

    name: in a heading; place: where a pose stands; order: of the answers, from left to right;
    joins: whether a line joins two neighbours; room: left at both ends, at least; ticks: of an axis
    from here to there.
    """

    name: str
    place: Callable[[Posed], float]
    order: Callable[[Iterable[Answered]], list[Answered]]
    joins: Callable[[Posed, Posed], bool]
    room: float
    ticks: Callable[[float, float], dict[str, Any]]

    def span(self, found: Sequence[Answered]) -> tuple[float, float]:
        """Return where the axis begins and ends."""
        places = [self.place(one.posed) for one in found]
        room = max(self.room, 0.07 * (max(places) - min(places)))
        return min(places) - room, max(places) + room

    def axis(self, found: Sequence[Answered], muted: str) -> dict[str, Any]:
        """Return Plotly's settings of the axis, its title in the muted colour."""
        span = self.span(found)
        return {
            "range": list(span), "showgrid": False, **self.ticks(*span),
            "title": {"text": self.title(found), "font": {"size": 12, "color": muted}},
        }  # fmt: skip

    def title(self, found: Sequence[Answered]) -> str:
        """Return what the axis is, in words."""
        if self is TIME:
            return _("time in the film")
        return _("yaw, as turned") if found[0].posed.is_synthetic else _("yaw, as estimated")


def degrees(value: float) -> str:
    """Return an angle as it is written: +30°, −45°, 0°."""
    whole = round(value)
    return f"{'+' if whole > 0 else MINUS if whole < 0 else ''}{abs(whole)}°"


def stands(posed: Posed) -> str:
    """Return where a pose stands, in words: its yaw, of a film's frame its time before it."""
    yaw = _("yaw {angle}").format(angle=degrees(posed.yaw))
    return yaw if posed.moment is None else f"{_time(posed):.1f} s, {yaw}"


def _time(posed: Posed) -> float:
    if posed.moment is None:
        raise ValueError(f"{posed.name} is of no film and has no time; put it along the yaw")
    return posed.moment.seconds


def _is_one_person(one: Posed, other: Posed) -> bool:
    """Faces of a list are of different people; a film may cut to another, and turns to and fro."""
    return all(
        posed.is_synthetic or (posed.photo is not None and posed.moment is None)
        for posed in (one, other)
    )


def _follows(one: Posed, other: Posed) -> bool:
    return bool(one.moment and other.moment and other.moment.follows(one.moment))


def _angles(low: float, high: float) -> dict[str, Any]:
    ticks = list(range(-90, 91, 30 if high - low > 45 else 10))
    return {"tickvals": ticks, "ticktext": [degrees(tick) for tick in ticks]}


def _seconds(low: float, high: float) -> dict[str, Any]:
    return {"ticksuffix": " s", "nticks": 8, "tick0": 0}


YAW = Along("yaw", lambda posed: posed.yaw, by_yaw, _is_one_person, 6.0, _angles)
TIME = Along("time", _time, list, _follows, 0.1, _seconds)
