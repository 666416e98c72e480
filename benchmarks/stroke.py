"""Row: from the pointer's lift to the new numbers on screen, beyond one forward pass."""

from __future__ import annotations

import re
import time
from statistics import median
from typing import Any

from benchmarks.app import ROOT, opened_app, what_is_missing
from benchmarks.rows import Check, Row
from ran.engine import Engine
from ran.face.photo import open_photo
from ran.face.shapes import Stroke
from ran.scene import Scene

GOAL = 0.25
NAME = "stroke to numbers, beyond a forward"
WIDTH = 0.12
"""Of the page's brush when it opens; a stroke then changes the covered share by whole percents."""
NUMBERS = "[aria-label^='Weights of ']"
"""The panels of numbers; the last of them is drawn last."""
CLOCK = """() => {
  window.strokes = [];
  window.addEventListener("pointerup", () => { window.lifted = performance.now(); }, true);
  const shown = () => [...document.querySelectorAll("[aria-label^='Weights of ']")].pop()
    ?.parentElement.textContent;
  let before = shown();
  new MutationObserver(() => {
    const now = shown();
    if (!now || now === before) return;
    before = now;
    requestAnimationFrame(() => window.strokes.push(performance.now() - window.lifted));
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def stroke_row(*, repeats: int, patience: float) -> Row:
    """Draw `repeats` strokes on the first example face, a forward pass of the same between them.

    A sample is the time until the last panel of numbers has changed, less the forward pass of a
    scene like it in this process, on the same device and as many threads.
    """
    missing = what_is_missing()
    if missing:
        return Row(NAME, "", goal=GOAL, reason=missing)
    from playwright.sync_api import Error

    try:
        waits, forwards, sent = _measured(repeats, patience)
    except Error as error:
        return Row(NAME, "", goal=GOAL, reason=str(error).splitlines()[0])
    beyond = tuple(wait - forward for wait, forward in zip(waits, forwards, strict=True))
    words = (
        f"pointer up to numbers {1000 * median(waits):.0f} ms, forward "
        f"{1000 * median(forwards):.0f} ms, {median(sent) / 1000:.0f} kB to the browser, medians "
        f"of {repeats}; every stroke was answered"
    )
    return Row(NAME, "", beyond, check=Check(words, len(waits) == repeats), goal=GOAL)


def _measured(repeats: int, patience: float) -> tuple[list[float], list[float], list[int]]:
    """Return of every stroke its wait in seconds, a forward's, and the bytes that came for it."""
    engine = Engine.load()
    face = engine.find_faces(open_photo(ROOT / "examples/astronaut.png"))[0]
    engine.predict(Scene(face))
    forwards, sent, came = [], [], []
    with opened_app(patience, scene="none") as (page, _):
        canvas = page.get_by_role("group", name=re.compile("^The face with"))
        canvas.scroll_into_view_if_needed()
        page.locator(NUMBERS).last.wait_for(timeout=1000 * patience)
        page.wait_for_timeout(3000)  # the heatmaps, so that they do not run into the first stroke
        page.evaluate(CLOCK)
        wire = page.context.new_cdp_session(page)
        wire.on("Network.webSocketFrameReceived", lambda frame: came.append(_weight(frame)))
        wire.send("Network.enable")
        drawn: tuple[Stroke, ...] = ()
        for number in range(repeats):
            stroke = Stroke(_line(number), WIDTH)
            drawn += (stroke,)
            _draw(page, canvas, stroke)
            page.wait_for_function(
                "count => window.strokes.length >= count", arg=number + 1, timeout=1000 * patience
            )
            page.wait_for_timeout(1500)  # as above
            sent.append(sum(came))
            came.clear()
            begun = time.perf_counter()
            engine.predict(Scene(face, drawn))
            forwards.append(time.perf_counter() - begun)
        waits = [wait / 1000 for wait in page.evaluate("window.strokes")]
    return waits, forwards, sent


def _weight(event: dict[str, Any]) -> int:
    """Return the bytes of a message; binary ones are told in base 64."""
    frame = event["response"]
    return len(frame["payloadData"]) * 3 // 4 if frame["opcode"] == 2 else len(frame["payloadData"])


def _line(number: int) -> tuple[tuple[float, float], ...]:
    """Return a short level line, the lines of 15 numbers apart from one another."""
    row, column = divmod(number % 15, 3)
    x, y = 0.12 + 0.31 * column, 0.1 + 0.2 * row
    return ((x, y), (x + 0.15, y))


def _draw(page: Any, canvas: Any, stroke: Stroke) -> None:
    place = canvas.bounding_box()
    (x0, y0), (x1, y1) = (
        (place["x"] + x * place["width"], place["y"] + y * place["height"])
        for x, y in stroke.points
    )
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=8)
    page.mouse.up()
