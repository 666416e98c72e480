"""A row of the table: samples of our path and of its baseline, taken in turns, and a check."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

NOISY = 1.5
"""A row whose slowest sample took this many times its fastest says little."""


@dataclass(frozen=True)
class Check:
    """Whether the fast path's answer is right: what was compared, and the verdict."""

    words: str
    passed: bool


@dataclass(frozen=True)
class Row:
    """One measured path. Without samples it was not measured, and `reason` says why.

    Samples are seconds. `goal` is the ratio to reach or, where there is no baseline, the most
    seconds it may take. `peak_share` is the share of the machine's matrix peak, in [0, 1].
    """

    name: str
    against: str
    samples: tuple[float, ...] = ()
    baseline: tuple[float, ...] = ()
    check: Check | None = None
    goal: float | None = None
    peak_share: float | None = None
    reason: str = ""

    @property
    def ratio(self) -> float | None:
        """Return how many times faster than the baseline, by medians; None without one."""
        if not (self.samples and self.baseline):
            return None
        return median(self.baseline) / median(self.samples)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Return FAIL, NOISY and "below goal" where they hold, or "not measured"."""
        if not self.samples:
            return ("not measured",)
        found = []
        if self.check is not None and not self.check.passed:
            found.append("FAIL")
        spreads = [max(taken) / min(taken) for taken in (self.samples, self.baseline) if taken]
        if max(spreads) > NOISY:
            found.append("NOISY")
        if self.goal is not None:
            reached = (
                median(self.samples) <= self.goal if self.ratio is None else self.ratio >= self.goal
            )
            if not reached:
                found.append("below goal")
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain values, seconds throughout."""
        return {
            "name": self.name,
            "against": self.against or None,
            "measured": bool(self.samples),
            "reason": self.reason or None,
            "samples_s": self.samples,
            "baseline_s": self.baseline,
            "median_s": median(self.samples) if self.samples else None,
            "baseline_median_s": median(self.baseline) if self.baseline else None,
            "ratio": self.ratio,
            "goal": self.goal,
            "peak_share": self.peak_share,
            "check": self.check.words if self.check else None,
            "verdicts": self.verdicts,
        }


def in_turns(
    ours: Callable[[], object], baseline: Callable[[], object], *, repeats: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Time both `repeats` times, one after the other, each first as often as second (or once more).

    One unmeasured call of each goes before. The callables must have finished their work when they
    return, on a GPU too.
    """
    ours()
    baseline()
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(repeats):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            begun = time.perf_counter()
            (ours, baseline)[which]()
            taken[which].append(time.perf_counter() - begun)
    return tuple(taken[0]), tuple(taken[1])


def table(rows: list[Row]) -> str:
    """Return the rows as text, columns aligned."""
    head = ("row", "median", "min", "max", "baseline", "ratio", "goal", "of peak", "verdict")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = []
    for number, line in enumerate(lines):
        cells = [
            cell.ljust(width) if column in (0, len(head) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        text.append("  ".join(cells).rstrip())
        row = rows[number - 1] if number else None
        for note in (row.against, row.check.words if row.check else "") if row else ():
            if note:
                text.append(f"    {note}")
    return "\n".join(text)


def _cells(row: Row) -> tuple[str, ...]:
    goal = "" if row.goal is None else (f"{row.goal:g}" if row.against else f"<= {row.goal:g} s")
    if not row.samples:
        return (row.name, "", "", "", "", "", goal, "", f"not measured: {row.reason}")
    return (
        row.name,
        _time(median(row.samples)),
        _time(min(row.samples)),
        _time(max(row.samples)),
        _time(median(row.baseline)) if row.baseline else "",
        "" if row.ratio is None else f"{row.ratio:.2f}",
        goal,
        "" if row.peak_share is None else f"{100 * row.peak_share:.0f} %",
        ", ".join(row.verdicts) or "ok",
    )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 10 else f"{1000 * seconds:.1f} ms"
