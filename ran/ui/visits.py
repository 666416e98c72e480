"""Who is here, and when a visit ends: what was given goes with it, whether others come or not."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
from contextlib import suppress
from typing import Any

from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg

from ran.ui.asgi import Asgi, Message, Receive, Send

AWAY_S = 100.0
"""A visitor whose connection is lost may come back for so long, and finds all as it was.

Streamlit by itself forgets a session two minutes after its connection, but only when the next one
is lost: the last visitor of an evening stayed in memory until the morning.
"""
_MOST_AWAY_S = 110.0
_SENDING_S = 0.5


class Visits:
    """Sessions that are here or may come back, and how many connections there are.

    Args:
        away: seconds for which one may come back; by default RAN_AWAY_S, else AWAY_S.
    """

    def __init__(self, away: float | None = None) -> None:
        self.here = 0
        """Connections: a visitor's page holds one WebSocket open."""
        self._away = _away() if away is None else away
        self._known: set[str] = set()
        self._leaving: dict[str, object] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def known(self) -> int:
        """Return how many sessions are here or may come back."""
        return len(self._known)

    def begin(self, session: str) -> None:
        """Know a session, by Streamlit's name; called in every run of its page."""
        self._known.add(session)
        self._leaving.pop(session, None)

    def holds(self, session: str) -> bool:
        """Return whether what a session gave is still held."""
        return session in self._known or _is_active(session)

    def left(self) -> None:
        """Let sessions that have lost their connection end in time; in the server's own thread."""
        for session in [name for name in tuple(self._known) if not _is_active(name)]:
            if session not in self._leaving:
                ticket = self._leaving[session] = object()
                asyncio.get_running_loop().call_later(self._away, self._end, session, ticket)

    def _end(self, session: str, ticket: object) -> None:
        if self._leaving.get(session) is not ticket:
            return
        del self._leaving[session]
        if _is_active(session):
            return
        runtime.get_instance().close_session(session)
        self._known.discard(session)
        ending = asyncio.create_task(_let_go())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


class Visitors:
    """Tells VISITS of every connection that begins and ends."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI calls it; all of them come in one thread."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        VISITS.here += 1
        try:
            await self._app(scope, receive, send)
        finally:
            VISITS.here -= 1
            VISITS.left()


def room() -> int:
    """Return how many visitors may be here at a time: RAN_VISITORS, else 20; 0 is any number."""
    try:
        return int(os.environ.get("RAN_VISITORS", ""))
    except ValueError:
        return 20


def is_full() -> bool:
    """Return whether more visitors are here than may be, the one who asks among them."""
    return 0 < room() < VISITS.here


def _away() -> float:
    try:
        return min(max(0.0, float(os.environ.get("RAN_AWAY_S", ""))), _MOST_AWAY_S)
    except ValueError:
        return AWAY_S


def _is_active(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


class _Nobody:
    """A connection that takes what is sent."""

    client_context = None

    def write_forward_msg(self, _message: Any) -> None:
        """Take a message."""


async def _let_go() -> None:
    """Free what a closed session held.

    Streamlit's sending loop holds the session that it sent to last until it sends to another
    (seen in 1.67): so nobody connects, is sent a word, and leaves.
    """
    lab = runtime.get_instance()
    nobody = lab.connect_session(_Nobody(), {})
    lab.handle_backmsg(nobody, BackMsg(set_run_on_save=False))
    await asyncio.sleep(_SENDING_S)
    lab.close_session(nobody)
    await asyncio.to_thread(_give_back)


def _give_back() -> None:
    """Free what only circles of references held, and give its memory back to the system."""
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc's
        ctypes.CDLL(None).malloc_trim(0)


VISITS = Visits()
"""Of this process."""
