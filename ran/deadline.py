"""How long an answer may take: between two parts of its work it is asked whether time is up.

A network's pass, a shape that is drawn and a look for faces are such parts; each takes some seconds
at most (ran.face.shapes.MAX_WORK, ran.face.photo.MAX_PIXELS), and none is broken off inside.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ran.errors import TookTooLong
from ran.words import _

_END: ContextVar[tuple[float, float] | None] = ContextVar("_END", default=None)
"""When time is up, by the monotonic clock, and how many seconds it was."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let what this thread computes in the block take no longer; a block inside has its own time.

    Raises:
        TookTooLong: from `check`, once time is up.
    """
    token = _END.set((time.monotonic() + seconds, seconds))
    try:
        yield
    finally:
        _END.reset(token)


def check() -> None:
    """Go on if there is time, or nobody has set any.

    Raises:
        TookTooLong: if time is up.
    """
    end = _END.get()
    if end is not None and time.monotonic() > end[0]:
        raise TookTooLong(
            _("This took more than {seconds:.0f} s and was given up.").format(seconds=end[1]),
            hint=_("Hide or ask for less at a time, or try again when fewer are here."),
        )
