"""Text from outside, for places that read Markdown: names of files, of cards, of recipes."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^\"'@/])")
_UNESCAPED = re.compile(
    r"(?<=http:)(?=//)|(?<=https:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=[-\w])"
    r"|(?<=:)(?=streamlit:)|(?<=-)(?=[->])|(?<=<)(?=[-=])|(?<=[>~])(?==)",
    re.IGNORECASE,
)
"""Inside what is made a link, a picture or a sign whatever is escaped: Streamlit's reader looks for
addresses (GitHub Flavored Markdown's autolinks), its logo and arrows once the escapes are gone."""
_JOINER = "\N{WORD JOINER}"
"""Has no width and breaks no line."""
LONGEST = 300


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is: no picture, link, colour, formula or HTML.

    One line of at most LONGEST letters; what cannot be printed is left out. Streamlit's Markdown
    also reads `:name[...]` and `:material/...:` as directives and `$...$` as a formula.
    """
    line = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    if len(line) > LONGEST:
        line = f"{line[: LONGEST - 1]}…"
    return _SPECIAL.sub(r"\\\1", _UNESCAPED.sub(_JOINER, line))
