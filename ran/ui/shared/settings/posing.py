"""What a visitor has set on the Poses page; the photos themselves are not in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ran.face.video import FRAMES
from ran.recipe import PosesChoice, TurnChoice
from ran.words import later

TURN, PHOTOS, VIDEO, PUBLISHED = (
    later("Turn one photo"), later("Several photos"), later("Video"), later("Published lists"),
)  # fmt: skip
NO_COVER, AS_DRAWN = later("none"), later("as on Occlude")
NOTHING, OWN_FILE = later("nothing"), later("a checkpoint of yours")
ALONG_TIME, ALONG_YAW = later("Time"), later("Yaw")


@dataclass
class PoseSettings:
    """The way to poses, what it needs to know, and what is put on and beside them."""

    way: str = TURN
    turn: TurnChoice = field(default_factory=TurnChoice)
    frames: int = FRAMES
    along: str = ALONG_TIME
    """What a film's charts have as their axis."""
    cover: str = NO_COVER
    other: str = NOTHING
    """The second network: NOTHING, a bundled one's name, or OWN_FILE."""
    is_mirrored: bool = False

    def vary_turn(self, part: str, value: Any) -> None:
        """Take another yaw, pitch or step of the turn."""
        self.turn = replace(self.turn, **{part: value})

    def replay(self, choice: PosesChoice, *, has_cover: bool) -> None:
        """Take what a recipe says of poses."""
        self.cover = AS_DRAWN if has_cover else NO_COVER
        if isinstance(choice, TurnChoice):
            self.way, self.turn = TURN, choice
        else:
            self.way = PHOTOS


WIDGETS = ("poses-way", "poses-yaw", "poses-pitch", "poses-step", "poses-cover")
"""Keys of the widgets whose values a recipe holds."""
