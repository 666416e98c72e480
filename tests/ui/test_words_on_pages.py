"""Every sentence on a page comes from the catalogue: with one in brackets, none stands outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from app_pages import cover, opened
from google.protobuf.json_format import MessageToDict
from test_words import Marked

from ran.ui.shared import compute
from ran.words import choose_by

READ = frozenset(["label", "help", "body", "placeholder", "caption", "content", "alt", "options"])
"""Fields of Streamlit's messages that a visitor reads."""


@pytest.fixture
def marked(tiny_network) -> Iterator[None]:
    choose_by(Marked)
    yield
    choose_by(None)


def _strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, name)
    elif isinstance(value, str):
        yield name, value


def _texts(block: Any) -> Iterator[str]:
    for child in block.children.values():
        if (message := getattr(child, "proto", None)) is not None:
            for name, text in _strings(MessageToDict(message)):
                # Symbols of an equation are no words.
                if name in READ and "\\" not in text.replace("\\.", "."):
                    yield text
        if hasattr(child, "children"):
            yield from _texts(child)


def _outside(text: str, known: tuple[str, ...]) -> list[str]:
    """Return the runs of two words and more that no catalogue said, tags and names left out."""
    text = re.sub(r"<(style|script)>.*?</\1>", " | ", text, flags=re.DOTALL)
    text = re.sub(r'(?:alt|title|aria-label)="([^"]*)"', r"> | \1 | <", text)
    text = re.sub(r"<[^>]*>", " | ", text)
    last = ""
    while text != last:
        last, text = text, re.sub(r"⟦[^⟦⟧]*⟧", " | ", text)
    for name in known:
        text = text.replace(name, " | ")
    words = list(re.finditer(r"[A-Za-z]{3,}", text))
    return [
        f"{one[0]} {other[0]}"
        for one, other in pairwise(words)
        if re.fullmatch(r"[\s,.]*", text[one.end() : other.start()])
    ]


@pytest.mark.parametrize("page", ["occlude", "explain", "poses", "cohort", "model"])
def test_no_sentence_on_a_page_is_said_without_the_catalogue(page, marked):
    app = opened("occlude")
    cover(app, "mouth")
    if page != "occlude":
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
    card = compute.engine(app.session_state["ran_session"]).card
    said_by_card = [text for _name, text in _strings(vars(card)) if " " in text]
    known = tuple(sorted(said_by_card, key=len, reverse=True))
    texts = list(_texts(app._tree))
    wrong = {text[:200]: found for text in texts if (found := _outside(text, known))}
    assert wrong == {}
    assert sum("⟦" in text for text in texts) > 20
