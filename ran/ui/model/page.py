"""The checkpoint's card, its scores, the equations with this face's numbers, the RB-loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.figures.evidence.card_told import USE, card_rows
from ran.figures.paper.depicted import COLUMN
from ran.prediction import Prediction
from ran.ui.model import many_faces, record
from ran.ui.shared import compute, panels, pose_lists, shell
from ran.ui.shared.margin import margin
from ran.ui.shared.replay import scene_recipe
from ran.ui.shared.saving import for_paper, keeping
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import seed
from ran.words import _, later

if TYPE_CHECKING:
    from ran.figures.paper.ink import Drawing

_SYMBOLS, _NUMBERS = later("Symbols"), later("This face's numbers")


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the checkpoint and the face in use."""
    left, right = shell.halves()
    with left:
        with st.container(border=True):
            card_table(engine)
            own_checkpoint(session)
        record.classes(engine.card)
        many_faces.confusion(engine.card)
        many_faces.probabilities(engine.card)
    with right:
        record.scores(engine.card)
        record.controls(engine.card)
        many_faces.ranks(engine.card)
        many_faces.covers(engine.card)
        pose_lists.published_score()
        if session.face is not None:
            shown = compute.shown(engine, session.scene(session.face))
            if len(shown[-1].answer.boxes) > 1:
                equations(session, shown[-1].answer)
            margin(session, shown, engine.card)
    many_faces.measures(engine.card)
    table = compute.ablations(session)
    if table is not None:
        left, right = shell.halves()
        with left:
            record.ablations(table)
        with right:
            record.rb_margins(table)
    if session.face is not None:
        scene = session.scene(session.face)
        keeping.offer(
            session, header, "model", lambda: {"answer": engine.predict(scene).as_json()},
            recipe=lambda: scene_recipe(engine, session, scene), scene=scene,
        )  # fmt: skip
    with header:
        save_menu(engine)


def card_table(engine: Engine) -> None:
    """Draw the card as a table; every word of it comes from card.json."""
    rows = card_rows(engine.card, engine.model.parameter_count)
    st.markdown(_("**Checkpoint card**"))
    panels.table(rows, _("The checkpoint's card"))
    st.markdown(f":small[:gray[{_(USE)}]]")


def own_checkpoint(session: Session) -> None:
    """Take a visitor's checkpoint; what was in use stays until the new one is loaded."""
    files = st.file_uploader(
        _("Your own checkpoint"),
        type=["safetensors", "json", "tar", "pth"],
        accept_multiple_files=True,
        max_upload_size=200,
        help=_(
            "model.safetensors together with card.json, or the authors' .pth.tar. It is used in "
            "your session alone."
        ),
    )
    if files and st.button(_("Use it"), icon=":material/check:"):
        with compute.told(_("The checkpoint in use has not changed.")):
            compute.use_own_checkpoint(session, [(file.name, file.getvalue()) for file in files])
            st.rerun()


def equations(session: Session, answer: Prediction) -> None:
    """Write the equations, in symbols or with the outlined region's numbers put in."""
    with st.container(border=True):
        i = min(session.region, len(answer.boxes) - 1)
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(
                _("**Equations**"),
                width="content",
                help=_(
                    "Wang et al. 2020, arXiv:1905.04075. A region's name on Occlude chooses "
                    "whose numbers stand here."
                ),
            )
            shown = st.segmented_control(
                _("Equations"),
                [_SYMBOLS, _NUMBERS],
                format_func=_,
                key=seed("equations", _NUMBERS),
                required=True,
                label_visibility="collapsed",
            )
        mu, nu = answer.self_weights, answer.relation_weights
        products = mu * nu
        total, w = float(products.sum()), float(answer.weights[i])
        name = answer.boxes[i].name
        note = _("The weight used: {relative_weights:.2f}× of uniform, 1/{count}.").format(
            relative_weights=answer.relative_weights[i], count=len(mu)
        )
        for symbols, numbers, said in (
            (
                r"\mu_i = \sigma(q_0^{\mathsf T} F_i)",
                rf"\mu_{i} = {tex(mu[i])}",
                _("Self-attention: one number for each region. {i} is {name}.").format(
                    i=i, name=name
                ),
            ),
            (
                r"F_m = \textstyle\sum_i \mu_i F_i \,/ \sum_i \mu_i",
                rf"\textstyle\sum_i \mu_i = {mu.sum():.3f}",
                _("The global representation."),
            ),
            (
                r"\nu_i = \sigma(q_1^{\mathsf T} [F_i : F_m])",
                rf"\nu_{i} = {tex(nu[i])}",
                _("Relation-attention: the region beside the whole."),
            ),
            (
                r"w_i = \mu_i\nu_i \,/ \textstyle\sum_j \mu_j\nu_j",
                rf"w_{i} = \frac{{{tex(products[i])}}}{{{tex(total)}}} = {w:.3f}",
                note,
            ),
        ):
            if shown == _NUMBERS:
                left, right = st.columns(2)
                left.latex(symbols)
                right.latex(numbers)
                st.markdown(f":small[:gray[{said}]]")
            else:
                st.latex(symbols)


def tex(value: float) -> str:
    """Return a number with three digits that count, in TeX: 0.688, 4.2e-7 as a power of ten."""
    digits, _, power = f"{float(value):.2e}".partition("e")
    return f"{value:.3f}" if value >= 0.01 else rf"{digits} \cdot 10^{{{int(power)}}}"


def save_menu(engine: Engine) -> None:
    """Offer the card, and its accuracies and confusions as figures."""
    save = st.popover(_("Save"), icon=":material/download:", key="model-save", on_change="rerun")
    if not save.open:
        return
    with save:
        panels.save_card(engine.card)
        rows, table = record.accuracies(engine.card), many_faces.taken_for(engine.card)

        def draw() -> Drawing:
            from ran.figures.paper.marks_drawn import with_intervals  # matplotlib, only if wanted

            return with_intervals(rows, _("accuracy, %"), width=COLUMN)

        def matrix() -> Drawing:
            from ran.figures.paper.grids_drawn import confusion

            assert table is not None
            return confusion(*table, width=COLUMN)

        def words() -> str:
            return _(
                "Accuracy on the published test lists, with 95 % Wilson intervals; diamond: RAN, "
                "the paper (with face pretraining)."
            )

        if rows:
            for_paper.offer_chart(
                engine, "ran-accuracy-figure", draw, words, what=_("accuracy")
            )  # fmt: skip
        if table is not None:
            for_paper.offer_chart(
                engine, "ran-confusion-figure", matrix, for_paper.confusion_words,
                what=_("what is taken for what"),
            )  # fmt: skip


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Model", body)
