"""Text from outside, for places that read Markdown: names of files, of cards, of recipes."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^\"'@/])")
LONGEST = 300


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is: no picture, link, colour, formula or HTML.

    One line of at most LONGEST letters; what cannot be printed is left out. Streamlit's Markdown
    also reads `:name[...]` and `:material/...:` as directives and `$...$` as a formula.
    """
    line = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    if len(line) > LONGEST:
        line = f"{line[: LONGEST - 1]}…"
    return _SPECIAL.sub(r"\\\1", line)
