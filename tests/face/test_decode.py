"""Decoding apart: the same answers as here; no fault, greed or lie of a decoder is the app's."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_up_films import film_of
from PIL import Image

from ran.engine import Engine
from ran.errors import BadRequest, RanError, UnreadablePhoto, UnreadableVideo
from ran.face import photo as photos
from ran.face.decoding import apart as decoding
from ran.face.decoding.apart import Allowance, Apart
from ran.face.decoding.wire import send, words_of
from ran.face.photo import open_photo
from ran.face.video import open_video
from ran.ui.shared import compute

ROOT = Path(__file__).parents[2]
ASTRONAUT = ROOT / "examples" / "astronaut.png"
PICTURES = [np.full((64, 64, 3), shade, np.uint8) for shade in range(0, 250, 12)]


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    made = Apart()
    yield made
    made.close()


@pytest.fixture
def impostor(monkeypatch):
    """Decoding whose programs run the given Python instead; `ended` is what became of them."""
    programs = []

    def of(code: str, **allowed: Allowance) -> Apart:
        def started() -> subprocess.Popen[bytes]:
            programs.append(
                subprocess.Popen(
                    [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    bufsize=0,
                )
            )  # fmt: skip
            return programs[-1]

        monkeypatch.setattr(decoding, "_started", started)
        made = Apart(**allowed)
        made.programs = programs  # type: ignore[attr-defined]
        return made

    yield of
    for program in programs:
        program.kill()
        program.wait()


def test_a_photo_is_what_it_is_here(apart):
    here = open_photo(ASTRONAUT)
    there = apart.photo(ASTRONAUT.read_bytes(), name="astronaut.png")
    assert there.name == here.name
    assert there.digest == here.digest


def test_a_film_is_what_it_is_here(apart):
    film = film_of(PICTURES)
    here = open_video(film, name="film.mp4", frames=7)
    there = apart.video(film, name="film.mp4", frames=7)
    assert [frame.digest for frame in there.frames] == [frame.digest for frame in here.frames]
    assert [frame.name for frame in there.frames] == [frame.name for frame in here.frames]
    assert (there.name, there.times, there.cuts) == (here.name, here.times, here.cuts)
    assert (there.seconds, there.is_damaged) == (here.seconds, here.is_damaged)


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", ASTRONAUT.read_bytes()[:5000], b"\0" * (photos.MAX_BYTES + 1), b"<svg/>"],
    ids=["empty", "text", "cut off", "large", "drawing"],
)
def test_a_refusal_is_the_same_sentence(apart, content):
    with pytest.raises(RanError) as here:
        open_photo(content, name="a.png")
    with pytest.raises(type(here.value)) as there:
        apart.photo(content, name="a.png")
    assert (there.value.message, there.value.hint) == (here.value.message, here.value.hint)


@pytest.mark.parametrize(("content", "frames"), [(b"", 7), (b"no film", 7), (b"RIFF", 0)])
def test_a_films_refusal_is_the_same_sentence(apart, content, frames):
    with pytest.raises(RanError) as here:
        open_video(content, name="a.mp4", frames=frames)
    with pytest.raises(type(here.value)) as there:
        apart.video(content, name="a.mp4", frames=frames)
    assert str(there.value) == str(here.value)


def test_a_program_that_hangs_is_killed_at_the_deadline(impostor):
    apart = impostor("import time; time.sleep(600)", photo=Allowance(1, 0.5))
    begun = time.monotonic()
    with pytest.raises(UnreadablePhoto, match=r"^a\.png takes more than the 1 s or the memory"):
        apart.photo(b"anything", name="a.png")
    assert time.monotonic() - begun < 30
    assert apart.programs[0].poll() is not None
    apart.close()


def saying(words: str, then: str = "") -> str:
    """A program that answers these words and bytes, whatever it is asked."""
    message = len(words).to_bytes(4, "big") + words.encode() + then.encode()
    return f"import sys; sys.stdin.buffer.read(99); sys.stdout.buffer.write({message!r})"


FAULTS = {
    "ends": "pass",
    "falls": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "babbles": "print('hello, is anybody there?')",
    "is short": "print('h')",
    "says no table": saying("[1]"),
    "says no JSON": saying("[" * 20_000),
    "names a huge picture": saying('{"shapes": [[2000000000, 2000000000, 3]]}'),
    "names too many": saying('{"shapes": %s}' % ([[1, 1, 3]] * 61), "abc" * 61),
    "names no shape": saying('{"shapes": [[null, 1, 3]]}'),
    "names infinity": saying('{"shapes": [[Infinity, 1, 3]]}'),
    "says nothing": saying("{}"),
    "gives none": saying('{"shapes": []}'),
    "gives less": saying('{"shapes": [[90, 90, 3]]}', "short"),
    "announces much": "import sys; sys.stdout.buffer.write(bytes([255] * 4)); sys.stdin.read()",
    "expects infinity": saying('{"expected": Infinity}'),
    "expects too much": saying('{"expected": 200000000}'),
    "expects less than none": saying('{"expected": -1}'),
    "expects and ends": saying('{"expected": 300}'),
    "says it is beyond": saying('{"beyond": true, "shapes": []}'),
}


@pytest.mark.parametrize("code", FAULTS.values(), ids=FAULTS)
def test_a_program_that_fails_or_lies_is_one_sentence(impostor, code):
    apart = impostor(code)
    with pytest.raises(UnreadablePhoto, match=r"^a\.png takes more than"):
        apart.photo(b"x" * 100_000, name="a.png")
    with pytest.raises(UnreadableVideo, match=r"^a\.mp4 takes more than"):
        apart.video(b"x" * 100_000, name="a.mp4")
    apart.close()


def test_an_error_that_is_none_of_ours_is_not_raised(impostor):
    apart = impostor(
        """print('{"refused": "SystemExit", "message": "", "hint": "", "shapes": []}')"""
    )
    with pytest.raises(UnreadablePhoto, match="takes more than"):
        apart.photo(b"x", name="a.png")
    apart.close()


def test_nothing_of_a_program_is_left_and_the_next_stands_ready(apart):
    apart.warm()
    first = apart._ready
    apart.photo(ASTRONAUT.read_bytes(), name="a.png")
    second = apart._ready
    assert first.poll() is not None
    assert second is not None and second.pid != first.pid
    second.kill()
    second.wait()
    assert apart.photo(ASTRONAUT.read_bytes(), name="a.png").pixels.shape == (512, 512, 3)
    other = Apart()
    other.warm()
    ready = other._ready
    other.close()
    assert ready.poll() is not None
    other.warm()
    assert other._ready is None, "what is closed starts nothing"


def test_where_no_program_starts_the_visitor_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(BadRequest, match=r"No file can be opened at present\."):
        Apart().photo(b"x", name="a.png")


def _confined(code: str) -> str:
    told = "from ran.face.decode import MOST_SPACE, confine\nconfine()\n" + code
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_a_decoder_takes_no_more_memory_and_writes_no_file(tmp_path):
    # A little more: what Python has freed since it was counted may be taken again.
    greed = (
        "try:\n    bytearray(MOST_SPACE + (256 << 20))\nexcept MemoryError:\n    print('refused')"
    )
    assert _confined(greed) == "refused"
    # Past the limit the system sends a signal, which Python ignores; the write then fails.
    write = f"""
