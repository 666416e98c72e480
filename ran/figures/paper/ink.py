"""How a paper's figure is drawn and written: its type, its width, and the same bytes every time."""

from __future__ import annotations

import io
import re
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ran.errors import BadRequest
from ran.words import _, as_written
from ran.writing import write_bytes

KINDS = (".pdf", ".svg", ".png")
_WIDTHS = (1.5, 20.0)
_PER_INCH = {"in": 1.0, "cm": 2.54, "mm": 25.4, "pt": 72.27}
_DOTS = 300
_LETTER = 0.056
"""Inches of a letter of 7 points, on average."""
_STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
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
    settings: Any = own | _STYLE
    with _ONE_AT_A_TIME, matplotlib.rc_context(settings):
        yield


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
    return max((len(one) for one in words), default=0) * _LETTER


def fitted(words: str, width: float, *, lines: int = 2) -> str:
    """Return words broken into lines of so many inches; what does not fit ends in an ellipsis."""
    words, letters = " ".join(words.split()), max(4, int(width / _LETTER))
    if lines == 1:
        return words if len(words) <= letters else f"{words[: letters - 1]}\N{HORIZONTAL ELLIPSIS}"
    found = textwrap.wrap(words, letters, max_lines=lines, placeholder="\N{HORIZONTAL ELLIPSIS}")
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
    """Draw a figure and return it as a file, "pdf", "svg" or "png"; the same every time."""
    # No date: nothing in the file depends on when it was made.
    about: dict[str, Any] = {
        "pdf": {"CreationDate": None, "ModDate": None},
        "svg": {"Date": None, "Creator": None},
        "png": {},
    }[kind]  # fmt: skip
    file = io.BytesIO()
    with style(), as_written():
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
