"""Values -> HTML, by Jinja2 templates that escape by themselves, and one stylesheet."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ran.figures.grammar import Theme

_FOLDER = Path(__file__).parent


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def render(template: str, **values: Any) -> str:
    """Return a template of this folder with its values put in; every text is escaped."""
    return _environment().get_template(f"{template}.html").render(**values)


def stylesheet(theme: Theme) -> str:
    """Return the style of all templates, in the colours of a theme."""
    colours = ";".join(f"--ran-{name.replace('_', '-')}:{value}" for name, value in _of(theme))
    return f"<style>:root{{{colours}}}\n{(_FOLDER / 'styles.css').read_text()}</style>"


def _of(theme: Theme) -> list[tuple[str, str]]:
    return [(name, value) for name, value in vars(theme).items() if isinstance(value, str)]
