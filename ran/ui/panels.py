"""The panels: values -> what stands on a page. Nothing here computes an answer."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran import figures
from ran.engine import Prediction
from ran.figures import DARK, LIGHT, Theme, change, change_colour, signed
from ran.ui.session import Session

KEY = ":small[:gray[○ clean face &nbsp; ● covered face &nbsp; ▲ rose &nbsp; ▼ fell]]"  # the marks of every panel, in one line
HELP_MU = "μ, self-attention: how much this region counts, judged alone."
HELP_NU = "ν, relation-attention: how much it counts, judged beside the whole."
HELP_W = "w: μ times ν, divided by the sum over regions. 1.00× is uniform."
HELP_MARGIN = (
    "How far the best crop stands above the whole face. Below α the loss is α minus the margin."
)


def theme() -> Theme:
    """Return the colours of the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def answer_band(clean: Prediction, covered: Prediction, hidden: float) -> None:
    """Draw the answer, the margin and the hidden share as one line a screen reader announces."""
    colours = theme()
    before = float(clean.probabilities.max())
    after = float(covered.probabilities.max())
    cells = [
        (
            "Answer, with its probability",
            f"{clean.expression} {before:.2f} → <b>{covered.expression} {after:.2f}</b>",
        )
    ]
    if clean.rb_margin is not None and covered.rb_margin is not None:
        difference = covered.rb_margin - clean.rb_margin
        cells.append(
            (
                "RB margin",
                f"{signed(clean.rb_margin, 3)} → <b>{signed(covered.rb_margin, 3)}</b> "
                f"<span style='color:{change_colour(difference, colours, 3)}'>"
                f"{change(difference, 3)}</span>",
            )
        )
    cells.append(("Hidden", f"<b>{100 * hidden:.0f} %</b> of the face"))
    inner = "".join(
        f"<div><div style='font-size:.8rem;color:{colours.muted}'>{html.escape(name)}</div>"
        f"<div>{text}</div></div>"
        for name, text in cells
    )
    st.html(
        f"<div role='status' style='display:flex;flex-wrap:wrap;gap:.5rem 3rem;padding:.6rem 1rem;"
        f"border-radius:.5rem;background:{colours.panel};color:{colours.text};"
        f"font-variant-numeric:tabular-nums'>{inner}</div>"
    )


def probabilities(clean: Prediction, covered: Prediction) -> None:
    """Draw every expression's probability before and after."""
    with st.container(border=True):
        st.markdown(
            "**Probability of each expression**",
            help="softmax of the network's logits. A probability is about the label, not about "
            "the person.",
        )
        st.markdown(KEY)
        st.plotly_chart(
            figures.probabilities(clean, covered, theme()), theme=None, config=figures.CONFIG,
            alt="Probability of each expression, clean and covered",
        )  # fmt: skip


def margin(session: Session, clean: Prediction, covered: Prediction) -> None:
    """Draw the RB margin against alpha, with the slider that moves it."""
    if clean.rb_margin is None or covered.rb_margin is None:
        st.markdown("A plain network has no crops, so it has no RB margin.")
        return
    with st.container(border=True):
        alpha = clean.alpha if session.alpha is None else session.alpha
        st.markdown("**RB margin** $\\mu_{max} - \\mu_0$", help=HELP_MARGIN)
        before, after = (max(0.0, alpha - p) for p in (clean.rb_margin, covered.rb_margin))
        st.markdown(f"RB loss {before:.3f} → **{after:.3f}** &nbsp; {change(after - before, 3)}")
        st.plotly_chart(
            figures.margin(clean.rb_margin, covered.rb_margin, alpha, theme()), theme=None,
            config=figures.CONFIG, alt="RB margin of the clean and the covered face against alpha",
        )  # fmt: skip
        with st.popover(f"α = {alpha:.3f}", icon=":material/tune:"):
            session.alpha = st.slider(
                "α, the margin asked for", 0.0, 0.2, float(alpha), 0.005, format="%.3f",
                help=f"The checkpoint was trained with {clean.alpha}.",
            )  # fmt: skip


def region_cards(
    session: Session,
    clean: Prediction,
    covered: Prediction,
    crops: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    """Draw one card a region: both crops as the network saw them, and its weights.

    `crops` are u8[R, S, S, 3] of the clean and of the covered face.
    """
    st.subheader("What the network saw", anchor=False, help=f"{HELP_MU} {HELP_NU} {HELP_W}")
    st.markdown(
        KEY + " &nbsp; :small[:gray[| &nbsp; large: weight w of the covered face relative to "
        "uniform, 1.00× = uniform]]"
    )
    with st.container(horizontal=True, gap="small"):
        for index, box in enumerate(clean.boxes):
            with st.container(border=True, width=182):
                chosen = index == session.region
                if st.button(
                    box.name, key=f"region-{index}", type="secondary" if chosen else "tertiary"
                ):
                    session.region = index
                    st.rerun()
                _region(clean, covered, index, (crops[0][index], crops[1][index]))


def _region(
    clean: Prediction,
    covered: Prediction,
    index: int,
    crops: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    name = clean.boxes[index].name
    st.image(
        [crops[0], crops[1]], width=68,
    )  # fmt: skip
    before, after = (float(p.relative_weights[index]) for p in (clean, covered))
    colours = theme()
    rows = "".join(
        f"<tr><td>{symbol}</td><td>{a:.3f}</td><td><b>{b:.3f}</b></td></tr>"
        for symbol, a, b in (
            ("μ", clean.self_weights[index], covered.self_weights[index]),
            ("ν", clean.relation_weights[index], covered.relation_weights[index]),
            ("w", clean.weights[index], covered.weights[index]),
        )
    )
    st.html(
        f"<div style='font-variant-numeric:tabular-nums;color:{colours.text}'>"
        f"<span style='font-size:1.2rem;font-weight:600'>{after:.2f}×</span> "
        f"<span style='color:{change_colour(after - before, colours)}'>{change(after - before)}"
        f"</span>{_track(before, after, colours)}"
        f"<table style='font-size:.85rem;width:100%;text-align:right' aria-label='Weights of "
        f"{html.escape(name)}'><tr style='color:{colours.muted}'><td></td><td>clean</td>"
        f"<td>covered</td></tr>{rows}</table><div style='font-size:.85rem;color:{colours.muted}'>"
        f"{100 * float(covered.covered[index]):.0f} % covered</div></div>"
    )


def _track(before: float, after: float, colours: Theme) -> str:
    """Return the dot track from 0 to 2 times uniform, its tick at uniform, as CSS boxes."""

    def place(value: float) -> float:
        return 100 * min(1.0, max(0.0, value / 2.0))

    a, b = place(before), place(after)
    dot = "position:absolute;top:3px;width:6px;height:6px;border-radius:50%;border:2px solid"
    return (
        f"<div style='position:relative;height:16px;margin:.3rem 6px' title='0 to 2 times uniform'>"
        f"<div style='position:absolute;top:7px;width:100%;height:2px;background:{colours.grid}'>"
        f"</div><div style='position:absolute;left:50%;top:2px;width:2px;height:12px;"
        f"background:{colours.muted}'></div>"
        f"<div style='{dot} {colours.before};background:{colours.paper};left:calc({a:.1f}% - 5px)'>"
        f"</div><div style='{dot} {colours.after};background:{colours.after};"
        f"left:calc({b:.1f}% - 5px)'></div></div>"
    )
