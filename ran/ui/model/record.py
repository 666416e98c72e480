"""A checkpoint's record: what it reaches, where it fails, and what each of its parts is worth."""

from __future__ import annotations

import streamlit as st

from ran import figures
from ran.figures import charts, signed, studies
from ran.figures.evidence import controlled
from ran.figures.evidence.card_told import reached
from ran.net.card import Card
from ran.study.evaluation.ablation_table import WITH_RB_LOSS, WITHOUT_RB_LOSS, AblationTable
from ran.study.evaluation.published import LIST_NAMES, PAPER, wilson_interval
from ran.ui.shared import panels
from ran.ui.shared.margin import HELP_MARGIN
from ran.words import _, called


def scores(card: Card) -> None:
    """Draw the card's accuracies beside the paper's, and what else it says of the lists."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Accuracy on the published lists**"),
            help=_("Test lists of the RAN authors; bars are 95 % Wilson intervals."),
        )
        if not card.scores:
            st.markdown(_("This checkpoint's card holds no scores: it was not evaluated here."))
            return
        rows = accuracies(card)
        panels.marks(
            ("dot", _("this checkpoint{crops}").format(crops=_crops(card))),
            ("diamond", _("RAN, the paper (with face pretraining)")),
        )
        st.plotly_chart(
            charts.scores(rows, panels.theme()), theme=None, config=figures.CONFIG,
            alt="; ".join(f"{row[0]}: {row[1]:.1f} %" for row in rows),
        )  # fmt: skip
        _lists(card)
        said = facts(card)
        if said:
            panels.table(said, _("What else the card says of its answers"))


def accuracies(card: Card) -> list[tuple[str, float, float, float, float | None]]:
    """Return the card's accuracies in percent: list, accuracy, interval, the paper's or None."""
    return [
        (
            f"{called(LIST_NAMES[key])} ({count:,})",
            100 * accuracy,
            100 * low,
            100 * high,
            PAPER.get(key),
        )
        for key, (accuracy, low, high, count) in reached(card).items()
    ]


def controls(card: Card) -> None:
    """Draw what other weights in place of the network's own cost, on clean and on covered faces."""
    measured = controlled.measured(card)
    if not measured:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Is attention worth anything?**"),
            help=_(
                "The same network with other weights in place of w, on FER2013Valid; p of an "
                "exact McNemar test against the learnt ones, two-sided. Where another face's "
                "weights cost nothing, w carries nothing about the face. Covered faces: each "
                "under a part, a box or an oval, in one grey or noise, drawn by a seed (covered "
                "list 1), or under a sticker, part or rectangle of this app (list 2). "
                "`python -m ran evaluate --controls`, and `--covered 1`, `--covered 2`."
            ),
        )
        for faces, tables in measured.items():
            _controls_of(faces, tables)


def _controls_of(faces: str, tables: controlled.Controls) -> None:
    """Draw one table of controls, a column a layout, and what it says."""
    st.html(controlled.table(faces, tables))
    count = max(row["n"] for table in tables.values() for row in table.values())
    st.markdown(
        _(":small[:gray[{verdict} {count:,.0f} faces, one seed.]]").format(
            verdict=controlled.told(tables), count=count
        )
    )


def _crops(card: Card) -> str:
    """Return on which crops the scores were measured, where a network has crops."""
    return "" if card.kind == "plain" else _(", {kind} crops").format(kind=called(card.layout))


def _lists(card: Card) -> None:
    """Draw what the card says list by list: mirrored faces, the plain network, other seeds."""
    flipped, plain, seeds = card.flipped or {}, card.against_plain or {}, card.seeds or {}
    counts = {f"{row['n']:.0f}" for row in seeds.values()}
    others = {
        _("{kind} crops").format(kind=called(kind)): {
            key: f"{100 * row['accuracy']:.1f} %" for key, row in (layout["scores"] or {}).items()
        }
        for kind, layout in card.layouts.items()
        if kind != card.layout
    }
    columns = others | {
        _("mirrored face too"): {
            key: f"{100 * row['accuracy']:.1f} %" for key, row in flipped.items()
        },
        _("RAN − plain, points"): {
            key: f"{signed(100 * row['difference'], 1)}, {controlled.p(row['p'])}"
            for key, row in plain.items()
        },
        _("mean of {counts} seeds").format(counts=", ".join(sorted(counts))): {
            key: f"{100 * row['mean']:.1f} ± {100 * row['spread']:.1f} %"
            for key, row in seeds.items()
        },
    }
    columns = {name: cells for name, cells in columns.items() if cells}
    if not columns:
        return
    lines = [
        (called(name), *(cells.get(key, "") for cells in columns.values()))
        for key, name in LIST_NAMES.items()
        if any(key in cells for cells in columns.values())
    ]
    panels.columns(("", *columns), lines, _("More on the published lists"))
    if plain:
        st.markdown(
            _(
                ":small[:gray[RAN − plain: the same faces answered by the plain network of the "
                "same training run; p of an exact McNemar test, two-sided.]]"
            )
        )


