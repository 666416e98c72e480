"""One card a region: the crops as the network saw them, and what it weighs."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.figures import Moved
from ran.figures.html import render
from ran.figures.numbers import TRACK_END, on_track, times, weight
from ran.prediction import Prediction
from ran.ui.shared import panels
from ran.ui.shared.files import inline
from ran.ui.shared.glossary import HELP_MU, HELP_NU, HELP_W
from ran.ui.shared.session import Session

HELP_TRACK = (
    f"Its line runs from 1/{TRACK_END:g} to {TRACK_END:g} times uniform on a log scale, for every "
    "face; the tick is uniform."
)


def order(clean: Prediction, covered: Prediction) -> list[int]:
    """Return the regions as they stand: crops first, risers before fallers, whole face last."""
    crops = list(range(1, len(clean.boxes)))
    if covered.covered.any():
        risen = covered.weights - clean.weights
        crops.sort(key=lambda place: -float(risen[place]))
    return [*crops, 0]


def standing_out(clean: Prediction, covered: Prediction) -> int:
    """Return the region to look at first: that which rose most, or the heaviest crop."""
    if len(clean.boxes) < 2:
        return 0
    if covered.covered.any():
        return order(clean, covered)[0]
    return int(clean.weights[1:].argmax()) + 1


def region_cards(
    session: Session,
    clean: Prediction,
    covered: Prediction,
    crops: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    """Draw the cards three a row; `crops` are u8[R, S, S, 3] of the clean and the covered face.

    A plain network sees the whole face alone: its card shows that, and no weight.
    """
    is_pair = bool(covered.covered.any())
    is_plain = len(clean.boxes) < 2
    st.subheader(
        "What the network saw", anchor=False,
        help="The whole face, and nothing else: a plain network has no regions to weigh."
        if is_plain
        else f"{HELP_W} {HELP_TRACK}\n\n{HELP_MU}\n\n{HELP_NU}\n\nA region's name outlines it on "
        "the face.",
    )  # fmt: skip
    if not is_plain:
        panels.key_line("large: w, 1.00× is uniform", pair=is_pair)
    cells = st.grid(min(3, len(clean.boxes)), min_column_width=132)
    for index in order(clean, covered):
        with cells.container(border=True, gap="xxsmall", key=f"region-card-{index}"):
            if is_plain:
                st.markdown(clean.boxes[index].name)
            else:
                st.button(
                    clean.boxes[index].name, key=f"region-{index}", width="stretch",
                    type="secondary" if index == session.region else "tertiary",
                    on_click=session.outline, args=(index,),
                )  # fmt: skip
            shown = (crops[0][index], crops[1][index]) if is_pair else (crops[1][index],)
            st.html(_card(clean, covered, index, shown))


def _card(
    clean: Prediction, covered: Prediction, index: int, crops: tuple[NDArray[np.uint8], ...]
) -> str:
    is_pair = len(crops) > 1
    faces = ("clean", "covered") if is_pair else ("clean",)
    pictures = [
        {"source": inline(crop), "face": face} for crop, face in zip(crops, faces, strict=True)
    ]
    share = f"{100 * float(covered.covered[index]):.0f} %" if is_pair else ""
    name = clean.boxes[index].name
    if len(clean.boxes) < 2:
        return render("plain_region", crops=pictures, name=name, covered=share)
    before, after = (float(p.relative_weights[index]) for p in (clean, covered))
    return render(
        "region",
        name=name,
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
