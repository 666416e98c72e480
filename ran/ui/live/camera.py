"""The visitor's camera by WebRTC: frames to a watcher, its pictures back; nobody else is asked."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit_webrtc import DEFAULT_VIDEO_HTML_ATTRS, WebRtcMode, webrtc_streamer

from ran.study.live.watcher import Watcher
from ran.words import _

_KEY = "live-camera"
_ADDRESSES: dict[str, Any] = {"iceServers": []}
"""No server is asked how this machine looks from elsewhere: the browser must reach it itself."""
_ASKED = {
    "audio": False,
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30}},
}

_SHOWN: dict[str, Any] = {
    **DEFAULT_VIDEO_HTML_ATTRS, "controls": False, "muted": True, "playsInline": True,
}  # fmt: skip
"""As the component shows a video by itself, without a player's buttons; inline on a phone."""


def stream(watcher: Watcher) -> bool:
    """Draw the camera with its Start and Stop; return whether frames come."""

    async def newest(frames: list[Any]) -> list[Any]:
        watcher.offer(partial(_pixels, frames[-1]), skipped=len(frames) - 1)
        picture = watcher.take_picture()
        # Without a new picture the last one stays.
        return [] if picture is None else [type(frames[-1]).from_ndarray(picture, format="rgb24")]

    context = webrtc_streamer(
        _KEY,
        mode=WebRtcMode.SENDRECV,
        rtc_configuration=_ADDRESSES,
        media_stream_constraints=_ASKED,
        queued_video_frames_callback=newest,
        video_html_attrs=_SHOWN,
        media_toggle_controls=False,
        translations={
            "start": _("Start"),
            "stop": _("Stop"),
            "select_device": _("Choose a camera"),
            "select_camera": _("Camera"),
            "media_api_not_available": _(
                "The browser gives no camera to this address: open the app on localhost or by "
                "HTTPS."
            ),
            "device_ask_permission": _("The browser asks whether this page may use the camera."),
            "device_not_available": _("There is no camera here."),
            "device_access_denied": _(
                "The camera was refused: allow it for this page in the browser and press Start."
            ),
        },
    )  # fmt: skip
    return bool(context.state.playing)


def _pixels(frame: Any) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
    return pixels
