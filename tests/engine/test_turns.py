"""Turns of computing: slow work in order and one at a time, quick answers at once."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import ran
from ran.engine.turns import Turns

LONG = 30.0
"""Seconds that nothing here takes; a test that waits so long has failed."""


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.002)


class Step:
    """A step of slow work in a thread of its own; it ends when it is told to."""

    def __init__(self, turns: Turns, pool: ThreadPoolExecutor) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.turns = turns
        self.done: Future[None] = pool.submit(self._run)

    def _run(self) -> None:
        with self.turns.slow():
            self.begun.set()
            assert self.may_end.wait(LONG)

    def end(self) -> None:
        self.may_end.set()
        self.done.result(LONG)


def test_slow_steps_come_one_at_a_time_in_the_order_in_which_they_ask(pool):
    turns = Turns()
    steps = []
    for number in range(4):
        steps.append(Step(turns, pool))
        until(lambda wanted=number: turns.waiting == wanted and steps[0].begun.is_set())
    assert [step.begun.is_set() for step in steps] == [True, False, False, False]
    for place, step in enumerate(steps):
        assert step.begun.wait(LONG)
        assert not any(later.begun.is_set() for later in steps[place + 1 :])
        step.end()
    assert turns.waiting == 0


def test_a_quick_answer_never_waits(pool):
    turns = Turns()
    step = Step(turns, pool)
    assert step.begun.wait(LONG)
    for _ in range(3):
        with turns.quick(), turns.quick():
            assert not step.done.done()
    step.end()


def test_no_slow_step_begins_beside_a_quick_answer(pool):
    turns = Turns(patience=LONG)
    with turns.quick():
        step = Step(turns, pool)
        until(lambda: turns.waiting == 1)
        assert not step.begun.wait(0.05)
    assert step.begun.wait(LONG)
    step.end()


def test_a_slow_step_does_not_wait_for_ever(pool):
    turns = Turns(patience=0.05)
    with turns.quick():
        first, second = Step(turns, pool), Step(turns, pool)
        until(lambda: first.begun.is_set() or second.begun.is_set())
        until(lambda: turns.waiting == 1)
        for step in (first, second):
            step.end()


def test_a_step_that_fails_or_is_within_another_leaves_the_turn_free(pool):
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.slow(), turns.slow():
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), turns.quick():
        raise ZeroDivisionError
    step = Step(turns, pool)
    assert step.begun.wait(LONG)
    step.end()


class NotWanted(Exception):
    """What a visitor's newer page does to the run that it replaces."""


def test_who_is_no_longer_wanted_leaves_the_queue_and_computes_nothing(pool):
    turns = Turns()
    first = Step(turns, pool)
    assert first.begun.wait(LONG)
    is_wanted = threading.Event()
    is_wanted.set()
    computed = []

    def give_way() -> None:
        if not is_wanted.is_set():
            raise NotWanted

    def stale() -> None:
        with turns.slow(give_way):
            computed.append("stale")

    left = pool.submit(stale)
    until(lambda: turns.waiting == 1)
    is_wanted.clear()
    with pytest.raises(NotWanted):
        left.result(LONG)
    assert turns.waiting == 0
    with pytest.raises(NotWanted):
        stale()
    first.end()
    with pytest.raises(NotWanted):
        stale()
    assert computed == []
    is_wanted.set()
    stale()
    assert computed == ["stale"], "the turn itself was not lost"


def test_whoever_waits_for_a_turn_on_a_page_gives_way():
    """Else every stroke leaves a run behind, in the queue and in memory."""
    called = {
        f"{path.name}: {found}"
        for path in (Path(ran.__file__).parent).rglob("*.py")
        for found in re.findall(r"TURNS\.slow\((.*?)\)", path.read_text())
    }
    assert {found.rpartition(": ")[2] for found in called} == {
        "give_way", "self._give_way",
    }  # fmt: skip
    assert len(called) == 4
