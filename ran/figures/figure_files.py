"""Plotly figures -> SVG and PDF files, without a page. Needs requirements-export.txt."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go

from ran.errors import BadRequest
from ran.words import _

KINDS = (".svg", ".pdf")


def write_figure(figure: go.Figure, path: Path) -> None:
    """Write a figure as SVG or PDF, as the file's ending says.

    Plotly asks kaleido, and kaleido a Chromium that is installed (BROWSER_PATH names another).

    Raises:
        BadRequest: if either is missing, or the ending is another.
    """
    if path.suffix.lower() not in KINDS:
        raise BadRequest(
            _("{name} is no {value}.").format(name=path.name, value=" or ".join(KINDS)),
            hint=_("Choose one of these."),
        )
    try:
        import kaleido
    except ImportError as error:
        raise BadRequest(
            _("{suffix} files need kaleido, which is not installed.").format(
                suffix=path.suffix[1:].upper()
            ),
            hint=_("Run `pip install -r requirements-export.txt`, or write a .png."),
        ) from error
    try:
        kaleido.write_fig_sync(figure, path)
    except (RuntimeError, OSError) as error:
        said = " ".join(str(error).split()).split(". ")[0] or type(error).__name__
        raise BadRequest(
            _("No browser drew {name}: {said}.").format(name=path.name, said=said),
            hint=_("Install Chromium, name it in BROWSER_PATH, or write a .png."),
        ) from error
