"""Every sentence that a visitor reads passes here, so that a catalogue can say it otherwise.

The catalogue is chosen anew for each sentence, by what `choose_by` was given: one process answers
visitors of several languages at once. Without a choice the sentences stay as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_AS_WRITTEN = NullTranslations()
_IS_AS_WRITTEN: ContextVar[bool] = ContextVar("_IS_AS_WRITTEN", default=False)


def _as_written() -> NullTranslations:
    return _AS_WRITTEN


_chosen: Callable[[], NullTranslations] = _as_written


def choose_by(choose: Callable[[], NullTranslations] | None) -> None:
    """Take the catalogue of each later sentence from `choose`; None: sentences as written.

    Args:
        choose: called for each sentence, in the thread that says it.
    """
    global _chosen
    _chosen = _as_written if choose is None else choose


@contextmanager
def as_written() -> Iterator[None]:
    """Say all sentences of the block as they are written, whatever is chosen: in English.

    So are LaTeX, reports, and figures where no font has the language's glyphs.
    """
    token = _IS_AS_WRITTEN.set(True)
    try:
        yield
    finally:
        _IS_AS_WRITTEN.reset(token)


def _catalogue() -> NullTranslations:
    return _AS_WRITTEN if _IS_AS_WRITTEN.get() else _chosen()


def _(text: str) -> str:
    """Return a sentence, or its form before `.format`, in the language that is chosen now.

    No text stays none: gettext would answer it with the head of the catalogue.
    """
    return _catalogue().gettext(text) if text else text


def language() -> str:
    """Return the name of the language that is chosen now, as its catalogue gives it: "en", "ko"."""
    return str(_catalogue().info().get("language", "en"))


def called(name: str) -> str:
    """Return what a region, an expression or a face is called in the language that is chosen now.

    A number at its end stays: "Random 3", "Centre 0.90". What no catalogue knows stays whole: a
    visitor's own network may have any classes.
    """
    words, _space, number = name.rpartition(" ")
    if words and number.replace(".", "", 1).isdecimal():
        return f"{_(words)} {number}"
    return _(name)


def counted(one: str, many: str, count: int) -> str:
    """Return the form of a sentence that this count takes, with `{count}` still to be put in."""
    return _catalogue().ngettext(one, many, count)


def later(text: str) -> str:
    """Mark a sentence of a table for the catalogue; `_` says it where it is shown."""
    return text
