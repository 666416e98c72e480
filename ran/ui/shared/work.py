"""Slow work on any page: step by step, with progress and Stop, keeping what is done."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.deadline import within
from ran.engine.turns import TURNS
from ran.errors import RanError, memory_told
from ran.ui.shared.session import give_way
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, counted

_KEY = "ran_work"
_Step = TypeVar("_Step", bound="Step")
_GUARD = threading.Lock()
KEPT = 48
"""Pieces of work kept for each visitor, the oldest dropped first."""
STEP_S = 120.0
"""What one step may take, once it is its turn."""


class Step(Protocol):
    """How far a piece of work is."""

    @property
    def done(self) -> int:
        """Return how many steps are done."""

    @property
    def of(self) -> int:
        """Return how many there are."""


@dataclass
class Work(Generic[_Step]):
    """A piece of work of one visitor, taken up again wherever it was left."""

    name: str
    counts: str
    steps: Iterator[_Step]
    latest: _Step | None = None
    is_wanted: bool = False
    is_stopped: bool = False
    seconds: float = 0.0
    failure: RanError | None = None
    """Why it failed; it begins anew when it is next wanted."""
    begin: Callable[[], Iterator[_Step]] | None = field(default=None, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_whole(self) -> bool:
        """Return whether nothing is left to do."""
        return self.latest is not None and self.latest.done >= self.latest.of

    @property
    def is_waiting(self) -> bool:
        """Return whether it is to be gone on with now."""
        return self.is_wanted and not (self.is_stopped or self.is_whole or self.failure)

    def want(self) -> None:
        """Begin, or go on after Stop; what failed begins anew."""
        if self.failure is not None and self.begin is not None:
            self.failure, self.steps, self.latest = None, self.begin(), None
        self.is_wanted, self.is_stopped = True, False

    def stop(self) -> None:
        """Keep what is done; nothing more is begun."""
        self.is_stopped = True

    def step(self) -> None:
        """Take one step; work that fails keeps why, and is begun anew when it is next wanted.

        A click starts the next run of the page while the last one is still inside its step: the
        new one waits for it here.
        """
        with self.lock:
            if self.is_whole:
                return
            if self.failure is not None:
                raise self.failure
            try:
                with TURNS.slow(give_way), memory_told(), within(STEP_S):
                    begun = time.monotonic()
                    self.latest = next(self.steps)
                    self.seconds += time.monotonic() - begun
            except RanError as error:
                self.failure = error
                raise

    def finish(self) -> None:
        """Take all steps, without a word: for what takes no longer than a glance."""
        while not self.is_whole:
            self.step()


def work_on(
    key: Hashable, name: str, counts: str, begin: Callable[[], Iterator[_Step]]
) -> Work[_Step]:
    """Return the visitor's work of this key, begun anew where there is none.

    Two runs of a page may ask at once, the next while the last one has not noticed it: both get the
    same, or what one of them began would be lost.
    """
    with _GUARD:
        kept: OrderedDict[Hashable, Work[_Step]] = st.session_state.setdefault(_KEY, OrderedDict())
        work = kept.get(key)
        if work is None:
            work = kept[key] = Work(name, counts, begin(), begin=begin)
        kept.move_to_end(key)
        while len(kept) > KEPT:
            kept.popitem(last=False)
        return work


def do(
    work: Work[_Step],
    place: DeltaGenerator,
    key: str,
    *,
    after: Callable[[_Step], None] | None = None,
) -> None:
    """Go on with waiting work until it is whole, its progress and Stop in `place`; then draw anew.

    A click meanwhile, on Stop or elsewhere, ends the run between steps. What is done `after` each
    step belongs to it, but does not count as its time.
    """
    if not work.is_waiting:
        return
    with place.container(), suppress(RanError):  # it is kept, and the page says it
        row = st.container(horizontal=True, vertical_alignment="center")
        said = row.container(width="stretch").empty()
        row.button(
            _("Stop"), icon=":material/stop_circle:", on_click=work.stop, key=key_of("stop", key)
        )
        while work.is_waiting:
            said.progress(*progress(work))
            work.step()
            if after is not None and work.latest is not None:
                after(work.latest)
    if work.is_whole or work.failure:
        # A page that was asked for during the last step goes first: here the run gives way to it,
        # and st.rerun would put this page in its place.
        place.empty()
        st.rerun()


def progress(work: Work[_Step]) -> tuple[float, str]:
    """Return the share done, and the words beside it."""
    done, of = (0, 0) if work.latest is None else (work.latest.done, work.latest.of)
    words = f"**{work.name}**: {work.counts} {done + 1}"
    if of:
        left = work.seconds / max(done, 1) * (of - done)
        words += _(" of {of}, about {left:.0f} s left").format(of=of, left=left)
    if others := TURNS.waiting:
        words += counted(
            "; {count} other computation waits for its turn",
            "; {count} other computations wait for their turn",
            others,
        ).format(count=others)
    return (done / of if of else 0.0), _("{words}. What is done stays if you stop.").format(
        words=words
    )
