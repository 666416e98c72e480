"""A sweep: the poses of one visitor, made step by step, and the networks' answers to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import streamlit as st

from ran.engine import Engine
from ran.recipe import LayoutChoice
from ran.study.poses.posed import Answered, Cover, Posed, Skipped, answered
from ran.ui.shared.work import Work
from ran.ui.shared.work import do as do_work
from ran.words import _

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


@dataclass(frozen=True)
class Made:
    """How far a plan is: what was made and what was skipped of `of`, the last step being whole."""

    poses: tuple[Posed, ...]
    skipped: tuple[Skipped, ...]
    of: int
    is_whole: bool = False

    @property
    def done(self) -> int:
        """Return how many steps are done; of a plan that promised too few, never all of them."""
        done = len(self.poses) + len(self.skipped)
        return self.of if self.is_whole else min(done, self.of - 1)


def making(plan: Plan) -> Iterator[Made]:
    """Make the poses of a plan one by one; the last step says that none is left."""
    poses: tuple[Posed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    of = max(plan.count, 1)
    for step in plan.begin():
        if isinstance(step, Skipped):
            skipped += (step,)
        else:
            poses += (step,)
        yield Made(poses, skipped, of)
    yield Made(poses, skipped, of, is_whole=True)


@dataclass
class Sweep:
    """What is done of a plan. It lives in the visitor's session and goes with it."""

    plan: Plan | None = None
    work: Work[Made] | None = None
    answers: dict[_Key, Answered] = field(default_factory=dict)
    chosen: Posed | None = None
    """The pose itself: its place differs from one order to another."""

    @staticmethod
    def of(plan: Plan) -> Sweep:
        """Return a sweep of which nothing is done yet."""
        begun = Work("Poses", "pose", making(plan), begin=lambda: making(plan))
        begun.want()
        return Sweep(plan, begun)

    @property
    def poses(self) -> tuple[Posed, ...]:
        """Return the poses that are done, as made."""
        return () if self.work is None or self.work.latest is None else self.work.latest.poses

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Return what gave no pose, and why."""
        return () if self.work is None or self.work.latest is None else self.work.latest.skipped

    def choose(self, posed: Posed) -> None:
        """Choose a pose."""
        self.chosen = posed


def current() -> Sweep:
    """Return this visitor's sweep, made at the first call."""
    sweep: Sweep = st.session_state.setdefault(_KEY, Sweep())
    return sweep


def sweep_of(plan: Plan) -> Sweep:
    """Return the sweep of this plan, begun anew where the visitor's is of another."""
    sweep = current()
    if sweep.plan is None or sweep.plan.key != plan.key:
        st.session_state[_KEY] = sweep = Sweep.of(plan)
    return sweep


def kept(way: str) -> Plan | None:
    """Return the plan of the last photos or video: their widget forgets them on another page."""
    plan = current().plan
    return plan if plan is not None and plan.way == way else None


def forget(widget: str) -> None:
    """Let the sweep go where its files were taken out of their widget."""
    if not st.session_state.get(widget):
        st.session_state[_KEY] = Sweep()


def do(sweep: Sweep, using: Engine, cover: Cover | None, layout: LayoutChoice) -> list[Answered]:
    """Make the poses that are still to be made, and answer each; return what is done, as made.

    Raises:
        RanError: if the plan failed, until other photos or another way is chosen.
    """
    work, place = sweep.work, st.empty()
    assert work is not None

    def answer_the_last(made: Made) -> None:
        _answers(sweep, made.poses[-1:], using, cover, layout)

    do_work(work, place, "poses", after=answer_the_last)
    if work.failure is not None:
        raise work.failure
    if work.is_stopped and not work.is_whole:
        assert sweep.plan is not None
        with place.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                _("Stopped. {count} of {planned} poses are done and shown.").format(
                    count=len(sweep.poses), planned=sweep.plan.count
                ),
                width="stretch",
            )
            st.button(
                _("Go on"), icon=":material/play_arrow:", on_click=work.want, key="poses-go-on"
            )
    return answers(sweep, using, cover, layout)


def answers(
    sweep: Sweep, using: Engine, cover: Cover | None, layout: LayoutChoice
) -> list[Answered]:
    """Return a network's answers to the poses that are done, in the order they were made in."""
    return _answers(sweep, sweep.poses, using, cover, layout)


def _answers(
    sweep: Sweep, poses: Sequence[Posed], using: Engine, cover: Cover | None, layout: LayoutChoice
) -> list[Answered]:
    """Return the answers to poses, asked of the network once for each cover and cut."""
    hidden = None if cover is None else cover.key
    keys = [(using.key, posed.name, posed.face.digest, hidden, layout) for posed in poses]
    known = {key: sweep.answers[key] for key in keys if key in sweep.answers}
    missing = {key: posed for key, posed in zip(keys, poses, strict=True) if key not in known}
    made = answered(missing.values(), using=using, cover=cover, layout=layout)
    for key, found in zip(missing, made, strict=True):
        if len(sweep.answers) > REMEMBERED * max(len(sweep.poses), 40):
            sweep.answers.clear()
        sweep.answers[key] = known[key] = found
    return [known[key] for key in keys]