def facts(card: Card) -> dict[str, str]:
    """Return what the card says of calibration and photographs, as names and sentences."""
    said = {}
    if card.calibration is not None and "calibration" not in card.evidence:
        found = card.calibration
        text = _("Expected calibration error {error:.1f} % on the test list").format(
            error=100 * found["ece"]
        )
        if found["fitted_on"]:
            text += _(
                "; {error:.1f} % without the temperature "
                "{temperature:.2f}, fitted on {faces:,.0f} faces of "
                "FER2013Valid and used wherever a probability is shown"
            ).format(
                error=100 * found["ece_before"],
                temperature=card.temperature,
                faces=found["fitted_on"],
            )
        said["Calibration"] = f"{text}."
    if card.photographs is not None:
        found = card.photographs
        said["Photographs"] = _(
            "{pictures:,.0f} test pictures laid on a larger canvas: {recovered:,.0f} faces "
            "found, {agreement:.1f} % of them answered as the picture itself; "
            "accuracy {accuracy:.1f} %, of the pictures themselves "
            "{direct:.1f} %."
        ).format(
            pictures=found["n"],
            recovered=found["found"],
            agreement=100 * found["agreement"],
            accuracy=100 * found["accuracy"],
            direct=100 * found["direct"],
        )
    return said


def classes(card: Card) -> None:
    """Draw the accuracy of each expression's faces, if the card says it."""
    if not card.per_class:
        return
    rows: list[tuple[str, float, float, float, float | None]] = []
    for name, row in card.per_class.items():
        if row["n"] >= 1:
            low, high = wilson_interval(row["accuracy"], int(row["n"]))
            label = f"{called(name)} ({row['n']:,.0f})"
            rows.append((label, 100 * row["accuracy"], 100 * low, 100 * high, None))
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Accuracy by expression**"),
            help=_(
                "Faces of the test list by the label most of ten people chose, and how many of "
                "them are answered so; bars are 95 % Wilson intervals."
            ),
        )
        st.plotly_chart(
            charts.scores(rows, panels.theme()), theme=None, config=figures.CONFIG,
            alt="; ".join(f"{row[0]}: {row[1]:.1f} %" for row in rows),
        )  # fmt: skip


def ablations(table: AblationTable) -> None:
    """Draw what each part of RAN is worth."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**What each part is worth**"),
            help=_(
                "The heads of RAN, trained again and again on the frozen features of one "
                "backbone. The dot is the mean over seeds, the bar one standard deviation to "
                "either side; behind the comma stands the difference from the first row, in "
                "points. The axis shows only the part of the scale that is used."
            ),
        )
        rows = [(row.name, 100 * row.accuracy, 100 * row.spread) for row in table.rows]
        st.plotly_chart(
            studies.ablations(rows, panels.theme()), theme=None, config=figures.CONFIG,
            alt="; ".join(f"{name}: {accuracy:.1f} %" for name, accuracy, _ in rows),
        )  # fmt: skip
        # The test lists are left for released checkpoints.
        about = _(
            "Heads alone, on frozen features at {input_size} pixels: {faces:,} "
            "training faces, {epochs} epochs, {count} seeds; accuracy after the "
            "last epoch on {valid:,} faces of FER2013Valid. {about} Random boxes are "
            "the same for all faces; landmarks are the framing's medians."
        ).format(
            input_size=table.input_size,
            faces=table.faces,
            epochs=table.epochs,
            count=len(table.seeds),
            valid=table.valid,
            about=table.about,
        )
        st.markdown(f":small[:gray[{about}]]")
        if table.shows:
            st.markdown(table.shows)


def rb_margins(table: AblationTable) -> None:
    """Draw the RB margins of many faces, trained with and without RB-loss."""
    if not {WITH_RB_LOSS, WITHOUT_RB_LOSS} <= set(table.margins):
        return
    colours = panels.theme()
    alpha = next(row.alpha for row in table.rows if row.name == WITH_RB_LOSS)
    above = {row.name: row.above_alpha for row in table.rows}
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**RB margins with and without RB-loss**"),
            help=_(
                "{help_margin} Here over {valid:,} faces of FER2013Valid, of the "
                "first two rows' heads."
            ).format(help_margin=_(HELP_MARGIN), valid=table.valid),
        )
        panels.marks(("square", _("trained with RB-loss")), ("frame", _("trained without")))
        st.plotly_chart(
            studies.rb_margins(
                table.edges, table.margins[WITHOUT_RB_LOSS], table.margins[WITH_RB_LOSS], alpha,
                colours,
            ),
            theme=None, config=figures.CONFIG,
            alt=_("Histograms of the RB margin, trained with and without RB-loss"),
        )  # fmt: skip
        shares = above[WITH_RB_LOSS], above[WITHOUT_RB_LOSS]
        st.markdown(
            _(
                "{with_loss:.0f} % of the faces reach α with RB-loss, {without:.0f} % without."
            ).format(with_loss=100 * (shares[0] or 0.0), without=100 * (shares[1] or 0.0))
        )
