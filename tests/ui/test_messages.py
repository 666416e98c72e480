"""What a browser tells the server goes through only where our pages would send it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg

from ran.ui import messages
from ran.ui.messages import Messages, is_ours

DOWNLOAD = BackendOperationRequest(request_id="1", deferred_file={"file_id": "a"})
INSTALL = BackendOperationRequest(request_id="1", install_skills={})
OURS = [
    BackMsg(rerun_script={}), BackMsg(stop_script=True), BackMsg(app_heartbeat=True),
    BackMsg(file_urls_request={"request_id": "1", "file_names": ["a.png"]}),
    BackMsg(backend_operation_request=DOWNLOAD),
]  # fmt: skip
OTHERS = [
    BackMsg(clear_cache=True), BackMsg(set_run_on_save=True), BackMsg(load_git_info=True),
    BackMsg(debug_shutdown_runtime=True), BackMsg(debug_disconnect_websocket=True),
    BackMsg(backend_operation_request=INSTALL), BackMsg(),
]  # fmt: skip


def through(*given: dict) -> tuple[list[dict], list[dict]]:
    """What the app receives of these messages, and what the browser is sent."""
    got, sent, left = [], [], [*given, {"type": "websocket.disconnect", "code": 1000}]

    async def app(_scope, receive, _send) -> None:
        while not got or got[-1]["type"] != "websocket.disconnect":
            got.append(await receive())

    async def receive() -> dict:
        return left.pop(0)

    async def send(message) -> None:
        sent.append(message)

    async def connected() -> None:
        await Messages(app)({"type": "websocket"}, receive, send)

    with ThreadPoolExecutor(1) as pool:  # a browser's test may have a loop in this thread
        pool.submit(asyncio.run, connected()).result()
    return got[:-1], sent


def telling(message: BackMsg) -> dict:
    return {"type": "websocket.receive", "bytes": message.SerializeToString()}


def test_what_pages_send_goes_through_in_order():
    given = [telling(message) for message in OURS]
    assert through(*given) == (given, [])


@pytest.mark.parametrize("message", OTHERS, ids=lambda message: message.WhichOneof("type") or "-")
def test_what_only_streamlits_menus_send_is_dropped_and_the_connection_goes_on(message):
    after = telling(OURS[0])
    assert through(telling(message), after) == ([after], [])


def test_what_is_no_message_is_dropped():
    junk = {"type": "websocket.receive", "bytes": b"\xff\xff\xff"}
    text = {"type": "websocket.receive", "text": "rerun"}
    assert through(junk, text) == ([], [])
    assert not is_ours(b"\x08")


@pytest.mark.parametrize("kind", ["bytes", "text"])
def test_a_message_beyond_all_need_ends_the_connection(monkeypatch, kind):
    monkeypatch.setattr(messages, "MOST_BYTES", 100)
    large = b"x" * 101 if kind == "bytes" else "x" * 101
    got, sent = through({"type": "websocket.receive", kind: large}, telling(OURS[0]))
    assert got == []
    assert sent == [{"type": "websocket.close", "code": 1009}]
