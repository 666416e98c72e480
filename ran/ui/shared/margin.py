"""The RB margin beside alpha: how far the best crop stands above the whole face."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ran import figures
from ran.figures import Moved
from ran.figures.html import render
from ran.figures.numbers import signed, times
from ran.net.card import Card
from ran.prediction import LITTLE
from ran.shown import Shown
from ran.ui.shared.session import Session
from ran.words import _, called, later

HELP_MARGIN = later(
    "How far the best crop stands above the whole face. Below α the loss is α minus the margin."
)

_LITTLE = later("the crop of largest μ is {region}, which hardly counts: its w is {times}")


def margin(session: Session, shown: Sequence[Shown], card: Card) -> None:
    """Draw the RB margin of the last face, and of the first, against alpha, with its slider."""
    found = [(one.name, one.answer.rb_margin) for one in shown]
    margins = [(name, value) for name, value in found if value is not None]
    if not margins:
        return
    last = shown[-1]
    trained = last.answer.alpha
    alpha = float(trained if session.alpha is None else session.alpha)
    before, after = (max(0.0, alpha - margins[place][1]) for place in (0, -1))
    is_pair = len(margins) > 1
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(
                _("**RB margin**") + r" $\mu_{max} - \mu_0$", help=_(HELP_MARGIN), width="content"
            )
            was = f"{before:.3f}" if is_pair else ""
            moved = Moved.by(after - before, 3) if is_pair else None
            st.html(render("loss", before=was, after=f"{after:.3f}", moved=moved), width="content")
        st.html(figures.margin(margins, alpha))
        with st.container(horizontal=True):
            # Filled once they are open: a stroke should not wait for what nobody sees.
            computed = st.popover(
                _("How computed"),
                icon=":material/function:",
                type="tertiary",
                key="margin-computed",
                on_change="rerun",
            )
            if computed.open:
                with computed:
                    _margin_computed(last, alpha)
                    _worth(card, session.layout_name.lower())
            tuned = st.popover(
                _("Set α"), icon=":material/tune:", type="tertiary", key="alpha-popover",
                on_change="rerun",
            )  # fmt: skip
            if tuned.open:
                tuned.slider(
                    _("α, the margin asked for"), 0.0, max(0.2, trained, alpha), alpha, 0.005,
                    format="%.3f", key="alpha", on_change=_take_alpha, args=(session,),
                    help=_("The checkpoint was trained with {trained:g}.").format(trained=trained),
                )  # fmt: skip


def _take_alpha(session: Session) -> None:
    session.alpha = st.session_state["alpha"]


def _margin_computed(shown: Shown, alpha: float) -> None:
    mu = shown.answer.self_weights
    best = int(mu[1:].argmax()) + 1
    gap, loss = float(mu[best] - mu[0]), max(0.0, alpha - float(mu[best] - mu[0]))
    st.latex(rf"\mu_{best} - \mu_0 = {mu[best]:.3f} - {mu[0]:.3f} = {gap:+.3f}")
    st.latex(rf"L_{{RB}} = \max(0,\ {alpha:.3f} - ({gap:+.3f})) = {loss:.3f}")
    relative = float(shown.answer.relative_weights[best])
    said = _("the best crop is {region}") if relative >= LITTLE else _(_LITTLE)
    said = said.format(region=shown.answer.boxes[best].name, times=times(relative))
    st.markdown(
        _(
            ":small[:gray[{name} face; {said}. "
            "Wang et al. 2020, region-biased loss, arXiv:1905.04075.]]"
        ).format(name=shown.name.capitalize(), said=said)
    )
    if shown.answer.is_mu_nearly_constant:
        st.markdown(f":small[{nearly_constant(shown)}]")


def _worth(card: Card, kind: str) -> None:
    """Say whether the margin had anything to do with the answer, over the card's faces."""
    row = card.evidence.get("margins", {}).get(kind)
    if not row or row["rho"] is None:
        return
    st.markdown(
        _(
            ":small[:gray[Does it tell whether the answer is right? Over {faces:,.0f} faces of "
            "FER2013Valid, {kind} crops, its rank correlation with the probability of the label "
            "is {rho}; {reaches:.0f} % of them reach α as trained.]]"
        ).format(
            faces=row["n"] or 0, kind=called(kind), rho=signed(row["rho"]),
            reaches=100 * (row["reaches"] or 0.0),
        )
    )  # fmt: skip


def nearly_constant(shown: Shown) -> str:
    """Return the sentence about a face whose mu is nearly constant."""
    mu = shown.answer.self_weights
    return _(
        "{face} face: μ is nearly constant, {low:.2f} to {high:.2f}; w follows ν, and the margin "
        "says little about it."
    ).format(face=called(shown.name).capitalize(), low=float(mu.min()), high=float(mu.max()))
