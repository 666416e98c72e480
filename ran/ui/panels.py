"""The panels: values -> what stands on a page. Nothing here computes an answer."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran import figures
from ran.explain.attention_shift import attention_shift
from ran.figures import DARK, LIGHT, Theme, change, change_colour, signed
from ran.net.checkpoints import Card
from ran.prediction import Prediction
from ran.ui.exports import inline
from ran.ui.session import Session

HELP_MU = "μ, self-attention: how much this region counts, judged alone."
HELP_NU = "ν, relation-attention: how much it counts, judged beside the whole."
HELP_W = "w: μ times ν, divided by the sum over regions. 1.00× is uniform."
HELP_MARGIN = (
    "How far the best crop stands above the whole face. Below α the loss is α minus the margin."
)
HELP_SHIFT = (
    "The share of attention that lies on the cover: each region&#39;s covered share, weighed by w, "
    "with the clean and with the covered face&#39;s weights. A measure of our own: docs/occlude.md."
)
_TRACK_END = 2.0
"""The dot tracks reach from 0 to so many times uniform, or further where a weight does."""


def theme() -> Theme:
    """Return the colours of the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def key_line(colours: Theme, more: str = "") -> None:
    """Draw the marks of every panel in one line, as text; `more` says what else is shown."""

    def dot(filled: str, border: str) -> str:
        return (
            f"<span style='display:inline-block;width:9px;height:9px;border-radius:50%;"
            f"border:2px solid {border};background:{filled};box-sizing:border-box'></span>"
        )

    parts = (
        f"{dot(colours.paper, colours.before)} clean face",
        f"{dot(colours.after, colours.after)} covered face",
        f"<span style='color:{colours.up}'>▲ + rose</span>",
        f"<span style='color:{colours.down}'>▼ {figures.MINUS} fell</span>",
        *((html.escape(more),) if more else ()),
    )
    st.html(
        f"<div style='display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;font-size:.85rem;"
        f"color:{colours.muted}'>{''.join(f'<span>{part}</span>' for part in parts)}</div>"
    )


def answer_band(clean: Prediction, covered: Prediction) -> None:
    """Draw answer, attention, margin and hidden share as one line a screen reader announces."""
    colours = theme()
    hidden = float(covered.covered[0])
    before, after = (
        f"{html.escape(answer.expression)} {float(answer.probabilities.max()):.2f}"
        for answer in (clean, covered)
    )
    cells = [
        (
            "Answer, with its probability",
            f"{before} → <b>{after}</b>" if hidden else f"<b>{after}</b>",
        )
    ]
    if len(clean.boxes) > 1 and covered.covered.any():
        cells.append((f"<span title='{HELP_SHIFT}'>Did attention leave the cover?</span>",
                      _shift(clean, covered, colours)))  # fmt: skip
    if clean.rb_margin is not None and covered.rb_margin is not None:
        text = f"<b>{signed(covered.rb_margin, 3)}</b>"
        if hidden:
            risen = moved(covered.rb_margin - clean.rb_margin, colours, 3)
            text = f"{signed(clean.rb_margin, 3)} → {text} {risen}"
        cells.append(("RB margin", text))
    share = f"<b>{100 * hidden:.0f} %</b> of the face" if hidden else "nothing yet"
    cells.append(("Hidden", share))
    band(cells)


def band(cells: Sequence[tuple[str, str]]) -> None:
    """Draw names with what they stand at, both markup, in a line a screen reader announces."""
    colours = theme()
    inner = "".join(
        f"<div><div style='font-size:.85rem;color:{colours.muted}'>{name}</div><div>{text}</div>"
        "</div>"
        for name, text in cells
    )
    st.html(
        f"<div role='status' style='display:flex;flex-wrap:wrap;gap:.5rem 4rem;padding:.7rem 1rem;"
        f"border-radius:.5rem;background:{colours.panel};color:{colours.text};"
        f"font-variant-numeric:tabular-nums'>{inner}</div>"
    )


def _shift(clean: Prediction, covered: Prediction, colours: Theme) -> str:
    shift = attention_shift(clean.weights, covered.weights, covered.covered)
    points = 100 * shift.change
    return (
        f"{shift.verdict}: {100 * shift.before:.1f} % → <b>{100 * shift.after:.1f} %</b> "
        f"{moved(points, colours, 1)} points"
    )


