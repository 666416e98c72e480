"""What a browser may tell the server: what our pages send, and no more of it than they need."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

from ran.ui.asgi import Asgi, Message, Receive, Send

_OURS = frozenset(("rerun_script", "stop_script", "file_urls_request", "app_heartbeat"))
_OPERATIONS = frozenset(("deferred_file", "dataframe_chunk"))
"""Of a backend operation: others write into the server's folders."""
MOST_BYTES = 16 << 20
"""Of one message; that with the largest drawing has below 3 MB (ran.recipe.MAX_BYTES)."""
_TOO_BIG = 1009
"""The code of a closed connection for that (RFC 6455, 7.4.1)."""


class Messages:
    """Drops what only Streamlit's own menus send, and ends a connection that sends too much.

    Any visitor could otherwise clear what is loaded once for all, a page's networks among it
    (`clear_cache`), as often as they like.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI calls it."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return

        async def receiving() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                content = message.get("bytes") or b""
                if max(len(content), len(message.get("text") or "")) > MOST_BYTES:
                    await send({"type": "websocket.close", "code": _TOO_BIG})
                    return {"type": "websocket.disconnect", "code": _TOO_BIG}
                if is_ours(content):
                    return message

        await self._app(scope, receiving, send)


def is_ours(content: bytes) -> bool:
    """Return whether a message is one that our pages send."""
    try:
        told = BackMsg.FromString(content)
    except DecodeError:
        return False
    kind = told.WhichOneof("type")
    if kind == "backend_operation_request":
        return told.backend_operation_request.WhichOneof("payload") in _OPERATIONS
    return kind in _OURS
