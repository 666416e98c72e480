"""Values of two to four slots in shared rows, as HTML: a mark a slot, a bar between two."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ran.figures.grammar import Moved
from ran.figures.html import render
from ran.words import called

MARKS = ("ring", "dot", "square", "triangle")
"""Of the first slot, the second, the third, the fourth: as figures for a paper have them."""


@dataclass(frozen=True)
class Axis:
    """From where to where a row reaches; `line` is a value that the eye should have.

    On a log axis `low` is above 0; what lies beyond an end stands at it.
    """

    low: float
    high: float
    line: float | None = None
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands, from 0 to 100."""
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-12))
        return 100 * min(1.0, max(0.0, (value - low) / ((high - low) or 1.0)))


def around(values: Sequence[float], line: float = 0.0) -> Axis:
    """Return an axis that holds all values and the line, with some room."""
    low, high = min([*values, line]), max([*values, line])
    room = 0.06 * ((high - low) or 1.0)
    return Axis(low - room, high + room, line)


def dumbbells(
    title: str,
    slots: Sequence[str],
    rows: Sequence[tuple[str, Sequence[float]]],
    axis: Axis,
    text: Callable[[float], str],
    *,
    marks: Sequence[str] = MARKS,
    digits: int | None = 2,
) -> str:
    """Return a table: a row's name, its marks on the axis, every slot's number; of two the change.

    Args:
        title: what the numbers are, for those who do not see it.
        slots: their names, at most as many as there are MARKS.
        rows: name and one value a slot.
        axis: of all rows.
        text: writes a value.
        marks: of MARKS, one a slot.
        digits: of the change; None where a difference is none, as of weights on a log axis.
    """
    if not 1 <= len(slots) <= len(marks):
        raise ValueError(f"dumbbells show 1 to {len(marks)} slots, got {len(slots)}")
    is_pair = len(slots) == 2
    return render(
        "dumbbells",
        title=title,
        heads=[(name, marks[place]) for place, name in enumerate(slots)],
        line=None if axis.line is None else axis.at(axis.line),
        rows=[
            {
                "name": called(name),
                "marks": [
                    {"at": axis.at(value), "kind": marks[place],
                     "title": f"{slots[place]}, {called(name)}: {text(value)}"}
                    for place, value in enumerate(values)
                ],
                "ends": sorted(axis.at(value) for value in values) if is_pair else None,
                "way": Moved.by(values[-1] - values[0], 3).way,
                "texts": [text(value) for value in values],
                "moved": Moved.by(values[1] - values[0], digits)
                if is_pair and digits is not None
                else None,
            }
            for name, values in rows
        ],
    )  # fmt: skip
