"""Working through the poses of one visitor: step by step, with Stop, keeping what is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

import streamlit as st

from ran.engine import Engine
from ran.recipe import LayoutChoice
from ran.study.poses.posed import Answered, Cover, Posed, Skipped, answered

_KEY = "ran_poses"
_Key = tuple[str, str, str, str | None, LayoutChoice]
"""Of an answer: the network, the pose's name and face, the cover, and how the face is cut."""
REMEMBERED = 5
"""Answers kept for each pose: with other covers, regions and networks."""


@dataclass(frozen=True)
class Plan:
    """Which poses are wanted: by which way, their key, how many at most, and what makes them."""

    way: str
    key: Hashable
    count: int
    begin: Callable[[], Iterator[Posed | Skipped]]


@dataclass
class Work:
    """What is done of a plan. It lives in the visitor's session and goes with it."""

    plan: Plan | None = None
    steps: Iterator[Posed | Skipped] | None = None
    poses: list[Posed] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    answers: dict[_Key, Answered] = field(default_factory=dict)
    is_stopped: bool = False
    is_whole: bool = False
    chosen: Posed | None = None
    """The pose itself: its place differs from one order to another."""
    seconds: float = 0.0
    """Spent on the steps so far."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def step(self) -> Posed | None:
        """Make one more pose, or note that one was skipped or that none is left.

        A click starts the next run of the page while the last one is still inside its step: the
        new one waits for it here.
        """
        with self.lock:
            if self.steps is None:
                return None
            begun = time.monotonic()
            step = next(self.steps, None)
            self.seconds += time.monotonic() - begun
            if step is None:
                self.is_whole, self.steps = True, None
            elif isinstance(step, Skipped):
                self.skipped.append(step)
            else:
                self.poses.append(step)
                return step
            return None

    def stop(self) -> None:
        """Keep what is done; nothing more is begun."""
        self.is_stopped = True

    def choose(self, posed: Posed) -> None:
        """Choose a pose."""
        self.chosen = posed

    def go_on(self) -> None:
        """Take the work up where it was stopped."""
        self.is_stopped = False


def current() -> Work:
    """Return this visitor's work, made at the first call."""
    work: Work = st.session_state.setdefault(_KEY, Work())
    return work


def work_on(plan: Plan) -> Work:
    """Return the work on this plan, begun anew where the visitor's is on another."""
    work = current()
    if work.plan is None or work.plan.key != plan.key:
        st.session_state[_KEY] = work = Work(plan, plan.begin())
    return work


def kept(way: str) -> Plan | None:
    """Return the plan of the last photos or video: their widget forgets them on another page."""
    plan = current().plan
    return plan if plan is not None and plan.way == way else None


def forget(widget: str) -> None:
    """Let the work go where its files were taken out of their widget."""
    if not st.session_state.get(widget):
        st.session_state[_KEY] = Work()


def do(
    work: Work, plan: Plan, using: Engine, cover: Cover | None, layout: LayoutChoice
) -> list[Answered]:
    """Make the poses that are still to be made, and answer each; return what is done, as made.

    One step is one pose: a click meanwhile, on Stop or elsewhere, ends the run between steps.
    """
    row = st.container(horizontal=True, vertical_alignment="center")
    place, stop = row.container(width="stretch").empty(), row.empty()
    if not work.is_whole and not work.is_stopped and work.steps is not None:
        stop.button("Stop", icon=":material/stop_circle:", on_click=work.stop, key="poses-stop")
        while not work.is_whole:
            _say(place, work, plan)
            posed = work.step()
            if posed is not None:
                _answer(work, posed, using, cover, layout)
        stop.empty()
        place.empty()
    if work.is_stopped and not work.is_whole:
        place.markdown(f"Stopped. {len(work.poses)} of {plan.count} poses are done and shown.")
        stop.button("Go on", icon=":material/play_arrow:", on_click=work.go_on, key="poses-go-on")
    return answers(work, using, cover, layout)


def answers(work: Work, using: Engine, cover: Cover | None, layout: LayoutChoice) -> list[Answered]:
    """Return a network's answers to the poses that are done, in the order they were made in."""
    return [_answer(work, posed, using, cover, layout) for posed in work.poses]


def _answer(
    work: Work, posed: Posed, using: Engine, cover: Cover | None, layout: LayoutChoice
) -> Answered:
    """Return the answer to one pose, asked of the network once for each cover and cut."""
    hidden = None if cover is None else cover.key
    key = (using.key, posed.name, posed.face.digest, hidden, layout)
    found = work.answers.get(key)
    if found is None:
        (found,) = answered([posed], using=using, cover=cover, layout=layout)
        if len(work.answers) > REMEMBERED * max(len(work.poses), 40):
            work.answers.clear()
        work.answers[key] = found
    return found


def _say(place: st.delta_generator.DeltaGenerator, work: Work, plan: Plan) -> None:
    done = len(work.poses)
    share = min(1.0, done / max(1, plan.count))
    words = f"Poses: {min(done + 1, plan.count)} of {plan.count}"
    if done:
        left = max(0.0, work.seconds / done * (plan.count - done))
        words += f", about {left:.0f} s left"
    place.progress(share, f"{words}. What is done stays if you stop.")
