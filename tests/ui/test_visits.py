"""When a visit ends, and what may come back before."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from ran.ui import visits
from ran.ui.visits import Visitors, Visits, is_full, room


class Lab:
    """Streamlit's runtime, as far as visits ask it: who is connected, and what was closed."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.closed: list[str] = []

    def exists(self) -> bool:
        return True

    def get_instance(self) -> Lab:
        return self

    def is_active_session(self, session: str) -> bool:
        return session in self.active

    def close_session(self, session: str) -> None:
        self.closed.append(session)

    def connect_session(self, _client, _user) -> str:
        return "nobody"

    def handle_backmsg(self, _session, _message) -> None:
        pass


@pytest.fixture
def lab(monkeypatch):
    made = Lab()
    monkeypatch.setattr(visits, "runtime", made)
    monkeypatch.setattr(visits, "_SENDING_S", 0.0)
    return made


def run(work) -> None:
    """Run to its end in a thread of its own: a browser's test may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def test_who_does_not_come_back_is_closed_and_no_longer_held(lab):
    async def goes() -> None:
        here = Visits(away=0.05)
        lab.active = {"a", "b"}
        here.begin("a")
        here.begin("b")
        lab.active = {"b"}
        here.left()
        assert here.holds("a"), "files of one who may come back still count"
        assert lab.closed == []
        await asyncio.sleep(0.3)
        assert lab.closed == ["a", "nobody"]
        assert not here.holds("a")
        assert here.holds("b")
        assert here.known == 1

    run(goes())


def test_who_comes_back_in_time_stays_and_has_the_whole_time_again(lab):
    async def returns() -> None:
        here = Visits(away=0.4)
        here.begin("a")
        here.left()
        await asyncio.sleep(0.2)
        lab.active = {"a"}
        here.begin("a")
        lab.active = set()
        here.left()
        await asyncio.sleep(0.3)
        assert lab.closed == [], "the first absence does not end the second"
        await asyncio.sleep(0.4)
        assert lab.closed[0] == "a"

    run(returns())


def test_who_is_back_without_a_word_stays(lab):
    async def stays() -> None:
        here = Visits(away=0.02)
        here.begin("a")
        here.left()
        lab.active = {"a"}
        await asyncio.sleep(0.2)
        assert lab.closed == []
        assert here.holds("a")

    run(stays())


def test_connections_are_counted_also_when_one_breaks(monkeypatch):
    own = Visits()
    monkeypatch.setattr(visits, "VISITS", own)
    monkeypatch.setenv("RAN_VISITORS", "1")
    seen = []

    async def breaks(_scope, _receive, _send) -> None:
        seen.append((own.here, is_full()))
        if len(seen) == 1:
            await Visitors(breaks)({"type": "websocket"}, None, None)
        raise ConnectionError

    async def connected() -> None:
        with pytest.raises(ConnectionError):
            await Visitors(breaks)({"type": "websocket"}, None, None)

    run(connected())
    assert seen == [(1, False), (2, True)]
    assert own.here == 0
    monkeypatch.setenv("RAN_VISITORS", "0")
    assert room() == 0
    assert not is_full()


@pytest.mark.parametrize(
    ("told", "seconds"), [("", 100.0), ("5", 5.0), ("1000", 110.0), ("-1", 0.0), ("soon", 100.0)]
)
def test_the_time_to_come_back_is_set_within_streamlits_own(monkeypatch, told, seconds):
    monkeypatch.setenv("RAN_AWAY_S", told)
    assert Visits()._away == seconds
