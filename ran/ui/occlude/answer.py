"""The answer on Occlude: the band above the drawing, and the expressions beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from ran.explain.regions.attention_shift import AttentionShift, attention_shift
from ran.explain.regions.moved_covers import (
    CAME,
    CANNOT_TELL,
    FILLS,
    LEFT,
    PLACES,
    Reference,
    verdict,
)
from ran.figures import Moved
from ran.figures.data_urls import photograph
from ran.figures.html import render
from ran.figures.numbers import is_saturated, plain, signed
from ran.shown import Shown
from ran.ui.shared import panels
from ran.ui.shared.outside import escaped
from ran.ui.shared.panels import Cell
from ran.words import _, called, later

FIRST = 3
"""Expressions that are shown; the rest is folded."""
_ROOM_FILLS = tuple((fill, -0.1) for fill in FILLS)
_SIDE = 152
"""Of the clean face beside the rows, in pixels: twice what it stands at."""
_HELP_SHIFT = later(
    "The share of attention that lies on the cover: each region's covered share, weighed by w, "
    "with the clean and with the covered face's weights. Yes or no, where it changed further than "
    "under the same cover at 95 % of {places} other places, and by a quarter of a point; else it "
    "cannot be told from what any cover does, nor where another fill of the same cover says the "
    "opposite. A measure of our own: docs/occlude.md; how often it says what: the Model page."
)

_HELP_HIDDEN = later(
    "The share of the face that is hidden. Below it the region that is hidden most, and the change "
    "of its own weight w, relative to uniform."
)


def answer_band(
    place: DeltaGenerator, shown: Sequence[Shown], reference: Reference | None = None
) -> DeltaGenerator:
    """Draw what attention did, answer, margin and hidden share; a plain network has an answer.

    It is as high on the clean face as it can get, so that the drawing below it keeps its place.
    Returns where it stands: given as `place`, the next one is drawn over it.

    shown: the clean face and, where something hides it, the covered one.
    reference: what attention does under the same cover elsewhere; None: that is not known yet.
    """
    clean, covered = shown[0].answer, shown[-1].answer
    is_pair = len(shown) > 1
    cells = []
    if len(clean.boxes) > 1:
        cells.append(_shift(shown, reference))
    before, after = (
        f"{called(answer.expression)} {float(answer.probabilities.max()):.2f}"
        for answer in (clean, covered)
    )
    name = _("Answer, with its probability")
    longest = f"{max(map(called, clean.classes), key=len)} 0.00"
    cells.append(
        Cell(name, after, before if is_pair else "", leads=not cells,
             room=Cell(name, longest, longest))
    )  # fmt: skip
    if clean.rb_margin is not None and covered.rb_margin is not None:
        change = Moved.by(covered.rb_margin - clean.rb_margin, 3)
        room = Cell(_("RB margin"), signed(-1, 3), signed(-1, 3), moved=Moved.by(-1, 3))
        cells.append(
            replace(room, value=signed(covered.rb_margin, 3),
                    before=signed(clean.rb_margin, 3) if is_pair else "",
                    moved=change if is_pair else None, room=room)
        )  # fmt: skip
    hidden = Cell(
        _("Hidden"),
        "100 %",
        more=_("of the face"),
        below=_most_hidden(shown, is_room=True),
        help=_(_HELP_HIDDEN),
    )
    share = 100 * float(covered.covered[0]) if is_pair else 0
    below = _most_hidden(shown) if is_pair else ""
    cells.append(replace(hidden, value=f"{share:.0f} %", below=below, room=hidden))
    return panels.band(cells, place)


def _most_hidden(shown: Sequence[Shown], *, is_room: bool = False) -> str:
    """Say which region is hidden most and what its own weight did; nothing of a single region.

    is_room: whether the longest that it can say is asked for, whose room it keeps.
    """
    clean, covered = shown[0].answer, shown[-1].answer
    if len(clean.boxes) < 2:
        return ""
    words = _("{region}\nmost: w {change}×")
    if is_room:
        longest = max((called(box.name) for box in clean.boxes), key=len)
        return words.format(region=longest, change=signed(-1.0))
    most = int(covered.covered.argmax())
    change = float(covered.relative_weights[most] - clean.relative_weights[most])
    return words.format(region=called(clean.boxes[most].name), change=signed(change))


def compared(shown: Sequence[Shown]) -> bool:
    """Return whether there is a cover and more than one region, so that attention can leave it."""
    return len(shown) > 1 and len(shown[0].answer.boxes) > 1


def _shift(shown: Sequence[Shown], reference: Reference | None) -> Cell:
    name, unit = _("Did attention leave the cover?"), _(" points")
    longest = max((_(word) for word in (LEFT, CAME, CANNOT_TELL)), key=len)
    room = Cell(
        name, f"{longest}.", moved=Moved.by(-10, 1, unit),
        below=_lies(AttentionShift(1, 1), Reference(-0.1, 0.1, _ROOM_FILLS)),
        help=_(_HELP_SHIFT).format(places=PLACES), leads=True,
    )  # fmt: skip
    if len(shown) == 1:
        return replace(
            room, value=_("Nothing hidden yet."), moved=None, room=room,
            below=_("Hide a part of the face to see."),
        )  # fmt: skip
    clean, covered = shown[0].answer, shown[-1].answer
    shift = attention_shift(clean.weights, covered.weights, covered.covered)
    told = "…" if reference is None else f"{_(verdict(shift, covered.covered, reference))}."
    moved = Moved.by(100 * shift.change, 1, unit)
    return replace(room, value=told, moved=moved, below=_lies(shift, reference), room=room)


def _lies(shift: AttentionShift, reference: Reference | None) -> str:
    """Say how much of the attention lies on the cover, and what it does elsewhere."""
    there = _("{before:.1f} % → {after:.1f} % of it lies there.").format(
        before=100 * shift.before, after=100 * shift.after
    )
    if reference is None:
        return there + " " + _("Same cover elsewhere: comparing …")
    low, high = (signed(100 * end, 1) for end in (reference.low, reference.high))
    elsewhere = _("Same cover elsewhere: {low} to {high}").format(low=low, high=high)
    if not reference.fills:
        return f"{there} {elsewhere}"
    fills = ", ".join(f"{_(fill)} {signed(100 * change, 1)}" for fill, change in reference.fills)
    return f"{there} {elsewhere}\n" + _("In other fills: {fills}").format(fills=fills)


def probabilities(shown: Sequence[Shown]) -> None:
    """Draw the likeliest expressions of either face, the rest folded, the first face beside."""
    clean, covered = shown[0].answer, shown[-1].answer
    order = np.argsort(-np.maximum(clean.probabilities, covered.probabilities), kind="stable")
    rows = [_row(shown, int(place)) for place in order]
    names = [one.name for one in shown]
    with st.container(border=True, gap="xxsmall", key="answer-card"):
        st.markdown(
            _("**Probability of each expression**"),
            help=_(
                "softmax of the network's logits, divided by the card's temperature; the Model "
                "page says what that was fitted on. Undivided, the network says {expression} "
                "{undivided:.2f} here. A probability is about the label, not about the "
                "person. Where two decimals hide a change, the logits stand below."
            ).format(
                expression=escaped(called(covered.expression)),
                undivided=float(covered.probabilities_t1.max()),
            ),
        )
        st.html(
            render("answer", rows=rows[:FIRST], names=names,
                   picture=photograph(_small(shown[0].scene.face.pixels)) if len(shown) > 1 else "")
        )  # fmt: skip
        if len(rows) > FIRST:
            rest = st.expander(
                _("{count} more").format(count=len(rows) - FIRST),
                key="more-expressions",
                on_change="rerun",
            )
            if rest.open:
                rest.html(render("answer", rows=rows[FIRST:], names=names, picture=""))


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def _row(shown: Sequence[Shown], place: int) -> dict[str, object]:
    clean, covered = shown[0].answer, shown[-1].answer
    before, after = (float(answer.probabilities[place]) for answer in (clean, covered))
    logits = ""
    if place == int(covered.probabilities.argmax()) and is_saturated(before, after):
        was, now = (float(answer.logits[place]) for answer in (clean, covered))
        logits = f"{plain(was)} → {plain(now)}" if len(shown) > 1 else plain(now)
    return {
        "name": clean.classes[place],
        "before": before,
        "after": after,
        "moved": Moved.by(after - before),
        "logits": logits,
    }
