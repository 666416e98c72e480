"""Values -> a confusion matrix as HTML: counts, shaded by their share of the row."""

from __future__ import annotations

from collections.abc import Sequence

from ran.figures.html import render
from ran.words import _, called

_DEEPEST = 55
"""Percent of its colour that a share of one has: numbers stay readable on it."""


def confusion_matrix(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Return counts of faces, a row a class as labelled, a column as answered.

    Args:
        classes: their names, C.
        counts: C rows of C.
    """
    rows = []
    for label, row in zip(classes, counts, strict=True):
        total = sum(row)
        cells = [
            (
                count,
                round(_DEEPEST * count / total) if total else 0,
                _("{label}, answered {answer}: {count} of {total}").format(
                    label=called(label), answer=called(answer), count=count, total=total
                )
                + (f", {100 * count / total:.1f} %" if total else ""),
                answer == label,
            )
            for answer, count in zip(classes, row, strict=True)
        ]
        rows.append((label, cells, total))
    return render("confusion", rows=rows, classes=list(classes))
