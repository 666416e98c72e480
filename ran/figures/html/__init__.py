"""Values -> HTML, by Jinja2 templates that escape by themselves, each with a stylesheet beside it.

shared/ holds what templates share and what lies around them, tables/ tables, panels/ what a card
of a page holds, tracks/ what is read on a line from left to right. A template goes by its name
alone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ran.figures.grammar import Theme
from ran.words import _, called

_FOLDER = Path(__file__).parent
_ROOMS = ("shared", "tables", "panels", "tracks")


@cache
def environment(*folders: Path) -> Environment:
    """Return what reads the templates of some folders, with all texts escaped."""
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(_=_, called=called)
    return environment


def render(template: str, **values: Any) -> str:
    """Return a template of these folders with its values put in; every text is escaped."""
    rooms = (_FOLDER / name for name in _ROOMS)
    return environment(*rooms).get_template(f"{template}.html").render(**values)


@cache
def stylesheet(theme: Theme) -> str:
    """Return the style of all templates, in the colours of a theme."""
    return render("stylesheet", colours=colours(theme), rules=rules())


def colours(theme: Theme) -> str:
    """Return the colours of a theme as declarations of CSS."""
    return ";".join(f"--ran-{name.replace('_', '-')}:{value}" for name, value in _of(theme))


@cache
def rules() -> str:
    """Return all stylesheets, in single spaces: what is shared first, then each template's own."""
    files = sorted(_FOLDER.glob("*/*.css"), key=lambda file: (file.stem != "macros", file.stem))
    return " ".join(word for file in files for word in file.read_text().split())


def _of(theme: Theme) -> list[tuple[str, str]]:
    return [(name, value) for name, value in vars(theme).items() if isinstance(value, str)]