try:
    with open({str(tmp_path / "left")!r}, "wb") as file:
        file.write(b"x")
except OSError as error:
    print("refused", error.strerror)
"""
    assert _confined(write).startswith("refused")


def limit_of(program: subprocess.Popen[bytes], name: str) -> str:
    """The limit of this name that Linux holds a program to."""
    text = Path(f"/proc/{program.pid}/limits").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
    return line.removeprefix(name).split()[0]


def until_limited(program: subprocess.Popen[bytes], name: str, *values: str) -> None:
    end = time.monotonic() + 30
    while limit_of(program, name) not in values:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="limits are read as Linux tells them")
def test_a_files_computing_is_limited_before_its_bytes_are_read():
    """What becomes of a program that Linux ends then is one of the faults above."""
    program = decoding._started()
    send(program.stdin, {"kind": "photo", "name": "a.png", "size": 10, "seconds": 7}, [])
    # The second that is begun counts, and what the start took.
    until_limited(program, "Max cpu time", "8", "9", "10")
    decoding._end(program)


@pytest.mark.skipif(sys.platform != "linux", reason="limits are read as Linux tells them")
def test_the_program_that_stands_ready_is_limited_before_it_reads_a_byte():
    apart = Apart()
    apart.warm()
    until_limited(apart._ready, "Max file size", "0")
    assert 3 << 30 < int(limit_of(apart._ready, "Max address space")) < 5 << 30
    assert limit_of(apart._ready, "Max open files") == "64"
    apart.close()


def _of_many_scans(count: int) -> bytes:
    """A progressive JPEG of 16 megapixels whose last scan comes again and again."""
    drawn = io.BytesIO()
    Image.new("RGB", (4000, 4000), (90, 120, 30)).save(drawn, "JPEG", progressive=True)
    content = drawn.getvalue()
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * count + b"\xff\xd9"


def _of_sixteen_bits() -> bytes:
    """A PNG of 64 megapixels, sixteen bits and transparency: 512 MB of a few hundred kB."""
    row, packed = bytes(1 + 8000 * 8), zlib.compressobj(9)
    pixels = b"".join([packed.compress(row) for _ in range(8000)]) + packed.flush()

    def chunk(name: bytes, held: bytes) -> bytes:
        check = zlib.crc32(name + held).to_bytes(4, "big")
        return len(held).to_bytes(4, "big") + name + held + check

    header = (8000).to_bytes(4, "big") * 2 + bytes([16, 6, 0, 0, 0])
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


GREEDY = {
    "5,000 scans": lambda: _of_many_scans(5000),
    "16 bits": _of_sixteen_bits,
    "19 MB of one byte": lambda: b"\xff\xd8" + b"\xff" * 19_000_000,
}


@pytest.mark.parametrize("content", GREEDY.values(), ids=GREEDY)
def test_a_greedy_picture_is_a_picture_or_one_sentence_and_the_next_one_opens(content):
    made = content()
    assert len(made) < photos.MAX_BYTES
    apart = Apart(photo=Allowance(computing=2, clock=60))
    try:
        assert apart.photo(made, name="a.jpg").pixels.shape == (8000, 8000, 3)
    except UnreadablePhoto as error:
        assert error.message.startswith("a.jpg ")
        assert "\n" not in str(error)
    assert apart.photo(ASTRONAUT.read_bytes(), name="b.png").pixels.shape == (512, 512, 3)
    apart.close()


def test_a_jpeg_of_thousands_of_scans_is_ended_by_what_it_may_compute():
    apart = Apart(photo=Allowance(computing=2, clock=120))
    with pytest.raises(UnreadablePhoto, match=r"^a\.jpg takes more than the 2 s"):
        apart.photo(_of_many_scans(5000), name="a.jpg")
    apart.close()


@pytest.mark.parametrize(
    ("content", "first"),
    [(ASTRONAUT.read_bytes(), {"expected": 3 * 512 * 512}), (b"no picture", "refused")],
    ids=["a photo", "no photo"],
)
def test_a_photos_size_is_told_before_it_is_decoded_and_that_of_none_is_not(content, first):
    program = decoding._started()
    request = {"kind": "photo", "name": "a.png", "size": len(content), "seconds": 15}
    send(program.stdin, request, [content])
    words = words_of(program.stdout)
    decoding._end(program)
    assert words == first or first in words


def test_the_app_itself_decodes_no_visitors_photo(monkeypatch, checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    monkeypatch.setattr(photos, "_decode", lambda *_: pytest.fail("decoded in the app"))
    found = compute.look_at(engine, ASTRONAUT.read_bytes(), "mine.png")
    assert found.name == "mine.png"
    assert len(found.faces) == 1


def test_pages_open_files_apart_alone():
    """Only examples are opened in the app itself."""
    for path in (ROOT / "ran" / "ui").rglob("*.py"):
        text = path.read_text()
        assert "open_video" not in text, path
        assert "Image.open" not in text, path
        assert text.count("open_photo(") == (path.name == "compute.py"), path
        assert text.count("of_photos(") == text.count("decode=compute.decoding().photo"), path
