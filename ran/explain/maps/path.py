"""Integrated gradients whose steps go where the target changes.

The target changes most near the baseline: half of its change lies on the first tenth of the way on
most faces, and even steps miss it. The path is driven here, because Captum's own class neither
chooses its steps, nor tells how far it is, nor stops; on a smooth network a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ran.explain.heatmap import Explaining
from ran.explain.maps.asked import Asked
from ran.explain.maps.gradients import slopes_at
from ran.explain.maps.onto_face import gather_gradients
from ran.net.regions import crop_regions

BEGIN_WITH = 8
"""Intervals to begin with."""
CUT_AT_ONCE = 2
"""Intervals that are cut in a round, whatever the hardware: the map must not depend on it."""
CLOSE_ENOUGH, AT_LEAST = 0.01, 16
"""The gap's share of the change below which it stops, and not before so many gradients."""


@dataclass(frozen=True)
class _Interval:
    """A piece of the way, between places `low` and `high` whose squares are alpha.

    scores are the target's at its ends; face f32[S, S] and regions f32[R, s, s] are the gradient
    at the place in its middle times the change from the baseline, summed over the channels.
    """

    low: float
    high: float
    scores: tuple[float, float]
    face: Tensor
    regions: Tensor

    @property
    def share(self) -> float:
        """Return how much of the way it is."""
        return self.high**2 - self.low**2

    @property
    def gap(self) -> float:
        """Return how far the target changes beyond what its gradient says, signed."""
        said = float(self.regions.sum(dtype=torch.double)) * self.share
        return self.scores[1] - self.scores[0] - said

    def thirds(self) -> tuple[float, float]:
        """Return the places that cut it in three; the middle third keeps its middle."""
        third = (self.high - self.low) / 3
        return self.low + third, self.high - third


def integrated_gradients(asked: Asked) -> Iterator[Explaining]:
    """Integrate the gradient along the straight line from the baseline to the face.

    (x - b) times the mean gradient on the line (Sundararajan et al. 2017, Eq. 1, arXiv:1703.01365).
    The line is cut into intervals, even in the root of alpha, each with the gradient at its middle.
    The target at their ends tells by how much each misses the change: the worst are cut in three,
    so that their old gradients are used again, until the sum of what they miss is below 1 % of the
    whole change or `count` gradients are computed. That sum, signed, is the gap; the sum of the
    absolute values, `local_gaps`, does not let one miss hide another.
    """
    path = _Path.of(asked.settled())
    of = path.asked.count
    places = [number / min(BEGIN_WITH, of) for number in range(min(BEGIN_WITH, of) + 1)]
    scores = path.scores(places)
    intervals: list[_Interval] = []
    for chunk in _chunks(range(len(places) - 1), path.asked.faces_at_once):
        found = path.slopes([(places[k] + places[k + 1]) / 2 for k in chunk])
        intervals += [
            _Interval(places[k], places[k + 1], (scores[k], scores[k + 1]), *slope)
            for k, slope in zip(chunk, found, strict=True)
        ]
        if len(intervals) < of:
            yield Explaining(len(intervals), of, None)
    total = scores[-1] - scores[0]
    while (cuts := min(CUT_AT_ONCE, (of - len(intervals)) // 2)) and not _is_close(
        intervals, total
    ):
        intervals.sort(key=lambda interval: abs(interval.gap), reverse=True)
        for worst in intervals[:cuts]:
            intervals += path.cut(worst)
        del intervals[:cuts]
        if len(intervals) < of:
            yield Explaining(len(intervals), of, None)
    intervals.sort(key=lambda interval: interval.low)
    values, regions = (
        sum((getattr(one, name) * one.share for one in intervals[1:]), first)
        for name in ("face", "regions")
        for first in (getattr(intervals[0], name) * intervals[0].share,)
    )
    heatmap = path.asked.heatmap(
        "integrated-gradients", values, regions, signed=True, total=total,
        local_gaps=sum(abs(interval.gap) for interval in intervals), baseline=True,
        steps=len(intervals),
    )  # fmt: skip
    yield Explaining(of, of, heatmap)


def _is_close(intervals: Sequence[_Interval], total: float) -> bool:
    gap = abs(sum(interval.gap for interval in intervals))
    return len(intervals) >= AT_LEAST and gap < CLOSE_ENOUGH * max(abs(total), 1.0)


def _chunks(numbers: Sequence[int], size: int) -> list[Sequence[int]]:
    return [numbers[first : first + size] for first in range(0, len(numbers), size)]


@dataclass(frozen=True, eq=False)
class _Path:
    """The way from the baseline's crops, `start` f32[1, R, 3, s, s], by `change` to the face's."""

    asked: Asked
    blank: Tensor
    start: Tensor
    change: Tensor

    @staticmethod
    def of(asked: Asked) -> _Path:
        blank = asked.blank()
        crops = (crop_regions(picture, asked.boxes) for picture in (blank, asked.face - blank))
        return _Path(asked, blank, *crops)

    def scores(self, places: Sequence[float]) -> list[float]:
        """Return the target at places of the way."""
        pictures = torch.cat(
            [self.blank + place**2 * (self.asked.face - self.blank) for place in places]
        )
        found: list[float] = self.asked.scores(pictures).double().tolist()
        return found

    def slopes(self, places: Sequence[float]) -> list[tuple[Tensor, Tensor]]:
        """Return the gradient at places of the way times the change, of face and regions."""
        points = torch.cat([self.start + place**2 * self.change for place in places])
        slopes = slopes_at(self.asked, points)
        on_face = (self.asked.face - self.blank) * gather_gradients(slopes, self.asked.boxes)
        return list(zip(on_face.sum(1), (slopes * self.change).sum(2), strict=True))

    def cut(self, interval: _Interval) -> list[_Interval]:
        """Return the thirds of an interval, for two gradients and two passes forward."""
        first, second = interval.thirds()
        low, high = interval.low, interval.high
        at_first, at_second = self.scores([first, second])
        before, after = self.slopes([(low + first) / 2, (second + high) / 2])
        return [
            _Interval(low, first, (interval.scores[0], at_first), *before),
            _Interval(first, second, (at_first, at_second), interval.face, interval.regions),
            _Interval(second, high, (at_second, interval.scores[1]), *after),
        ]
