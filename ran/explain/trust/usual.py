"""What a badge usually says of a network's maps, from its card: what one number is held against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ran.net.card import Card

ERRORS = 2.0
"""Standard errors by which the two rates of randomisation must differ."""


@dataclass(frozen=True)
class Usual:
    """The badges of a method on many faces, by the columns of ran.net.measures's "badges".

    Empty where nobody measured them: then nothing is said, and every badge is drawn.
    """

    row: Mapping[str, float | None] = field(default_factory=dict)

    @staticmethod
    def of(card: Card, method: str) -> Usual:
        """Return what a card says of a method's badges."""
        return Usual(card.evidence.get("badges", {}).get(method, {}))

    @property
    def faces(self) -> int:
        """Return how many faces were asked."""
        return int(self.row.get("n") or 0)

    def between(self, badge: str) -> tuple[float, float] | None:
        """Return from where to where the middle 80 % of the faces lie, if that was measured."""
        low, high = self.row.get(f"{badge}_low"), self.row.get(f"{badge}_high")
        return None if low is None or high is None else (low, high)

    @property
    def tells_apart(self) -> bool:
        """Return whether randomisation flags a network that learnt nothing more often than this.

        A test that says the same of both is none. Their rates must differ by ERRORS standard
        errors; True where they were not measured.
        """
        alarms, caught = self.row.get("alarms"), self.row.get("caught")
        if alarms is None or caught is None or not self.faces:
            return True
        spread = sum(rate * (1.0 - rate) for rate in (alarms, caught)) / self.faces
        return caught - alarms > ERRORS * math.sqrt(spread)
