"""Row: from starting the app in a fresh process to its first answer on screen."""

from __future__ import annotations

from benchmarks.app import ANSWER, opened_app, what_is_missing
from benchmarks.rows import Row

GOAL = 15.0
NAME = "cold start, app to first answer"


def start_row(*, repeats: int, patience: float) -> Row:
    """Measure seconds from the server's start to the answer in a Chromium that waits for it.

    Without an answer within `patience` seconds the row says so. Files that the machine has read
    before stay in its memory: cold is the process, not the disk.
    """
    missing = what_is_missing()
    if missing:
        return Row(NAME, "", goal=GOAL, reason=missing)
    from playwright.sync_api import Error

    samples = []
    try:
        for _ in range(repeats):
            with opened_app(patience) as (_page, seconds):
                samples.append(seconds)
    except Error as error:
        first_line = str(error).splitlines()[0]
        return Row(NAME, "", goal=GOAL, reason=f"no {ANSWER!r} on the page: {first_line}")
    return Row(NAME, "", tuple(samples), goal=GOAL)