def probabilities(clean: Prediction, covered: Prediction) -> None:
    """Draw every expression's probability before and after."""
    colours = theme()
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            "**Probability of each expression**",
            help="softmax of the network's logits. A probability is about the label, not about "
            "the person.",
        )
        key_line(colours)
        st.html(figures.probabilities(clean, covered, colours))


def margin(session: Session, clean: Prediction, covered: Prediction) -> None:
    """Draw the RB margin against alpha, with the slider that moves it."""
    if clean.rb_margin is None or covered.rb_margin is None:
        st.markdown("A plain network has no crops, so it has no RB margin.")
        return
    colours = theme()
    alpha = float(clean.alpha if session.alpha is None else session.alpha)
    before, after = (max(0.0, alpha - p) for p in (clean.rb_margin, covered.rb_margin))
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(r"**RB margin** $\mu_{max} - \mu_0$", help=HELP_MARGIN, width="content")
            st.html(
                f"<span style='font-variant-numeric:tabular-nums'>RB loss {before:.3f} → "
                f"<b>{after:.3f}</b> {moved(after - before, colours, 3)}</span>",
                width="content",
            )
        st.html(figures.margin(clean.rb_margin, covered.rb_margin, alpha, colours))
        with st.container(horizontal=True):
            # Filled once they are open: a stroke should not wait for what nobody sees.
            computed = st.popover(
                "How computed", icon=":material/function:", type="tertiary", key="margin-computed",
                on_change="rerun",
            )  # fmt: skip
            if computed.open:
                with computed:
                    _margin_computed(covered, alpha)
            tuned = st.popover(
                f"α = {alpha:.3f}", icon=":material/tune:", type="tertiary", key="alpha-popover",
                on_change="rerun",
            )  # fmt: skip
            if tuned.open:
                tuned.slider(
                    "α, the margin asked for", 0.0, max(0.2, clean.alpha, alpha), alpha, 0.005,
                    format="%.3f", key="alpha", on_change=_take_alpha, args=(session,),
                    help=f"The checkpoint was trained with {clean.alpha:g}.",
                )  # fmt: skip


def _take_alpha(session: Session) -> None:
    session.alpha = st.session_state["alpha"]


def _margin_computed(covered: Prediction, alpha: float) -> None:
    mu = covered.self_weights
    best = int(mu[1:].argmax()) + 1
    gap, loss = float(mu[best] - mu[0]), max(0.0, alpha - float(mu[best] - mu[0]))
    st.latex(rf"\mu_{best} - \mu_0 = {mu[best]:.3f} - {mu[0]:.3f} = {gap:+.3f}")
    st.latex(rf"L_{{RB}} = \max(0,\ {alpha:.3f} - ({gap:+.3f})) = {loss:.3f}")
    st.markdown(
        f":small[:gray[Covered face; the best crop is {covered.boxes[best].name}. "
        "Wang et al. 2020, region-biased loss, arXiv:1905.04075.]]"
    )


def table(rows: dict[str, str], name: str) -> None:
    """Draw names and what they stand for, a row each; both come as plain text."""
    colours = theme()
    lines = "".join(
        f"<tr style='border-bottom:1px solid {colours.grid}'>"
        f"<th scope='row' style='text-align:left;font-weight:400;vertical-align:top;"
        f"padding:.3rem 1rem .3rem 0;color:{colours.muted};"
        f"white-space:nowrap'>{html.escape(key)}</th><td style='padding:.3rem 0;overflow-wrap:"
        f"anywhere'>{html.escape(value)}</td></tr>"
        for key, value in rows.items()
    )
    st.html(
        f"<table style='width:100%;border-collapse:collapse;color:{colours.text}' "
        f"aria-label='{html.escape(name)}'>{lines}</table>"
    )


