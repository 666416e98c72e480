"""Sentences and their catalogue: which is asked, and that every blank of a sentence is filled."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path
from string import Formatter

import pytest

from ran.errors import RanError
from ran.face.photo import open_photo
from ran.words import _, called, choose_by, counted, later

ROOT = Path(__file__).parents[1]


class Marked(NullTranslations):
    """A catalogue that says each sentence in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture
def marked() -> Iterator[None]:
    choose_by(Marked)
    yield
    choose_by(None)


def test_without_a_catalogue_every_sentence_stays_as_it_is_written():
    assert _("A face.") == later("A face.") == "A face."
    assert counted("{count} face", "{count} faces", 1) == "{count} face"
    assert counted("{count} face", "{count} faces", 2) == "{count} faces"


def test_the_catalogue_is_asked_anew_for_every_sentence(marked):
    said = later("A face.")
    assert said == "A face.", "a table keeps the sentence that the catalogue knows"
    assert _(said) == "⟦A face.⟧"
    assert _("") == "", "gettext keeps the catalogue's own head under it"
    choose_by(None)
    assert _(said) == "A face."


def test_names_are_called_in_the_language_and_their_numbers_stay(marked):
    assert called("Nose") == "⟦Nose⟧"
    assert called("Centre 0.90") == "⟦Centre⟧ 0.90"
    assert called("Random 12") == "⟦Random⟧ 12"
    assert called("upper half") == "⟦upper half⟧"
    assert called("7") == "⟦7⟧", "a network's class may be a number"
    choose_by(None)
    assert called("Centre 0.90") == "Centre 0.90"


def test_an_errors_sentence_and_its_next_step_come_from_the_catalogue(marked):
    with pytest.raises(RanError) as refused:
        open_photo(b"")
    assert refused.value.message == "⟦the picture is empty.⟧"
    assert refused.value.hint == "⟦Use a JPEG, PNG or WebP picture.⟧"


def _calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(ROOT.glob("ran/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_sentences_that_go_to_the_catalogue_are_written_out():
    # An f-string or a sum of strings is another sentence at each call: no catalogue holds it.
    wrong = [
        where
        for name in ("_", "later", "counted")
        for where, call in _calls(name)
        if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in call.args[:2])
        and where.split(":")[0] != "ran/words.py"
    ]
    assert not wrong


def _blanks(sentence: str) -> set[str]:
    found = set()
    for _text, name, spec, _conversion in Formatter().parse(sentence):
        if name is not None:
            found |= {name, *_blanks(spec or "")}
    return found


def test_every_blank_of_a_sentence_is_filled_by_its_name():
    wrong, seen = [], 0
    for path in sorted(ROOT.glob("ran/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            said = node.func.value
            if node.func.attr != "format" or getattr(getattr(said, "func", 0), "id", "") != "_":
                continue
            assert isinstance(said, ast.Call)
            if not isinstance(said.args[0], ast.Constant):
                continue
            seen += 1
            given = {keyword.arg for keyword in node.keywords}
            if node.args or _blanks(said.args[0].value) != given:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong
    assert seen > 200, "the sentences are no longer found"
