"""Values -> files: what the Cohort page's Save menu offers."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow
import streamlit as st
from pyarrow import parquet

from ran.engine import Engine
from ran.figures.paper.depicted import COLUMN, PAGE
from ran.study.cohort.gathered import Gathered, Member
from ran.study.cohort.rows import Row, numbers
from ran.ui.cohort import groups
from ran.ui.cohort.results import MOST_GROUPS, reached, taken_for, weighed
from ran.ui.shared.saving import for_paper
from ran.ui.shared.saving.files import rows_csv
from ran.ui.shared.session import Session
from ran.words import _

if TYPE_CHECKING:
    from ran.figures.paper.ink import Drawing
    from ran.report.of_cohort import Surveyed

_SAVED = ("w", "mu", "nu", "margin", "logits")


def save_menu(engine: Engine, session: Session, done: Gathered) -> None:
    """Offer every row as Parquet and CSV, mean weights as rows of LaTeX, a report, a figure."""
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
            (_("Report, HTML"), "ran-cohort-report.html", "text/html",
             lambda: as_report(engine, done)),
        ):  # fmt: skip
            st.download_button(
                label, content, name, kind, on_click="ignore", width="stretch", type="tertiary"
            )
        _figure(engine, session, done.members)
        _others(engine, session, done.members)


def _figure(engine: Engine, session: Session, members: Sequence[Member]) -> None:
    """Offer the number that is looked at, spread over the groups of the page, as a figure."""
    asked, offered = session.cohort, groups.numbers(members)
    number = asked.number if asked.number in offered else next(iter(offered))
    rows = [
        (name, [value for one in part if (value := offered[number](one)) is not None])
        for name, part in groups.grouped(members, asked.by).items()
    ]
    rows = [(name, values) for name, values in rows if values][:MOST_GROUPS]
    if not rows:
        return

    def draw() -> Drawing:
        from ran.figures.paper.spread_drawn import spreads  # matplotlib, only where it is wanted

        return spreads(rows, _(number), width=COLUMN)

    def words() -> str:
        return _(
            "{number} by {way}, over {count:,} faces. Dot: median; bar: half of the faces; line: "
            "nine of ten."
        ).format(number=_(number), way=_(asked.by).lower(), count=sum(len(row[1]) for row in rows))

    for_paper.offer_chart(
        engine, "ran-cohort-figure", draw, words, what=groups.told(number).lower()
    )  # fmt: skip


def _others(engine: Engine, session: Session, members: Sequence[Member]) -> None:
    """Offer accuracies, mean weights and what is taken for what as figures."""
    found = dict(list(groups.grouped(members, session.cohort.by).items())[:MOST_GROUPS])
    labelled = [one for one in members if one.label is not None]

    def accuracies() -> Drawing:
        from ran.figures.paper.marks_drawn import with_intervals

        rows = [
            (name, own.accuracy, own.low, own.high, None if other is None else other.accuracy)
            for name, own, other in reached(labelled, found, has_other=_has_other(members))
        ]
        return with_intervals(rows, _("accuracy, %"), width=COLUMN)

    def weights() -> Drawing:
        from ran.figures.paper.grids_drawn import mean_weights

        return mean_weights(*weighed(members, found), width=PAGE)

    def confusion() -> Drawing:
        from ran.figures.paper.grids_drawn import confusion as drawn

        return drawn(*taken_for(labelled), width=COLUMN)

    by = _(session.cohort.by).lower()
    if labelled:
        for_paper.offer_chart(
            engine, "ran-cohort-accuracy-figure", accuracies,
            lambda: _(
                "Accuracy by {way}, with 95 % Wilson intervals, over {count:,} faces; diamond: a "
                "second network, where there is one."
            ).format(way=by, count=len(labelled)),
            what=_("accuracy"),
        )  # fmt: skip
    if len(members[0].answer.boxes) > 1:
        for_paper.offer_chart(
            engine, "ran-cohort-weights-figure", weights,
            lambda: _("Mean w of each region relative to uniform, by {way}.").format(way=by),
            width=PAGE, what=_("mean weights"),
        )  # fmt: skip
    if labelled:
        for_paper.offer_chart(
            engine, "ran-cohort-confusion-figure", confusion, for_paper.confusion_words,
            what=_("what is taken for what"),
        )  # fmt: skip


def _has_other(members: Sequence[Member]) -> bool:
    return any(one.other is not None for one in members)


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
    return rows_csv(rows(members))


def as_parquet(engine: Engine, members: Sequence[Member]) -> bytes:
    """Return the rows as Parquet, with the network's hash in its metadata."""
    made = {"checkpoint": engine.card.name, "sha256": engine.card.sha256, **engine.conditions}
    table = pyarrow.Table.from_pylist(rows(members))
    file = io.BytesIO()
    parquet.write_table(
        table.replace_schema_metadata({b"ran.cohort": json.dumps(made).encode()}), file
    )
    return file.getvalue()


def as_report(engine: Engine, done: Gathered) -> str:
    """Return a report of the whole cohort, one file of HTML."""
    from ran.report.of_cohort import cohort_report  # matplotlib, only where it is wanted

    return cohort_report(_surveyed(engine, done))


def as_numbers(engine: Engine, done: Gathered) -> dict[str, Any]:
    """Return counts and means by cover as plain values, as the report has them."""
    from ran.report.of_cohort import as_json

    return as_json(_surveyed(engine, done))


def _surveyed(engine: Engine, done: Gathered) -> Surveyed:
    from ran.report.of_cohort import Surveyed

    made = {"checkpoint": engine.card.name, "sha256": engine.card.sha256}
    return Surveyed(
        _("{faces:,} faces").format(faces=len(done.members)), rows(done.members),
        [(one.name, one.reason) for one in done.missed],
        made | {"conditions": engine.conditions},
        (engine.card, engine.model.parameter_count),
    )  # fmt: skip


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
