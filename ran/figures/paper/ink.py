"""How a paper's figure is drawn and written: its type, its width, and the same bytes every time."""

from __future__ import annotations

import io
import re
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ran.errors import BadRequest
from ran.figures.numbers import letters
from ran.words import _, as_written, language
from ran.writing import write_bytes

KINDS = (".pdf", ".svg", ".png")
_WIDTHS = (1.5, 20.0)
_PER_INCH = {"in": 1.0, "cm": 2.54, "mm": 25.4, "pt": 72.27}
_DOTS = 300
_LETTER = 0.056
"""Inches of a letter of 7 points, on average."""
_STYLE = {
    "font.size": 7,
    "axes.linewidth": 0.6,
    "axes.titlesize": 7,
    "xtick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "pdf.fonttype": 42,  # TrueType inside the file: publishers refuse Type 3
    "svg.fonttype": "path",
    "svg.hashsalt": "ran",
    "image.interpolation": "none",
    "text.parse_math": False,  # a file's name may have dollars in it
}
_TYPE = "DejaVu Sans"
"""Comes with matplotlib: the same on every machine."""
_GLYPHS = {"ko": "Noto Sans CJK KR", "zh": "Noto Sans CJK SC"}
"""What has the glyphs that _TYPE has not, by language: Debian's fonts-noto-cjk."""
Drawing = Figure
"""What `draw` makes, by a name that others import without matplotlib."""
Draw = Callable[[], Drawing]
"""Makes a figure, inside `style`."""
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def style() -> Iterator[None]:
    """Draw and write what is in the block as papers want it.

    Matplotlib's settings are one set for the process: the block is alone in it. They begin with
    its own, whatever a matplotlibrc says.
    """
    own = {
        name: value for name, value in matplotlib.rcParamsDefault.items() if "backend" not in name
    }
    settings: Any = own | _STYLE | {"font.family": _family()}
    with _ONE_AT_A_TIME, matplotlib.rc_context(settings):
        yield


def _family() -> list[str]:
    """Return the fonts that are asked for a glyph in turn, that of the chosen language first."""
    wanted = dict.fromkeys((_GLYPHS.get(language(), _TYPE), *_GLYPHS.values()))
    return [_TYPE, *(font for font in wanted if font != _TYPE and font in installed())]


@cache
def installed() -> frozenset[str]:
    """Return the names of the fonts that matplotlib finds."""
    return frozenset(one.name for one in font_manager.fontManager.ttflist)


def missing_font() -> str | None:
    """Return the font that figures need in the language that is chosen now and that is not here."""
    font = _GLYPHS.get(language())
    return None if font is None or font in installed() else font


@dataclass(frozen=True)
class Place:
    """A part of a figure, in inches from its left and its top, in which axes are put by inches."""

    figure: Figure
    left: float
    top: float
    width: float
    height: float

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return new axes so far from the place's left and top, so wide and high."""
        across, down = self.figure.get_size_inches()
        x, y = self.left + left, down - (self.top + top + height)
        return self.figure.add_axes((x / across, y / down, width / across, height / down))

    def title(self, words: str) -> None:
        """Write what the part is into its first line."""
        across, down = self.figure.get_size_inches()
        self.figure.text(
            self.left / across, 1 - (self.top + 0.02) / down, words, va="top", fontweight="bold",
            fontsize=7.5,
        )  # fmt: skip


def words_wide(words: Iterable[str]) -> float:
    """Return about how many inches the longest of some words is, at the size of STYLE."""
    return max(map(letters, words), default=0) * _LETTER


def fitted(words: str, width: float, *, lines: int = 2) -> str:
    """Return words broken into lines of so many inches; what does not fit ends in an ellipsis."""
    words, room = " ".join(words.split()), max(4, int(width / _LETTER))
    if letters(words) > len(words):
        room = max(2, room * len(words) // letters(words))
    if lines == 1:
        return words if len(words) <= room else f"{words[: room - 1]}\N{HORIZONTAL ELLIPSIS}"
    found = textwrap.wrap(words, room, max_lines=lines, placeholder="\N{HORIZONTAL ELLIPSIS}")
    return "\n".join(found)


def inches(width: str) -> float:
    """Return a width in inches: 3.5in, 8.9cm, 89mm, 252pt (of TeX), or inches without a unit.

    Raises:
        BadRequest: if it is none, or none that fits on paper.
    """
    found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,4})?) ?(in|cm|mm|pt)?", width.strip())
    made = float(found[1]) / _PER_INCH[found[2] or "in"] if found else 0.0
    if not _WIDTHS[0] <= made <= _WIDTHS[1]:
        raise BadRequest(
            _("A figure cannot be {width} wide.").format(width=width),
            hint=_("Use {low:g}in to {high:g}in, such as 3.5in, 89mm or 252pt.").format(
                low=_WIDTHS[0], high=_WIDTHS[1]
            ),
        )
    return made


def drawn(draw: Draw, kind: str) -> bytes:
    """Draw a figure and return it as a file, "pdf", "svg" or "png"; the same every time.

    In the language that is chosen now, if its font is here; else as it is written.
    """
    # No date: nothing in the file depends on when it was made.
    about: dict[str, Any] = {
        "pdf": {"CreationDate": None, "ModDate": None},
        "svg": {"Date": None, "Creator": None},
        "png": {},
    }[kind]  # fmt: skip
    file = io.BytesIO()
    with style(), as_written() if missing_font() else nullcontext():
        draw().savefig(file, format=kind, dpi=_DOTS, metadata=about)
    return file.getvalue()


def write_drawn(draw: Draw, path: Path) -> None:
    """Draw a figure and write it as its file's ending says, whole or not at all.

    Raises:
        BadRequest: if the ending is none of KINDS, or if it cannot be written.
    """
    check_ending(path)
    write_bytes(path, drawn(draw, path.suffix.lower()[1:]))


def check_ending(path: Path) -> None:
    """Refuse a name whose ending is none of KINDS.

    Raises:
        BadRequest: with those that there are.
    """
    if path.suffix.lower() not in KINDS:
        raise BadRequest(
            _("A figure is written as {kinds}, got {name!r}.").format(
                kinds=", ".join(KINDS), name=path.name
            ),
            hint=_("Choose one of these endings."),
        )
