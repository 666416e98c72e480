"""`python -m tests.load [--visitors 20] [--seconds 300]`: many visitors draw at once.

Starts the app, lets each visitor upload a photo that nobody else has, and draw stroke after stroke
until the time is up. Says how long strokes took, whether anybody was shown another's face, how much
memory the server held at first, at most, and once all had left, and that one too many was told so.
Visitors are played over their WebSockets (tests.load.visitor): no browser takes the processors.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.load.visitor import Visitor

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "grace_hopper.jpg"
AWAY_S = 5
PAUSE_S = 1.0
"""Between an answer and the next stroke."""


def main() -> int:
    """Play the visitors; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300.0, help="of drawing")
    args = parser.parse_args()
    with _served(args.visitors) as (address, process):
        with Visitor(address) as visitor:
            page = _memory(process)
            visitor.upload("first.jpg", _photo(args.visitors))
            _draw_once(visitor, random.Random(0), [])
            time.sleep(10)  # what is computed after the numbers
        time.sleep(AWAY_S + 5)
        first = _memory(process)
        seen = _all_draw(address, args.visitors, args.seconds)
        most = _memory(process, "VmHWM")
        time.sleep(AWAY_S + 25)
        after = _memory(process)
    return _say(seen, args.visitors, page, first, most, after)


def _all_draw(address: str, visitors: int, seconds: float) -> dict[str, Any]:
    """Return what all visitors saw: seconds of strokes, and every broken promise in words."""
    seen: dict[str, Any] = {"strokes": [], "broken": [], "told": None}
    here = threading.Barrier(visitors + 1)

    def draw(number: int) -> None:
        with Visitor(address) as visitor:
            _draw(visitor, number, seconds, here, seen)

    def ended(one: Future[None]) -> None:
        if one.exception() is not None:
            here.abort()  # nobody waits for who does not come

    with ThreadPoolExecutor(visitors) as pool:
        playing = [pool.submit(draw, number) for number in range(visitors)]
        for one in playing:
            one.add_done_callback(ended)
        with suppress(threading.BrokenBarrierError):
            here.wait()
            with Visitor(address) as late:
                seen["told"] = any("The lab is full" in text for text in late.page.texts)
    for number, one in enumerate(playing):
        if (error := one.exception()) is not None:
            seen["broken"].append(f"visitor {number}: {type(error).__name__}: {error}")
    return seen


def _draw(
    visitor: Visitor, number: int, seconds: float, here: threading.Barrier, seen: dict[str, Any]
) -> None:
    visitor.upload(f"visitor{number}.jpg", _photo(number))
    mine = visitor.page.face
    if mine is None or not re.search(rf"visitor{number}\b", " ".join(visitor.page.texts)):
        raise AssertionError(f"the upload is not shown: {visitor.page.errors}")
    here.wait()
    random_ = random.Random(number)
    end, shapes = time.monotonic() + seconds, []
    while time.monotonic() < end:
        time.sleep(PAUSE_S * random_.uniform(0.5, 1.5))
        shapes, took = _draw_once(visitor, random_, shapes)
        seen["strokes"].append(took)
        shown = visitor.page.face
        if shown is None or not np.array_equal(shown, mine):
            seen["broken"].append(f"visitor {number} was shown another face")
        if not any("of it lies there" in text for text in visitor.page.texts):
            seen["broken"].append(f"visitor {number} is not answered about what they hide")


def _draw_once(
    visitor: Visitor, random_: random.Random, shapes: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], float]:
    """Draw one more stroke, of the last eight; return the strokes and the answer's seconds."""
    x, y = random_.uniform(0.1, 0.6), random_.uniform(0.05, 0.95)
    stroke = {"kind": "stroke", "points": [[x, y], [x + 0.3, y]], "width": 0.05, "erase": False,
              "softness": 0.0}  # fmt: skip
    shapes = [*shapes, stroke][-8:]
    return shapes, visitor.draw(shapes)


def _photo(number: int) -> bytes:
    """Return a photo that no other visitor has: turned and lit by the visitor's number."""
    opened = Image.open(PHOTO).convert("RGB").rotate(number % 9 - 4)
    lit = opened.point([min(255, value + 3 * number) for value in range(256)] * 3)
    file = io.BytesIO()
    lit.save(file, "JPEG", quality=90)
    return file.getvalue()


@contextmanager
def _served(visitors: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py",
               "--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1",
               "--server.fileWatcherType=none"]  # fmt: skip
    changes = {"RAN_VISITORS": str(visitors), "RAN_AWAY_S": str(AWAY_S), "RAN_DEVICE": "cpu"}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | changes, stdout=sys.stderr)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                    break
            except OSError:
                time.sleep(0.2)
        yield address, process
    finally:
        process.terminate()
        process.wait(30)


def _memory(process: subprocess.Popen[bytes], name: str = "VmRSS") -> float:
    """Return a figure of the server's memory as Linux tells it, in MB."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024


def _say(
    seen: dict[str, Any], visitors: int, page: float, first: float, most: float, after: float
) -> int:
    strokes = sorted(seen["strokes"])
    broken = list(seen["broken"])
    if not seen["told"]:
        broken.append("one visitor too many was not told so")
    if after > first + 100:
        broken.append(f"{after - first:.0f} MB stayed when all had left")
    report = {
        "visitors": visitors,
        "strokes": len(strokes),
        "median_s": _percentile(strokes, 50),
        "p95_s": _percentile(strokes, 95),
        "memory_first_page_mb": round(page),
        "memory_first_visit_mb": round(first),
        "memory_most_mb": round(most),
        "memory_after_mb": round(after),
        "memory_a_visitor_mb": round((most - first) / visitors, 1),
        "broken": broken,
    }
    print(json.dumps(report, indent=2))
    return 1 if broken else 0


def _percentile(seconds: list[float], share: float) -> float | None:
    return round(float(np.percentile(seconds, share)), 2) if seconds else None


if __name__ == "__main__":
    sys.exit(main())
