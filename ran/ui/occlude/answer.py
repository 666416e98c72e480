"""The answer on Occlude: the band above the drawing, and the expressions beside it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ran.explain.regions.attention_shift import attention_shift
from ran.explain.regions.moved_covers import PLACES, Reference, verdict
from ran.figures import Moved
from ran.figures.html import render
from ran.figures.numbers import is_saturated, plain, signed
from ran.prediction import Prediction
from ran.scene import Scene
from ran.ui.shared import panels
from ran.ui.shared.files import inline
from ran.ui.shared.outside import escaped
from ran.ui.shared.panels import Cell

FIRST = 3
"""Expressions that are shown; the rest is folded."""
_SIDE = 96
_HELP_SHIFT = (
    "The share of attention that lies on the cover: each region's covered share, weighed by w, "
    "with the clean and with the covered face's weights. Yes or no, where it changed further than "
    f"under the same cover at 95 % of {PLACES} other places, and by a quarter of a point; else it "
    "cannot be told from what any cover does. A measure of our own: docs/occlude.md."
)


def answer_band(clean: Prediction, covered: Prediction, reference: Reference | None = None) -> None:
    """Draw what attention did, answer, margin and hidden share; a plain network has an answer.

    reference: what attention does under the same cover elsewhere; None: that is not known yet.
    """
    hidden = float(covered.covered[0])
    is_pair = bool(covered.covered.any())
    cells = []
    if compared(clean, covered):
        cells.append(_shift(clean, covered, reference))
    before, after = (
        f"{answer.expression} {float(answer.probabilities.max()):.2f}"
        for answer in (clean, covered)
    )
    cells.append(
        Cell("Answer, with its probability", after, before if is_pair else "", leads=not cells)
    )
    if clean.rb_margin is not None and covered.rb_margin is not None:
        change = Moved.by(covered.rb_margin - clean.rb_margin, 3)
        cells.append(
            Cell("RB margin", signed(covered.rb_margin, 3),
                 signed(clean.rb_margin, 3) if is_pair else "", moved=change if is_pair else None)
        )  # fmt: skip
    share = f"{100 * hidden:.0f} %" if is_pair else "nothing yet"
    cells.append(Cell("Hidden", share, more="of the face" if is_pair else ""))
    panels.band(cells)


def compared(clean: Prediction, covered: Prediction) -> bool:
    """Return whether there is a cover and more than one region, so that attention can leave it."""
    return bool(covered.covered.any()) and len(clean.boxes) > 1


def _shift(clean: Prediction, covered: Prediction, reference: Reference | None) -> Cell:
    shift = attention_shift(clean.weights, covered.weights, covered.covered)
    points = Moved.by(100 * shift.change, 1, " points")
    more = f"{100 * shift.before:.1f} % → {100 * shift.after:.1f} % of it lies there,"
    after = "Comparing …"
    value = "…"
    if reference is not None:
        value = f"{verdict(shift, covered.covered, reference)}."
        low, high = (signed(100 * end, 1) for end in (reference.low, reference.high))
        after = f"The same cover elsewhere: {low} to {high}"
    return Cell(
        "Did attention leave the cover?", value, more=more, moved=points, after=after,
        help=_HELP_SHIFT, leads=True,
    )  # fmt: skip


def probabilities(scene: Scene, clean: Prediction, covered: Prediction) -> None:
    """Draw the likeliest expressions of either face, the rest folded, the clean face beside."""
    is_pair = bool(covered.covered.any())
    order = np.argsort(-np.maximum(clean.probabilities, covered.probabilities), kind="stable")
    rows = [_row(clean, covered, int(place), is_pair=is_pair) for place in order]
    small = scene.face.pixels[:: max(1, len(scene.face.pixels) // _SIDE)]
    small = small[:, :: max(1, small.shape[1] // _SIDE)]
    with st.container(border=True, gap="xxsmall", key="answer-card"):
        st.markdown(
            "**Probability of each expression**",
            help="softmax of the network's logits, divided by the card's temperature; the Model "
            "page says what that was fitted on. Undivided, the network says "
            f"{escaped(covered.expression)} {float(covered.probabilities_t1.max()):.2f} here. A "
            "probability is about the label, not about the person. Where two decimals hide a "
            "change, the logits stand below.",
        )  # fmt: skip
        st.html(
            render("answer", rows=rows[:FIRST], pair=is_pair,
                   picture=inline(np.ascontiguousarray(small)) if is_pair else "")
        )  # fmt: skip
        if len(rows) > FIRST:
            rest = st.expander(
                f"{len(rows) - FIRST} more", key="more-expressions", on_change="rerun"
            )
            if rest.open:
                rest.html(render("answer", rows=rows[FIRST:], pair=is_pair, picture=""))


def _row(clean: Prediction, covered: Prediction, place: int, *, is_pair: bool) -> dict[str, object]:
    before, after = (float(answer.probabilities[place]) for answer in (clean, covered))
    logits = ""
    if place == int(covered.probabilities.argmax()) and is_saturated(before, after):
        was, now = (float(answer.logits[place]) for answer in (clean, covered))
        logits = f"{plain(was)} → {plain(now)}" if is_pair else plain(now)
    return {
        "name": clean.classes[place],
        "before": before,
        "after": after,
        "moved": Moved.by(after - before),
        "logits": logits,
    }
