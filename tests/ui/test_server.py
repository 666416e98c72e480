"""What the server adds to every answer, and how many uploaded bytes it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ran.ui import server
from ran.ui.server import HEADERS, Headers, Uploads
from ran.ui.visits import Visits

MB = 1 << 20


def done(work: Coroutine[Any, Any, None]) -> None:
    """Run to its end, in a thread of its own: a browser's test may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


class Kept:
    """A server that keeps what is uploaded, as Streamlit's does; `status` is what it answers."""

    def __init__(self, status: int = 204) -> None:
        self.status = status
        self.files: dict[str, int] = {}

    async def __call__(self, scope, receive, send) -> None:
        size, more = 0, scope["method"] == "PUT"
        while more:
            message = await receive()
            size += len(message["body"])
            more = message["more_body"]
        if scope["method"] == "PUT":
            self.files[scope["path"]] = size
        else:
            self.files.pop(scope["path"], None)
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(app: Any, path: str, *parts: bytes, method: str = "PUT") -> tuple[int, bytes]:
    """The status and the text that a request is answered with; all its parts must be read."""
    left = [
        {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
        for place, part in enumerate(parts)
    ]
    sent: list[Any] = []

    async def receive():
        return left.pop(0)

    async def send(message):
        sent.append(message)

    done(app({"type": "http", "method": method, "path": path}, receive, send))
    assert not left, "a browser that is not heard out reads no answer"
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"], sent[1]["body"]


def at(visitor: str, file: str) -> str:
    return f"/_stcore/upload_file/{visitor}/{file}"


def uploads(kept: Kept, **limits: Any) -> Uploads:
    return Uploads(kept, **({"each": 3 * MB, "together": 5 * MB, "is_here": bool} | limits))


def test_files_that_fit_go_through_whole():
    kept = Kept()
    app = uploads(kept)
    assert ask(app, at("a", "1"), b"x" * MB, b"y" * MB) == (204, b"")
    assert ask(app, "/base" + at("a", "2"), b"x" * MB)[0] == 204
    assert kept.files == {at("a", "1"): 2 * MB, "/base" + at("a", "2"): MB}


def test_one_visitors_files_are_limited_in_all_and_taking_one_back_makes_room():
    kept = Kept()
    app = uploads(kept)
    assert ask(app, at("a", "1"), b"x" * 2 * MB)[0] == 204
    status, said = ask(app, at("a", "2"), b"x" * MB, b"x", b"never kept")
    assert status == 413
    assert b"more than the lab keeps" in said
    assert b"try again" in said
    assert list(kept.files) == [at("a", "1")]
    assert ask(app, at("b", "1"), b"x" * MB)[0] == 204, "another visitor has room"
    assert ask(app, at("a", "1"), method="DELETE")[0] == 204
    assert ask(app, at("a", "2"), b"x" * 3 * MB)[0] == 204


def test_the_same_file_again_counts_once():
    app = uploads(Kept())
    for _ in range(4):
        assert ask(app, at("a", "1"), b"x" * 2 * MB)[0] == 204


def test_all_together_are_limited_and_those_who_left_no_longer_count():
    here = {"a", "b"}
    app = uploads(Kept(), is_here=here.__contains__)
    assert ask(app, at("a", "1"), b"x" * 3 * MB)[0] == 204
    assert ask(app, at("b", "1"), b"x" * 3 * MB)[0] == 413
    assert ask(app, at("b", "1"), b"x" * 2 * MB)[0] == 204
    here.remove("a")
    assert ask(app, at("b", "2"), b"x" * MB)[0] == 204


def test_many_small_files_are_limited_too():
    app = uploads(Kept(), files=3)
    assert [ask(app, at("a", str(n)), b"x")[0] for n in range(5)] == [204, 204, 204, 413, 413]


def test_what_streamlit_refuses_does_not_count():
    kept = Kept(400)
    app = uploads(kept)
    for number in range(5):
        assert ask(app, at("a", str(number)), b"x" * 2 * MB)[0] == 400
    kept.status = 204
    assert ask(app, at("a", "9"), b"x" * 3 * MB)[0] == 204


def test_limits_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("RAN_UPLOAD_MB", "1")
    assert ask(Uploads(Kept(), is_here=bool), at("a", "1"), b"x" * MB, b"x")[0] == 413
    monkeypatch.setenv("RAN_UPLOAD_MB", "much")
    assert ask(Uploads(Kept(), is_here=bool), at("a", "1"), b"x" * MB, b"x")[0] == 204
    monkeypatch.setenv("RAN_UPLOADS_MB", "1")
    assert ask(Uploads(Kept(), is_here=bool), at("a", "1"), b"x" * MB, b"x")[0] == 413


def test_other_requests_are_not_counted():
    app = uploads(Kept())
    assert ask(app, "/_stcore/health", b"x" * 9 * MB)[0] == 204


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_every_answer_bears_the_headers_and_keeps_its_own(kind):
    async def inner(scope, receive, send) -> None:
        own = [(b"Referrer-Policy", b"origin"), (b"content-type", b"text/plain")]
        await send({"type": f"{kind}.response.start", "status": 200, "headers": own})
        await send({"type": f"{kind}.response.body", "body": b"x"})

    sent: list[Any] = []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError

    done(Headers(inner)({"type": kind, "path": "/"}, receive, send))
    found = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    own = [("referrer-policy", "origin"), ("content-type", "text/plain")]
    added = [pair for pair in HEADERS.items() if pair[0] != "referrer-policy"]
    assert found == own + (added if kind == "http" else [])


@pytest.mark.parametrize("visitors", [0, 1])
def test_what_never_goes_is_spared_from_collection_unless_a_visitor_is_there(monkeypatch, visitors):
    frozen = []
    monkeypatch.setattr(server.gc, "freeze", lambda: frozen.append(True))
    here = Visits()
    if visitors:
        here.begin("somebody")
    monkeypatch.setattr(server, "VISITS", here)
    server.warm()
    assert frozen == [True] * (1 - visitors)
