"""When in a film a face is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Moment:
    """A frame's place in its film.

    frame: its number among the frames taken; seconds: its time from the film's beginning; shot: its
    number, and began: when it began, in seconds. Numbers begin with 0.
    """

    frame: int
    seconds: float
    shot: int = 0
    began: float = 0.0

    def follows(self, other: Moment) -> bool:
        """Say whether this is the frame taken after the other one, with no cut between them."""
        return self.frame == other.frame + 1 and self.shot == other.shot

    def as_json(self) -> dict[str, Any]:
        """Return the moment as plain values."""
        return {
            "frame": self.frame,
            "seconds": self.seconds,
            "shot": self.shot,
            "shot_began": self.began,
        }
