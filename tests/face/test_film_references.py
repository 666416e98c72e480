"""Real containers that refer to other files: nothing outside the bytes given is opened.

The kernel tells of every opening in a folder (inotify, Linux), also by FFmpeg's own code; each test
first shows that it would.
"""

import ctypes
import io
import os
import struct
import sys

import av
import pytest
from test_video import video

from ran.errors import UnreadableVideo
from ran.face.decoding.container import LOCAL
from ran.face.video import open_video

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
IN_OPEN = 0x20


@pytest.fixture
def was_opened(tmp_path, monkeypatch):
    """Whether a file of the working directory was opened since it was last asked."""
    library = ctypes.CDLL(None, use_errno=True)
    handle = library.inotify_init1(os.O_NONBLOCK)
    assert library.inotify_add_watch(handle, str(tmp_path).encode(), IN_OPEN) >= 0

    def asked() -> bool:
        try:
            return bool(os.read(handle, 1 << 16))
        except BlockingIOError:
            return False

    monkeypatch.chdir(tmp_path)
    yield asked
    os.close(handle)


def packets(film: bytes, kind: str, options: dict[str, str]) -> int:
    with av.open(io.BytesIO(film), "r", format=kind, options=options) as container:
        return sum(packet.size > 0 for packet in container.demux(video=0))


def alias(path: str) -> bytes:
    """An alias record of the classic Mac OS, as FFmpeg reads it: a volume, a name, its path."""
    name, whole = path.rpartition("/")[2].encode(), path.encode()
    record = bytes(10) + bytes([3]) + b"vol".ljust(27, b"\0") + bytes(12)
    record += bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16)
    record += struct.pack(">hh", 1, 1) + bytes(16)
    record += struct.pack(">hH", 2, len(whole)) + whole + bytes(len(whole) % 2)
    return (record + struct.pack(">hH", -1, 0)).ljust(200, b"\0")


def with_reference(film: bytes, kind: bytes, record: bytes) -> bytes:
    """The film with its data reference (ISO/IEC 14496-12, 8.7.2) pointing outside."""
    changed = bytearray(film)
    entry = struct.pack(">I4sI", 12 + len(record), kind, 0) + record
    box = struct.pack(">I4sII", 16 + len(entry), b"dref", 0, 1) + entry
    at = film.index(b"dref") - 4
    (size,) = struct.unpack_from(">I", film, at)
    changed[at : at + size] = box
    for parent in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        place = changed.index(parent) - 4
        (old,) = struct.unpack_from(">I", changed, place)
        struct.pack_into(">I", changed, place, old + len(box) - size)
    return bytes(changed)


@pytest.mark.parametrize("is_whole_path", [True, False])
def test_a_track_whose_frames_lie_in_another_file_opens_none(was_opened, tmp_path, is_whole_path):
    film = video(20, kind="mov")
    (tmp_path / "inner.mov").write_bytes(film)
    path = str(tmp_path / "inner.mov") if is_whole_path else "inner.mov"
    sent = with_reference(film, b"alis", alias(path))
    was_opened()
    assert packets(sent, "mov", {"enable_drefs": "1"}) > 0
    assert was_opened(), "FFmpeg follows this reference where it may"
    with pytest.raises(UnreadableVideo):
        open_video(sent, name="holiday.mov")
    assert not was_opened()
    packets(sent, "mov", {"enable_drefs": "1", **LOCAL})
    assert not was_opened(), "nor would it, were references followed"


@pytest.mark.parametrize("address", ["file:inner.mov", "http://127.0.0.1:18701/inner.mov"])
def test_an_address_of_the_frames_is_passed_over(was_opened, tmp_path, address):
    film = video(20, kind="mov")
    (tmp_path / "inner.mov").write_bytes(film)
    was_opened()
    open_video(with_reference(film, b"url ", address.encode() + b"\0"), frames=3)
    assert not was_opened()


def test_a_film_that_names_the_next_one_opens_it_not(was_opened, tmp_path):
    """Matroska links segments by NextFilename (RFC 9559, 5.1.2.6), here in place of MuxingApp."""
    film = video(20, kind="matroska")
    (tmp_path / "b.mkv").write_bytes(film)
    at = film.index(b"\x4d\x80")
    length = film[at + 2] & 0x7F
    name = b"b.mkv".ljust(length - 1, b"\0")
    sent = film[:at] + b"\x3e\x83\xbb" + bytes([0x80 | len(name)]) + name + film[at + 3 + length :]
    assert len(sent) == len(film)
    was_opened()
    assert len(open_video(sent, frames=3).frames) == 3
    assert not was_opened()


def test_a_list_of_files_opens_what_it_names_unless_it_is_refused(was_opened, tmp_path):
    (tmp_path / "inner.mp4").write_bytes(video(20))
    sent = b"ffconcat version 1.0\nfile 'inner.mp4'\n"
    was_opened()
    assert packets(sent, "concat", {}) > 0
    assert was_opened()
    with pytest.raises(UnreadableVideo):
        open_video(sent, name="holiday.mp4")
    assert not was_opened()
