"""One card a region: the crops as the network saw them, and what it weighs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.figures import Moved
from ran.figures.data_urls import photograph
from ran.figures.html import render
from ran.figures.numbers import TRACK_END, on_track, times, weight
from ran.shown import Shown
from ran.ui.shared import panels
from ran.ui.shared.glossary import HELP_MU, HELP_NU, HELP_W
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, called, later

HELP_TRACK = later(
    "Its line runs from 1/{end:g} to {end:g} times uniform on a log scale, for every "
    "face; the tick is uniform."
)


def order(shown: Sequence[Shown]) -> list[int]:
    """Return the regions as they stand: crops first, risers before fallers, whole face last."""
    crops = list(range(1, len(shown[0].answer.boxes)))
    if len(shown) > 1:
        risen = shown[-1].answer.weights - shown[0].answer.weights
        crops.sort(key=lambda place: -float(risen[place]))
    return [*crops, 0]


def standing_out(shown: Sequence[Shown]) -> int:
    """Return the region to look at first: that which rose most, or the heaviest crop."""
    if len(shown[0].answer.boxes) < 2:
        return 0
    if len(shown) > 1:
        return order(shown)[0]
    return int(shown[0].answer.weights[1:].argmax()) + 1


def region_cards(
    session: Session, shown: Sequence[Shown], crops: Sequence[NDArray[np.uint8]]
) -> None:
    """Draw the cards three a row; `crops` are u8[R, S, S, 3], one for each that is shown.

    A plain network sees the whole face alone: its card shows that, and no weight.
    """
    boxes = shown[0].answer.boxes
    is_plain = len(boxes) < 2
    st.subheader(
        _("What the network saw"), anchor=False,
        help=_("The whole face, and nothing else: a plain network has no regions to weigh.")
        if is_plain
        else "\n\n".join((
            f"{_(HELP_W)} {_(HELP_TRACK).format(end=TRACK_END)}", _(HELP_MU), _(HELP_NU),
            _("A region's name outlines it on the face."),
        )),
    )  # fmt: skip
    if not is_plain:
        panels.key_line([one.name for one in shown], _("large: w, 1.00× is uniform"))
    cells = st.grid(min(3, len(boxes)), min_column_width=132)
    for index in order(shown):
        with cells.container(border=True, gap="xxsmall", key=key_of("region-card", index)):
            if is_plain:
                st.markdown(called(boxes[index].name))
            else:
                st.button(
                    called(boxes[index].name), key=key_of("region", index), width="stretch",
                    type="secondary" if index == session.region else "tertiary",
                    on_click=session.outline, args=(index,),
                )  # fmt: skip
            st.html(_card(shown, index, [seen[index] for seen in crops]))


def _card(shown: Sequence[Shown], index: int, crops: Sequence[NDArray[np.uint8]]) -> str:
    clean, covered = shown[0].answer, shown[-1].answer
    is_pair = len(shown) > 1
    pictures = [
        {"source": photograph(crop), "face": one.name}
        for crop, one in zip(crops, shown, strict=True)
    ]
    share = f"{100 * float(covered.covered[index]):.0f} %" if is_pair else ""
    name = clean.boxes[index].name
    if len(clean.boxes) < 2:
        return render("plain_region", crops=pictures, name=name, covered=share)
    before, after = (float(p.relative_weights[index]) for p in (clean, covered))
    return render(
        "region",
        name=name,
        first=shown[0].name,
        crops=pictures,
        lead=times(after),
        lead_before=times(before),
        moved=Moved.by(after - before) if is_pair else None,
        before=on_track(before) if is_pair else None,
        after=on_track(after),
        exact=_exact(clean.weights, covered.weights, index, is_pair=is_pair),
        rows=[
            _small("μ", clean.self_weights, covered.self_weights, index, is_pair=is_pair),
            _small("ν", clean.relation_weights, covered.relation_weights, index, is_pair=is_pair),
        ],
        covered=share,
    )


def _small(
    symbol: str,
    clean: NDArray[np.float32],
    covered: NDArray[np.float32],
    index: int,
    *,
    is_pair: bool,
) -> dict[str, str]:
    before, after = float(clean[index]), float(covered[index])
    text = f"{weight(before)} → {weight(after)}" if is_pair else weight(after)
    exact = _exact(clean, covered, index, is_pair=is_pair)
    return {"symbol": symbol, "text": text, "title": exact}


def _exact(
    clean: NDArray[np.float32], covered: NDArray[np.float32], index: int, *, is_pair: bool
) -> str:
    """Return a weight to six digits, for the pointer that rests on it."""
    before, after = float(clean[index]), float(covered[index])
    return f"{before:.6g} → {after:.6g}" if is_pair else f"{after:.6g}"
