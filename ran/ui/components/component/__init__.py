"""A component of ours: its files, and the texts in them, said in the visitor's language.

The files are the same for everybody; texts that a catalogue says otherwise travel with the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ran.words import _

_WORDS = Path(__file__).parent / "words.js"
_SAID = re.compile(r"""\b(?:say|later)\("((?:[^"\\]|\\.)*)\"""")
_ATTRIBUTES = re.compile(r"""\b(?:aria-label|title)="([^"]*)\"""")
_BETWEEN_TAGS = re.compile(r">([^<]*[A-Za-z][^<]*)<")


class Component:
    """HTML, CSS and JavaScript of one folder, mounted on a page by calling it.

    In the script, `say("text with {blanks}", {blanks})` says a text, `later("text")` marks one of a
    table for say(). Of the markup, texts and what `aria-label` and `title` hold are said.

    Attributes:
        html, script: as the browser gets them.
        texts: all that can be said, as they are written.

    Args:
        name: among Streamlit's components.
        folder: where the files are: one .html, one .css, the scripts.
        scripts: in the order in which they are read; the last exports the component.
        made: script that Python wrote, read before the others.
        texts: further texts that the script says, as those of `made`.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        *scripts: str,
        made: str = "",
        texts: Sequence[str] = (),
    ) -> None:
        (self.html,) = (file.read_text() for file in folder.glob("*.html"))
        (css,) = (file.read_text() for file in folder.glob("*.css"))
        script = "\n".join((folder / script).read_text() for script in scripts)
        self.script = "\n".join((made, _WORDS.read_text(), script))
        self.texts = tuple(dict.fromkeys([*_texts_of(self.html, script), *texts]))
        self._mount = st.components.v2.component(name, html=self.html, css=css, js=self.script)

    def __call__(self, *, key: str, data: dict[str, Any], **more: Any) -> None:
        """Mount it; `more` as Streamlit's own components take it."""
        said = ((text, _(text)) for text in self.texts)
        words = {text: other for text, other in said if other != text}
        self._mount(key=key, data=data | {"words": words}, **more)


def _texts_of(html: str, script: str) -> Iterator[str]:
    """Yield the texts of the markup and those that the script says, as they are written."""
    for found in (*_ATTRIBUTES.findall(html), *_BETWEEN_TAGS.findall(html)):
        if text := found.strip():
            yield text
    yield from _SAID.findall(script)
