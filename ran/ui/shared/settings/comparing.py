"""What a visitor has set on the Compare page; the faces themselves are not in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count

from ran.words import later

IN_USE = later("the face in use")
AS_IT_COMES, NO_COVER = later("as it comes"), later("nothing")
THIS_NETWORK = later("the one in use")
NO_MAP = later("no map")
MOST = 4
_NUMBERS = count(1)


def _number() -> int:
    return next(_NUMBERS)


@dataclass
class SlotSettings:
    """One slot: whose face, what hides it, which network.

    face: IN_USE, an example's name, or that of a photo or kept scene of the visitor's. cover:
    AS_IT_COMES, NO_COVER, or a sticker's or part's name. network: THIS_NETWORK or a bundled one's
    name. number: part of its widgets' keys.
    """

    face: str = IN_USE
    cover: str = AS_IT_COMES
    network: str = THIS_NETWORK
    number: int = field(default_factory=_number)

    def renew(self) -> None:
        """Let its widgets begin anew from what is set here."""
        self.number = _number()


@dataclass
class CompareSettings:
    """The slots, and what of them is looked at.

    Without slots the page begins with the face in use as it is and under a cover.
    """

    slots: list[SlotSettings] = field(default_factory=list)
    method: str = "grad-cam"
    target: str = ""
    """An expression, or "" for the first slot's answer."""
    attention: str = "w"

    def begin(self, *, is_covered: bool) -> None:
        """Set two slots: the face in use without a cover, and under its own or a mask."""
        cover = AS_IT_COMES if is_covered else "mask"
        self.slots = [SlotSettings(cover=NO_COVER), SlotSettings(cover=cover)]

    def lay_beside(self, network: str) -> None:
        """Set two slots: the face in use as it comes, under the network in use and another."""
        self.slots = [SlotSettings(), SlotSettings(network=network)]

    def swap(self) -> None:
        """Put the last slot first."""
        self.slots = [self.slots[-1], *self.slots[:-1]]

    def add(self) -> None:
        """Set one more slot, as the last one is."""
        if len(self.slots) < MOST:
            self.slots.append(replace(self.slots[-1], number=_number()))

    def remove(self, number: int) -> None:
        """Leave a slot out; two stay."""
        if len(self.slots) > 2:
            self.slots = [slot for slot in self.slots if slot.number != number]

    def same(self, *names: str) -> None:
        """Give all slots the first one's face and cover, or its network."""
        first = self.slots[0]
        for slot in self.slots[1:]:
            for name in names:
                setattr(slot, name, getattr(first, name))
            slot.renew()