def save_card(card: Card) -> None:
    """Offer the card as a file."""
    with st.popover("Save", icon=":material/download:"):
        st.download_button(
            "Card, JSON", json.dumps(asdict(card), indent=2) + "\n", "card.json",
            "application/json", on_click="ignore", width="stretch", type="tertiary",
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
    colours = theme()
    largest = max(float(answer.relative_weights.max()) for answer in (clean, covered))
    end = max(_TRACK_END, math.ceil(2 * largest) / 2)
    st.subheader(
        "What the network saw", anchor=False,
        help=f"{HELP_MU}\n\n{HELP_NU}\n\n{HELP_W}\n\nA region's name outlines it on the face.",
    )  # fmt: skip
    key_line(
        colours,
        "large: weight w of the covered face relative to uniform, 1.00× = uniform; its line runs "
        f"from 0 to {end:g}×",
    )
    cells = st.grid(min(6, len(clean.boxes)), min_column_width=140)
    for index, box in enumerate(clean.boxes):
        with cells.container(border=True, gap="xsmall"):
            st.button(
                box.name, key=f"region-{index}", width="stretch",
                type="secondary" if index == session.region else "tertiary",
                on_click=_outline, args=(session, index),
            )  # fmt: skip
            pictures = crops[0][index], crops[1][index]
            st.html(_region(clean, covered, index, pictures, end, colours))


def _outline(session: Session, index: int) -> None:
    session.region = index


def _region(
    clean: Prediction,
    covered: Prediction,
    index: int,
    crops: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    end: float,
    colours: Theme,
) -> str:
    name = html.escape(clean.boxes[index].name)
    pictures = "".join(
        f"<img style='width:50%;min-width:0;border-radius:3px' alt='{name}, {face} face' "
        f"src='{inline(crop)}'>"
        for face, crop in zip(("clean", "covered"), crops, strict=True)
    )
    before, after = (float(p.relative_weights[index]) for p in (clean, covered))
    rows = "".join(
        f"<tr><th scope='row' style='font-weight:400;text-align:left'>{symbol}</th>"
        f"{_cell(float(a[index]))}{_cell(float(b[index]), 'font-weight:600')}</tr>"
        for symbol, a, b in (
            ("μ", clean.self_weights, covered.self_weights),
            ("ν", clean.relation_weights, covered.relation_weights),
            ("w", clean.weights, covered.weights),
        )
    )
    return (
        f"<div style='font-variant-numeric:tabular-nums;color:{colours.text};font-size:.87rem'>"
        f"<div style='display:flex;gap:4px'>{pictures}</div>"
        f"<div style='display:flex;justify-content:space-between;align-items:baseline;"
        f"margin-top:.3rem'><span style='font-size:1.25rem;font-weight:600'>{after:.2f}×</span>"
        f"{moved(after - before, colours)}</div>{_track(before, after, end, colours)}"
        f"<table style='width:100%;text-align:right;border-collapse:collapse' "
        f"aria-label='Weights of {name}'>"
        f"<tr style='color:{colours.muted}'><td></td><th scope='col' style='font-weight:400'>"
        f"clean</th><th scope='col' style='font-weight:400'>covered</th></tr>{rows}</table>"
        f"<div style='color:{colours.muted};margin-top:.2rem'>"
        f"{100 * float(covered.covered[index]):.0f} % covered</div></div>"
    )


def _cell(value: float, style: str = "") -> str:
    """Return a table's cell; hovering shows the number unrounded."""
    return f"<td style='{style}' title='{value:.6g}'>{html.escape(figures.weight(value))}</td>"


def moved(value: float, colours: Theme, digits: int = 2) -> str:
    """Return a signed change in its colour, as markup."""
    return (
        f"<span style='color:{change_colour(value, colours, digits)};white-space:nowrap'>"
        f"{change(value, digits)}</span>"
    )


def _track(before: float, after: float, end: float, colours: Theme) -> str:
    """Return the dot track from 0 to `end`, its tick at uniform, as CSS boxes."""
    a, b, uniform = (100 * value / end for value in (before, after, 1.0))
    dot = (
        "position:absolute;top:4px;width:10px;height:10px;border-radius:50%;border:2px solid;"
        "box-sizing:border-box"
    )
    bar = change_colour(after - before, colours)
    return (
        f"<div style='position:relative;height:18px;margin:.2rem 6px' aria-hidden='true'>"
        f"<div style='position:absolute;top:8px;width:100%;height:2px;background:{colours.grid}'>"
        f"</div><div style='position:absolute;left:calc({uniform:.1f}% - 1px);top:2px;width:2px;"
        f"height:14px;background:{colours.muted}'></div>"
        f"<div style='position:absolute;top:8px;height:3px;background:{bar};"
        f"left:{min(a, b):.1f}%;width:{abs(a - b):.1f}%'></div>"
        f"<div style='{dot} {colours.before};background:{colours.paper};left:calc({a:.1f}% - 5px)'>"
        f"</div><div style='{dot} {colours.after};background:{colours.after};"
        f"left:calc({b:.1f}% - 5px)'></div></div>"
    )
