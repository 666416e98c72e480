"""What the machine does to the app: it is killed, its disk is read-only; visitors go on after it.

Visitors are played without a browser (tests.load.visitor).
"""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.load.visitor import Visitor

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90
STROKE = {"kind": "stroke", "points": [[0.2, 0.7], [0.7, 0.7]], "width": 0.1, "erase": False,
          "softness": 0.0}  # fmt: skip
READ_ONLY = """
set -e
mount --rbind / "$1"
mount -o remount,ro,bind "$1"
mount -t tmpfs tmpfs "$1/$2"
shift 2
exec chroot "$0" sh -c 'cd "$0" && exec "$@"' "$HERE" "$@"
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


def photo() -> bytes:
    file = io.BytesIO()
    Image.open(ROOT / "examples/grace_hopper.jpg").convert("RGB").rotate(5).save(file, "JPEG")
    return file.getvalue()


def started(port: int, files: Path, checkpoint: Path, before: tuple[str, ...] = ()):
    """An app at this port whose only folder to write into is `files`."""
    command = [*before, sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"),
               "--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1",
               "--server.fileWatcherType=none"]  # fmt: skip
    changes = {
        "RAN_CHECKPOINT": str(checkpoint), "RAN_DEVICE": "cpu", "RAN_SCENE": "none",
        "TMPDIR": str(files), "HOME": str(files), "PYTHONDONTWRITEBYTECODE": "1", "HERE": str(ROOT),
    }  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | changes,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)  # fmt: skip
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address(port)}/_stcore/health", timeout=5):
                return process
        except OSError:
            time.sleep(0.2)
    stop(process)
    raise AssertionError("the app did not start")


def stop(process) -> None:
    process.terminate()
    process.wait(30)


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def upload_and_draw(visitor: Visitor) -> None:
    visitor.upload("mine.jpg", photo())
    assert visitor.page.errors == []
    visitor.draw([STROKE])
    assert visitor.page.errors == []
    assert any("of it lies there" in text for text in visitor.page.texts)


def decoders() -> set[int]:
    """Numbers of the programs that decode files at this moment, for whatever app."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if b"ran.face.decode" in (place / "cmdline").read_bytes():
                found.add(int(place.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="programs are looked up as Linux lists them")
def test_an_app_that_was_killed_starts_again_at_once_and_leaves_no_program(
    port, checkpoint, tmp_path
):
    before = decoders()
    first = started(port, tmp_path, checkpoint)
    with Visitor(address(port)) as visitor:
        upload_and_draw(visitor)
        ours = decoders() - before
        assert ours, "one that decodes stands ready"
        first.send_signal(signal.SIGKILL)
        first.wait(30)
    again = started(port, tmp_path, checkpoint)
    try:
        with Visitor(address(port)) as visitor:
            upload_and_draw(visitor)
        end = time.monotonic() + 30
        while decoders() & ours:
            assert time.monotonic() < end, "what the killed app started runs on"
            time.sleep(0.2)
    finally:
        stop(again)


def _may_mount() -> bool:
    try:
        done = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="mounting takes Linux and root")
def test_on_a_read_only_disk_all_works_with_one_folder_in_memory(port, checkpoint, tmp_path):
    root, files = tmp_path / "root", tmp_path / "files"
    root.mkdir()
    files.mkdir()
    prefix = ("unshare", "-m", "sh", "-c", READ_ONLY, str(root), str(root), str(files))
    app = started(port, files, checkpoint, prefix)
    try:
        with Visitor(address(port)) as visitor:
            upload_and_draw(visitor)
    finally:
        os.killpg(app.pid, signal.SIGKILL)
        app.wait(30)
    assert list(files.iterdir()) == [], "it was written to memory, which is gone"


def test_who_sends_too_much_loses_their_own_connection_alone(app):
    address = app.replace("http", "ws", 1) + "/_stcore/stream"
    with Visitor(app) as other:
        upload_and_draw(other)
        with connect(address, subprotocols=["streamlit"]) as hostile:
            large = BackMsg(rerun_script={"query_string": "x" * (17 << 20)})
            hostile.send(large.SerializeToString())
            with pytest.raises(ConnectionClosed) as ended:
                while True:
                    hostile.recv(timeout=PATIENCE_S)
            assert ended.value.rcvd.code == 1009
        other.draw([STROKE, STROKE])
        assert other.page.errors == []
