"""The catalogues: every sentence is said in every language, with the same blanks and signs."""

from __future__ import annotations

import re
from collections import Counter
from string import Formatter

import pytest
from catalogue import LANGUAGES, place, read, said_in, sentences, write

from ran.ui.shared.speaking.languages import LANGUAGES as OFFERED
from ran.ui.shared.speaking.languages import LOCALE

SIGNS = re.compile(
    r":(?:material/\w+|small|gray|orange|orange-badge)\b|\*\*|`[^`]*`|arXiv:\d+\.\d+"
)


def forms(sentence) -> tuple[str, ...]:
    return sentence if isinstance(sentence, tuple) else (sentence,)


def blanks(text: str) -> Counter[str]:
    """The blanks of a text with their formats; of a text for Plotly its own too."""
    found = Counter(re.findall(r"%\{+[^}]*\}+", text))
    for _literal, name, form, turned in Formatter().parse(re.sub(r"%\{+[^}]*\}+", "", text)):
        if name is not None:
            found[f"{name}!{turned}:{form}"] += 1
    return found


def test_the_catalogues_are_those_of_the_pages():
    assert {"en", *LANGUAGES} == set(OFFERED)
    assert {path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/ran.po")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_said_and_none_that_is_gone(language):
    """`python -m tests.catalogue` brings new sentences in; a translator says them."""
    said = said_in(language)
    assert [one for one in sentences() if not said.get(one)] == []
    assert set(said) - set(sentences()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_blanks_and_the_signs_of_its_sentence(language):
    wrong = []
    for sentence, text in said_in(language).items():
        least, most = (forms(sentence)[0], forms(sentence)[-1])
        if blanks(text) not in (blanks(least), blanks(most)):
            wrong.append((sentence, "blanks"))
        if Counter(SIGNS.findall(text)) != Counter(SIGNS.findall(most)):
            wrong.append((sentence, "signs"))
        if most.startswith(":small[") != text.startswith(":small["):
            wrong.append((sentence, "small"))
        if most.count("[") - most.count("]") != text.count("[") - text.count("]"):
            wrong.append((sentence, "brackets"))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_written_as_the_tool_writes_it(language, tmp_path, monkeypatch):
    before = place(language).read_text()
    monkeypatch.setattr("catalogue.LOCALE", tmp_path)
    write(language, {one.id: _text(one.string) for one in _messages(language, monkeypatch)})
    again = (tmp_path / language / "LC_MESSAGES" / "ran.po").read_text()
    assert again.splitlines()[14:] == before.splitlines()[14:]


def _messages(language, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("catalogue.LOCALE", LOCALE)
        return [one for one in read(language) if one.id]


def _text(string) -> str:
    return string[0] if isinstance(string, tuple | list) else string
