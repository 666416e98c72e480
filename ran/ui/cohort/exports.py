"""Values -> files: what the Cohort page's Save menu offers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import numpy as np
import pyarrow
import streamlit as st
from pyarrow import parquet

from ran.engine import Engine
from ran.study.cohort.gathered import Gathered, Member
from ran.study.cohort.rows import Row, numbers
from ran.words import _

_SAVED = ("w", "mu", "nu", "margin", "logits")


def save_menu(engine: Engine, done: Gathered) -> None:
    """Offer every row as Parquet and CSV, and the mean weights as rows of LaTeX."""
    save = st.popover(_("Save"), icon=":material/download:", key="cohort-save", on_change="rerun")
    if not save.open:
        return
    with save:
        for label, name, kind, content in (
            (_("Every face, Parquet"), "ran-cohort.parquet", "application/octet-stream",
             lambda: as_parquet(engine, done.members)),
            (_("Every face, CSV"), "ran-cohort.csv", "text/csv", lambda: as_csv(done.members)),
            (_("Mean weights, LaTeX rows"), "ran-cohort.tex", "text/plain",
             lambda: as_latex(done.members)),
        ):  # fmt: skip
            st.download_button(
                label, content, name, kind, on_click="ignore", width="stretch", type="tertiary"
            )


def rows(members: Sequence[Member]) -> list[Row]:
    """Return a row a member, in the columns of `ran cohort`, with label and second answer."""
    return [
        {
            "path": one.name,
            "label": one.label,
            "kind": one.kind,
            "cover": "" if one.cover is None else one.cover.name,
            "fill": "" if one.cover is None else one.cover.fill.kind,
            "expression": one.answer.expression,
            "other": None if one.other is None else one.other.expression,
            "shift": one.shift,
            **numbers(one.answer, _SAVED),
        }
        for one in members
    ]


def as_csv(members: Sequence[Member]) -> str:
    """Return the rows as CSV."""
    found = rows(members)
    names = list(dict.fromkeys(name for row in found for name in row))
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, names)
    table.writeheader()
    table.writerows(found)
    return file.getvalue()


def as_parquet(engine: Engine, members: Sequence[Member]) -> bytes:
    """Return the rows as Parquet, with the network's hash in its metadata."""
    made = {"checkpoint": engine.card.name, "sha256": engine.card.sha256, **engine.conditions}
    table = pyarrow.Table.from_pylist(rows(members))
    file = io.BytesIO()
    parquet.write_table(
        table.replace_schema_metadata({b"ran.cohort": json.dumps(made).encode()}), file
    )
    return file.getvalue()


def as_latex(members: Sequence[Member]) -> str:
    """Return rows of a table: the cover, how many faces, and each region's mean w x uniform."""
    lines = []
    covers = dict.fromkeys("" if one.cover is None else one.cover.name for one in members)
    for cover in covers:
        part = [one for one in members if ("" if one.cover is None else one.cover.name) == cover]
        means = np.mean([one.answer.relative_weights for one in part], 0)
        cells = [cover or "none", str(len(part)), *(f"{mean:.2f}" for mean in means)]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join(lines) + "\n"
