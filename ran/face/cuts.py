"""Where a film cuts: a frame of other colours than the one before, far more than its neighbours.

Two frames are compared by their levels in order of size, channel by channel (the Wasserstein
distance of their histograms): it says which colours are seen, not where, so that movement counts
for little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 32
"""Frames are compared at so many pixels a side."""
LEAST = 12.0
"""How far the levels of a cut are apart at least, of 255. Pictures of different people joined have
12 to 79; a head that turns by 20 degrees at once has 9, a picture moved by a tenth of itself 6."""
TIMES = 3.0
"""How many times the largest difference among the neighbours it is: in a fast movement, and round a
flash, they are as large."""
NEIGHBOURS = 2


class Watch:
    """Sees the frames of a film one after another, and says between which of them it cuts.

    A cut between pictures of like colours, as of one face that smiles at once, and a slow change of
    scene are not told from movement.
    """

    def __init__(self) -> None:
        """Begin with no frame seen."""
        self._last: NDArray[np.int16] | None = None
        self._times: list[float] = []
        self._changes: list[float] = []

    def see(self, time: float, small: NDArray[np.uint8]) -> None:
        """Take the next frame: its time, and u8[SIDE, SIDE, 3]."""
        now = np.sort(small.reshape(-1, 3).astype(np.int16), axis=0)
        if self._last is not None:
            self._times.append(time)
            self._changes.append(float(np.abs(now - self._last).mean()))
        self._last = now

    def cuts(self) -> tuple[float, ...]:
        """Return the times of the frames with which a new shot begins."""
        return tuple(time for place, time in enumerate(self._times) if self._is_cut(place))

    def _is_cut(self, place: int) -> bool:
        before = self._changes[max(0, place - NEIGHBOURS) : place]
        after = self._changes[place + 1 : place + 1 + NEIGHBOURS]
        change = self._changes[place]
        return change >= LEAST and change >= TIMES * max(before + after, default=0.0)
