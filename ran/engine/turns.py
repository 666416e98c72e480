"""Whose turn it is to compute: quick answers at once, slow work step by step, in order.

One process answers all visitors, and what computes at the same time slows all of it: beside ten
visitors' maps a stroke's answer took five times as long (`python -m benchmarks`, "a stroke beside
slow work").
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 1.0
"""After so long a step of slow work begins, however many quick answers are asked for."""
LOOK_S = 0.2
"""So often who waits for a turn looks whether it is still wanted."""
GiveWay = Callable[[], None] | None


class Turns:
    """Lets one step of slow work compute at a time, the longest waiting first.

    Quick answers never wait; while one is computed, no step of slow work begins.
    """

    def __init__(self, patience: float = PATIENCE_S) -> None:
        self._patience = patience
        self._changed = threading.Condition()
        self._asked: deque[object] = deque()
        self._quick = 0
        self._at_work: int | None = None

    @property
    def waiting(self) -> int:
        """Return how many steps of slow work wait for their turn."""
        with self._changed:
            return len(self._asked)

    @contextmanager
    def quick(self) -> Iterator[None]:
        """Compute what a visitor waits for at a stroke."""
        with self._changed:
            self._quick += 1
        try:
            yield
        finally:
            with self._changed:
                self._quick -= 1
                self._changed.notify_all()

    @contextmanager
    def slow(self, give_way: GiveWay = None) -> Iterator[None]:
        """Compute a step of slow work, once it is its turn; within one's own turn, at once.

        Args:
            give_way: called before the turn comes and every LOOK_S of waiting; what it raises ends
                the waiting. Whoever asked may have left, or want something else by now.
        """
        me = threading.get_ident()
        if self._at_work == me:
            yield
            return
        self._wait(me, give_way)
        try:
            yield
        finally:
            with self._changed:
                self._at_work = None
                self._changed.notify_all()

    def _wait(self, me: int, give_way: GiveWay) -> None:
        ticket, end = object(), time.monotonic() + self._patience
        with self._changed:
            self._asked.append(ticket)
        try:
            while True:
                if give_way is not None:
                    give_way()
                with self._changed:
                    is_next = self._asked[0] is ticket and self._at_work is None
                    left = end - time.monotonic()
                    if is_next and (not self._quick or left <= 0):
                        self._at_work = me
                        return
                    self._changed.wait(min(LOOK_S, max(left, 0.0)) if is_next else LOOK_S)
        finally:
            with self._changed:
                self._asked.remove(ticket)
                self._changed.notify_all()


TURNS = Turns()
"""Of this process."""
