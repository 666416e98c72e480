"""The languages of the pages: one catalogue each, chosen for each visitor by themselves.

`?lang=` of the address counts, as the sidebar's links have it, then the browser's language, then
RAN_LANGUAGE; English is what the sentences are written in.
"""

from __future__ import annotations

import io
import os
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

PARAMETER = "lang"
LANGUAGES = {"en": "English", "ko": "한국어", "zh": "中文"}
"""By their names in an address: what they call themselves."""
LOCALE = Path(__file__).parents[3] / "locale"
_KEY, _BY_ADDRESS = "ran_language", "ran_language_by_address"
_SAID: ContextVar[NullTranslations | None] = ContextVar("_SAID", default=None)
"""The catalogue of the run that this thread draws."""


def begin() -> None:
    """Take the visitor's language for the run that begins in this thread."""
    _SAID.set(catalogue(language()))


def of_this_run() -> NullTranslations:
    """Return the catalogue of this thread's run; of a thread without a visitor, no other words.

    What `ran.words.choose_by` takes, once a server.
    """
    said = _SAID.get()
    if said is None:
        said = catalogue(language())
        if get_script_run_ctx() is not None:
            _SAID.set(said)
    return said


def language() -> str:
    """Return the name of the visitor's language; English where there is no visitor.

    It is found once a visit: widgets keep what is chosen in its words. Another one is a link.
    """
    if get_script_run_ctx() is None:
        return "en"
    chosen = st.session_state.get(_KEY)
    if chosen not in LANGUAGES:
        chosen = st.session_state[_KEY] = _asked()
    return str(chosen)


def _asked() -> str:
    asked = st.query_params.get(PARAMETER)
    st.session_state[_BY_ADDRESS] = asked in LANGUAGES
    browsers = (st.context.locale or "").partition("-")[0].lower()
    default = os.environ.get("RAN_LANGUAGE", "en")
    return next((name for name in (asked, browsers, default) if name in LANGUAGES), "en")


def written() -> dict[str, str]:
    """Return the parameter of an address that asked for a language: a reload and a link keep it."""
    return {PARAMETER: language()} if st.session_state.get(_BY_ADDRESS) else {}


@cache
def catalogue(name: str) -> NullTranslations:
    """Return the catalogue of a language: ran/locale/<name>/LC_MESSAGES/ran.po, compiled here."""
    if name == "en":
        return NullTranslations()
    from babel.messages.mofile import write_mo  # only where another language is read
    from babel.messages.pofile import read_po

    with (LOCALE / name / "LC_MESSAGES" / "ran.po").open("rb") as file:
        messages = read_po(file, locale=name)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)
