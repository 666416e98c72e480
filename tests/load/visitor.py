"""A visitor without a browser: what a page's own script tells the server, over its WebSocket.

Only what is drawn on Occlude is played: a photo is uploaded, strokes are drawn, answers are read.
"""

from __future__ import annotations

import base64
import io
import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from ssl import SSLContext
from types import TracebackType
from typing import Any
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

PATIENCE_S = 120.0
CANVAS = "ran_canvas"
_LAST = "RB loss"
"""Stands in the last of the numbers that answer a stroke."""


@dataclass
class Page:
    """What the last run of a page put on it, as far as a visitor needs it."""

    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Label -> the widget's id and its fragment."""
    uploader: tuple[str, str] = ("", "")
    canvas: tuple[str, str] = ("", "")
    face: NDArray[np.uint8] | None = None
    """The clean face that the canvas shows, u8[S, S, 3]."""
    texts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Visitor:
    """One visitor of the app at an address, connected as long as the block lasts."""

    def __init__(self, address: str, ssl: SSLContext | None = None) -> None:
        self._address, self._ssl = address, ssl
        self._open = ExitStack()
        self._cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies), HTTPSHandler(context=ssl))
        self._states: dict[str, WidgetState] = {}
        self.page = Page()

    def __enter__(self) -> Visitor:
        for path in ("/", "/_stcore/health"):  # the second sets a cookie that uploads must show
            with self._opener.open(self._address + path, timeout=PATIENCE_S) as answer:
                answer.read()
        self._socket = self._open.enter_context(
            connect(
                self._address.replace("http", "ws", 1) + "/_stcore/stream",
                subprotocols=["streamlit"], max_size=None, max_queue=None,
                open_timeout=PATIENCE_S, ssl=self._ssl,
            )
        )  # fmt: skip
        self._run()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def upload(self, name: str, photo: bytes) -> None:
        """Give a photo through the dialog, and close it."""
        face, fragment = self.page.buttons["Face"]
        self._run(WidgetState(id=face, trigger_value=True), fragment=fragment)
        uploader, fragment = self.page.uploader
        request = BackMsg(file_urls_request={"request_id": "1", "file_names": [name]})
        self._socket.send(request.SerializeToString())
        urls = self._until("file_urls_response").file_urls_response.file_urls[0]
        body, kind = _form(name, photo)
        xsrf = next((one.value for one in self._cookies if "xsrf" in one.name), None) or ""
        headers = {"Content-Type": kind, "X-Xsrftoken": xsrf}
        put = Request(self._address + urls.upload_url, body, headers, method="PUT")
        with self._opener.open(put, timeout=PATIENCE_S) as answer:
            answer.read()
        state = WidgetState(id=uploader)
        state.file_uploader_state_value.uploaded_file_info.append(
            UploadedFileInfo(name=name, size=len(photo), file_id=urls.file_id, file_urls=urls)
        )
        self._run(state, fragment=fragment)

    def draw(self, shapes: list[dict[str, Any]]) -> float:
        """Draw these shapes and wait for the last of the numbers; return its seconds.

        What the page still computes then, the same cover at other places and where the evidence
        lies, is broken off by the next stroke, as a browser's is.
        """
        canvas, fragment = self.page.canvas
        self._drain()
        begun = time.perf_counter()
        state = WidgetState(id=canvas, json_value=json.dumps({"drawing": shapes}))
        self._tell(state, fragment=fragment)
        page = self.page = Page()
        while True:
            message = self._read()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                page = self.page = Page()
            elif kind == "delta":
                _take(page, message)
                if page.texts and _LAST in page.texts[-1]:
                    return time.perf_counter() - begun
            elif kind == "script_finished" and page.texts:
                raise AssertionError(f"no answer to a stroke: {page.errors or page.texts}")

    def _drain(self) -> None:
        """Pass over what is still sent of an earlier run."""
        while True:
            try:
                self._socket.recv(timeout=0)
            except TimeoutError:
                return

    def _run(self, *states: WidgetState, fragment: str = "") -> None:
        """Tell what changed, and take what the page's run puts on it, reruns included."""
        self._tell(*states, fragment=fragment)
        page = self.page if fragment else Page()
        while True:
            message = self._read()
            kind = message.WhichOneof("type")
            if kind == "delta":
                _take(page, message)
            elif kind == "new_session" and not message.metadata.run.fragment_ids:
                page = Page()
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                break
        self.page = page

    def _tell(self, *states: WidgetState, fragment: str = "") -> None:
        client = ClientState(fragment_id=fragment)
        self._states |= {state.id: state for state in states}
        client.widget_states.widgets.extend(self._states.values())
        self._socket.send(BackMsg(rerun_script=client).SerializeToString())
        # A click counts once.
        self._states = {
            name: one for name, one in self._states.items() if not one.HasField("trigger_value")
        }

    def _until(self, kind: str) -> ForwardMsg:
        while True:
            message = self._read()
            if message.WhichOneof("type") == kind:
                return message

    def _read(self) -> ForwardMsg:
        content = self._socket.recv(timeout=PATIENCE_S)
        assert isinstance(content, bytes)
        return ForwardMsg.FromString(content)


def _take(page: Page, message: ForwardMsg) -> None:
    """Note what a visitor needs of one element."""
    delta = message.delta
    element, fragment = delta.new_element, delta.fragment_id
    kind = element.WhichOneof("type")
    if kind == "button":
        page.buttons[element.button.label] = element.button.id, fragment
    elif kind == "file_uploader" and not page.uploader[0]:
        page.uploader = element.file_uploader.id, fragment
    elif kind == "exception":
        page.errors.append(element.exception.message)
    elif kind == "alert":
        page.errors.append(element.alert.body)
    elif kind == "markdown":
        page.texts.append(element.markdown.body)
    elif kind == "html":
        page.texts.append(element.html.body)
    elif kind == "bidi_component" and element.bidi_component.component_name.endswith(CANVAS):
        page.canvas = element.bidi_component.id, fragment
        page.face = _picture(json.loads(_data(element.bidi_component))["clean"])


def _data(component: Any) -> str:
    text: str = component.json or component.mixed.json
    return text


def _picture(url: str) -> NDArray[np.uint8]:
    content = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def _form(name: str, photo: bytes) -> tuple[bytes, str]:
    """Return a form with one file, and its type (RFC 7578)."""
    edge = "edge-of-a-part"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode() + photo + f"\r\n--{edge}--\r\n".encode(), (
        f"multipart/form-data; boundary={edge}"
    )
