"""The badges of a map on the Explain page: what is known of how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ran.explain.heatmap import Heatmap
from ran.explain.trust.faithfulness import UNCHANGED, Faithfulness
from ran.figures import signed

LARGE_GAP = 0.05
FLAG = ":orange-badge[:material/warning: same map with randomised parameters]"
_INFIDELITY = (
    "Squares of the face are hidden: the share of what the target falls by that the map does not "
    "tell. 0 tells each fall, 1 none; a flat map has about 0.5, because a larger square takes more "
    "away. Yeh et al. 2019, arXiv:1901.09392."
)
_SENSITIVITY = (
    "How much the map changes, at most, relative to itself, when every value of the face moves by "
    "up to 0.02. Yeh et al. 2019, arXiv:1901.09392."
)
_RANDOMISED = (
    "Rank correlation, sign left out, of this map with that of the same network after its "
    f"parameters were redrawn; the lesser of two. From {UNCHANGED} on the map is flagged: it is "
    "about the face, not about what was learnt. Adebayo et al. 2018, arXiv:1810.03292."
)


def gap(maps: Sequence[Heatmap | None], unit: str) -> bool:
    """Draw the completeness gap of the worse face, if a sum is promised; return if it is large."""
    promised = [
        (face, heatmap, heatmap.total, share)
        for face, heatmap in zip(("Clean", "Covered"), maps, strict=False)
        if heatmap is not None and heatmap.total is not None
        for share in (heatmap.gap_share or 0.0,)
    ]
    if not promised:
        return False
    said = "\n\n".join(
        f"{face} face: the values add up to {signed(float(heatmap.values.sum()), 3)}, the target "
        f"changes by {signed(total, 3)} {unit}".rstrip()
        + " from the baseline to the face."
        + (
            ""
            if heatmap.local_gaps is None
            else f" Piece by piece of the way, without signs, {heatmap.local_gaps:.3f} is missed."
        )
        for face, heatmap, total, _ in promised
    )
    worst = max(share for *_, share in promised)
    is_large = worst > LARGE_GAP
    st.badge(
        f"completeness gap {100 * worst:.1f} %",
        icon=":material/warning:" if is_large else ":material/check:",
        color="orange" if is_large else "green",
        help=f"{said}\n\nThe gap is their difference, as a share of the change, or of 1 where that "
        "is less.",
    )
    return is_large


def trust(known: Faithfulness, face: str) -> None:
    """Draw what a check has found; `face` says of which face: "clean" or "covered"."""
    rests = f"\n\nOf the {face} face's map, over {known.draws} draws."
    if known.infidelity is not None:
        st.badge(f"infidelity {known.infidelity:.2f}", color="gray", help=_INFIDELITY + rests)
    if known.max_sensitivity is not None:
        st.badge(
            f"max-sensitivity {known.max_sensitivity:.2f}", color="gray", help=_SENSITIVITY + rests
        )
    if known.randomised is None:
        st.badge(
            "randomised parameters: not known", color="gray",
            help=f"{_RANDOMISED}\n\nNot known here: this map is flat, or that of a redrawn "
            "network is, which is no order to compare.",
        )  # fmt: skip
        return
    help_ = f"{_RANDOMISED}\n\nHere: {known.randomised:.2f}, of the {face} face's map."
    if known.is_unchanged:
        st.badge(
            "same map with randomised parameters", icon=":material/warning:", color="orange",
            help=help_,
        )  # fmt: skip
    else:
        # Grey: that a map changes does not make it right.
        st.badge("changes with randomised parameters", color="gray", help=help_)
