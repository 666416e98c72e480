"""What the server does to every request before Streamlit sees it: headers, and how much comes in.

ASGI middleware (asgi.readthedocs.io), for the App of streamlit_app.py.
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from starlette.middleware import Middleware

from ran.ui.asgi import Asgi, Message, Receive, Send
from ran.ui.messages import Messages
from ran.ui.visits import VISITS, Visitors

HEADERS = {
    # Streamlit's components are scripts in blobs, its styles are set from scripts, and Plotly
    # writes pictures to data addresses; nothing comes from another host, nothing goes there.
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "media-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
_MB = 1 << 20
_MOST_UNREAD = 256 * _MB
_M_ARENA_MAX, _ARENAS = -8, 2


def begin_process() -> None:
    """Set what holds for the whole process; before anything computes.

    Every thread that allocates would get an arena of its own, whose freed memory the others cannot
    use: when six visitors had left, 290 MB stayed, and with two arenas 90 (glibc's mallopt).
    """
    with suppress(OSError, AttributeError):  # glibc's
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    threading.Thread(target=warm, daemon=True).start()


def warm() -> None:
    """Load the first page's modules before anybody asks, and spare them from garbage collection.

    Streamlit collects all garbage after every run of a page, and all threads stand still while it
    looks through what never goes: torch's and its own modules. What belongs to a visitor is never
    spared: nothing is, if one came first.
    """
    import_module("ran.ui.occlude.page")
    gc.collect()
    if VISITS.here == 0 and VISITS.known == 0:
        gc.freeze()


class Headers:
    """Adds HEADERS to every answer."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI calls it."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message.get("headers", ())}
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [
                    *message.get("headers", ()), *(pair for pair in added if pair[0] not in own),
                ]  # fmt: skip
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


class Uploads:
    """Refuses files beyond what one visitor, or all together, may have here at a time.

    Bytes are counted as they come, not as they are announced. A file counts until its visitor
    takes it back, or until what they gave is no longer held.

    Args:
        each: bytes of one visitor's files; by default RAN_UPLOAD_MB, else 500 MB.
        together: bytes of all; by default RAN_UPLOADS_MB, else 2,000 MB.
        files: files of one visitor.
        is_here: whether a visitor, by Streamlit's name of the session, may still have files here.
    """

    def __init__(
        self,
        app: Asgi,
        *,
        each: int | None = None,
        together: int | None = None,
        files: int = 100,
        is_here: Callable[[str], bool] | None = None,
    ) -> None:
        self._app = app
        self._each = _megabytes("RAN_UPLOAD_MB", 500) if each is None else each
        self._together = _megabytes("RAN_UPLOADS_MB", 2000) if together is None else together
        self._files = files
        self._is_here = is_here or VISITS.holds
        self._sizes: dict[str, dict[str, int]] = defaultdict(dict)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI calls it; all of them come in one thread."""
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in ("PUT", "DELETE"):
            await self._app(scope, receive, send)
            return
        visitor, file = found.groups()
        if scope["method"] == "DELETE":
            self._sizes[visitor].pop(file, None)
            await self._app(scope, receive, send)
            return
        for gone in [name for name in self._sizes if not self._is_here(name)]:
            del self._sizes[gone]
        sizes, is_refused, is_kept, is_more = self._sizes[visitor], False, False, True
        sizes[file] = 0

        async def receiving() -> Message:
            nonlocal is_refused, is_more
            message = await receive()
            is_more = message.get("more_body", False)
            sizes[file] += len(message.get("body", b""))
            if not self._fits(visitor):
                is_refused = True
                raise _Refused
            return message

        async def sending(message: Message) -> None:
            nonlocal is_kept
            if is_refused:
                return
            if message["type"] == "http.response.start":
                is_kept = message["status"] < 300
            await send(message)

        try:
            if not self._fits(visitor):
                is_refused = True
            else:
                await self._app(scope, receiving, sending)
        except _Refused:
            pass
        finally:
            if not is_kept:
                self._sizes[visitor].pop(file, None)
        if is_refused:
            if is_more:
                await _drain(receive)
            await _refuse(send)

    def _fits(self, visitor: str) -> bool:
        sizes = self._sizes[visitor]
        return (
            len(sizes) <= self._files
            and sum(sizes.values()) <= self._each
            and sum(sum(their.values()) for their in self._sizes.values()) <= self._together
        )


class _Refused(Exception):
    """The rest of an upload is not read."""


async def _drain(receive: Receive) -> None:
    """Read what still comes and keep nothing: a browser that is not heard out reads no answer."""
    left = _MOST_UNREAD
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


async def _refuse(send: Send) -> None:
    said = b"This is more than the lab keeps at a time. Take other files back, then try again."
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": head})
    await send({"type": "http.response.body", "body": said})


def _megabytes(name: str, otherwise: int) -> int:
    try:
        return int(os.environ.get(name, "")) * _MB
    except ValueError:
        return otherwise * _MB


MIDDLEWARE = (
    Middleware(Headers), Middleware(Visitors), Middleware(Messages), Middleware(Uploads),
)  # fmt: skip
"""What streamlit_app.py puts before Streamlit, the outermost first."""
