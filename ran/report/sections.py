"""What reports are made of, and how they become one file: nothing in it asks for anything else."""

from __future__ import annotations

import base64
import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ran.figures.grammar import DARK, LIGHT
from ran.figures.html import colours, environment, render, rules
from ran.figures.paper import ink

_FOLDER = Path(__file__).parent / "html"
_PACKAGES = ("ran-face-lab", "torch", "torchvision", "captum", "facenet-pytorch", "numpy")
WIDTH = 3.5
"""Inches of a figure: two stand beside each other on a sheet, and one is read on a phone."""


@dataclass(frozen=True)
class Part:
    """One thing of a section: a figure in words and as a data URL, tables as HTML, or a text.

    words: what the figure shows, or, without a figure, a sentence of its own. text: kept as it is,
    letter by letter.
    """

    title: str = ""
    words: str = ""
    figure: str = ""
    tables: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it; `key` is its place in the address.

    beside: whether its parts stand beside each other where there is room.
    """

    key: str
    title: str
    parts: tuple[Part, ...]
    beside: bool = False


def pictured(draw: ink.Draw, words: str, title: str = "") -> Part:
    """Return a figure as a part, drawn as SVG inside the file."""
    url = base64.b64encode(ink.drawn(draw, "svg")).decode()
    return Part(title, words, f"data:image/svg+xml;base64,{url}")


def columns(heads: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> str:
    """Return a table of numbers: a head above each column; a row's first cell is its name."""
    return render("columns", heads=heads, rows=list(rows), name=name, kind="numbers")


def versions() -> dict[str, str]:
    """Return which releases of what a number depends on are installed."""
    found = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # the app runs from its folder, where nothing is installed
            continue
    return found


def whole(
    title: str, lead: Sequence[str], sections: Sequence[Section], numbers: dict[str, Any]
) -> str:
    """Return a report as HTML.

    Args:
        title: its heading, plain text like all words of its parts.
        lead: sentences below it.
        sections: in the order of reading; those without parts are left out.
        numbers: all of it as plain values, for programs: JSON in the element #numbers.
    """
    return (
        environment(_FOLDER)
        .get_template("report.html")
        .render(
            language="en",
            title=title,
            lead=lead,
            light=colours(LIGHT),
            dark=colours(DARK),
            rules=f"{rules()} {_own_rules()}",
            numbers=_plain(numbers),
            sections=[section for section in sections if section.parts],
        )
    )


def _plain(numbers: dict[str, Any]) -> Any:
    """Return what JSON makes of some values: tuples are lists, and nothing else is in it."""
    return json.loads(json.dumps(numbers))


@cache
def _own_rules() -> str:
    """Return the reports' own rules, in single spaces; they follow those of the tables."""
    return " ".join((_FOLDER / "report.css").read_text().split())
