"""All sentences that a visitor reads, and the catalogues that say them in other languages.

`python -m tests.catalogue` brings new sentences into ran/locale/*/LC_MESSAGES/ran.po, untranslated,
and takes out those that are gone: then a translator's editor shows what is to be done.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "ran" / "locale"
LANGUAGES = ("ko", "zh")
IN_ENGLISH = ("report", "figures/paper/captions.py")
"""What is in English for everybody: reports, and LaTeX, which usually has not the glyphs."""
_WRITTEN = datetime(2026, 12, 1, tzinfo=UTC)
"""In every head: the same sentences are the same file."""
_TEMPLATE = re.compile(r"""\b_\("((?:[^"\\]|\\.)*)"\)""")
Sentence = str | tuple[str, str]
"""A text, or its forms for one and for many."""


def sentences() -> list[Sentence]:
    """All texts that pass through `_`, `later` and `counted`, in templates and components too."""
    found: dict[Sentence, None] = {}
    for path in sorted([*ROOT.glob("ran/**/*.py"), *ROOT.glob("pages/*.py")]):
        if any(path.is_relative_to(ROOT / "ran" / room) for room in IN_ENGLISH):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = [
                    one.value for one in node.args
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                ]  # fmt: skip
                if node.func.id in ("_", "later") and texts:
                    found[texts[0]] = None
                elif node.func.id == "counted" and len(texts) > 1:
                    found[texts[0], texts[1]] = None
    for path in sorted(ROOT.glob("ran/figures/html/*/*.html")):
        for text in _TEMPLATE.findall(path.read_text()):
            found[text] = None
    for text in _components():
        found[text] = None
    scenes = json.loads((ROOT / "ran/ui/shared/faces/scenes.json").read_text())["scenes"]
    for scene in scenes:
        found[scene["name"]] = found[scene["said"]] = None
    return [one for one in found if one]


def _components() -> list[str]:
    from ran.ui import components
    from ran.ui.components.component import Component

    texts: list[str] = []
    for module in pkgutil.iter_modules(components.__path__):
        made = importlib.import_module(f"ran.ui.components.{module.name}")
        for value in vars(made).values():
            if isinstance(value, Component):
                texts += value.texts
    return texts


def place(language: str) -> Path:
    """Where a language's catalogue lies."""
    return LOCALE / language / "LC_MESSAGES" / "ran.po"


def read(language: str) -> Catalog:
    """A language's catalogue; empty where there is none yet."""
    if not place(language).exists():
        return Catalog(locale=language)
    with place(language).open("rb") as file:
        return read_po(file, locale=language)


def write(language: str, said: dict[Sentence, str]) -> None:
    """Write a catalogue of all sentences, those in `said` with what they are there."""
    made = Catalog(
        locale=language, project="ran", header_comment="# What the pages say.", fuzzy=False,
        creation_date=_WRITTEN, revision_date=_WRITTEN,
    )  # fmt: skip
    for one in sentences():
        text = said.get(one, "")
        made.add(one, (text,) if isinstance(one, tuple) else text)
    place(language).parent.mkdir(parents=True, exist_ok=True)
    with place(language).open("wb") as file:
        write_po(file, made, width=100)


def said_in(language: str) -> dict[Sentence, str]:
    """What a catalogue says, by the sentence."""
    found: dict[Sentence, str] = {}
    for message in read(language):
        if message.id:
            text = message.string[0] if isinstance(message.string, tuple | list) else message.string
            found[message.id] = text
    return found


if __name__ == "__main__":
    for name in LANGUAGES:
        write(name, said_in(name))
