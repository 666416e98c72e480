"""The badges of a map on the Explain page: what is known of how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ran.explain.heatmap import Heatmap
from ran.explain.trust.faithfulness import UNCHANGED, Faithfulness
from ran.figures import signed
from ran.words import _, later

LARGE_GAP = 0.05
FLAG = later(":orange-badge[:material/warning: same map with randomised parameters]")
_INFIDELITY = later(
    "Squares of the face are hidden: the share of what the target falls by that the map does not "
    "tell. 0 tells each fall, 1 none; a flat map has about 0.5, because a larger square takes more "
    "away. Yeh et al. 2019, arXiv:1901.09392."
)
_SENSITIVITY = later(
    "How much the map changes, at most, relative to itself, when every value of the face moves by "
    "up to 0.02. Yeh et al. 2019, arXiv:1901.09392."
)
_RANDOMISED = later(
    "Rank correlation, sign left out, of this map with that of the same network after its "
    "parameters were redrawn; the lesser of two. From {unchanged} on the map is flagged: it is "
    "about the face, not about what was learnt. Adebayo et al. 2018, arXiv:1810.03292."
)


def gap(names: Sequence[str], maps: Sequence[Heatmap | None], unit: str) -> bool:
    """Draw the completeness gap of the worse face, if a sum is promised; return if it is large.

    names: the faces', in the order of their maps.
    """
    promised = [
        (face, heatmap, heatmap.total, share)
        for face, heatmap in zip(names, maps, strict=True)
        if heatmap is not None and heatmap.total is not None
        for share in (heatmap.gap_share or 0.0,)
    ]
    if not promised:
        return False
    said = "\n\n".join(
        _("{face} face: the values add up to {values}, the target changes by {total} {unit}")
        .format(
            face=face.capitalize(),
            values=signed(float(heatmap.values.sum()), 3),
            total=signed(total, 3),
            unit=unit,
        )
        .rstrip()
        + _(" from the baseline to the face.")
        + (
            ""
            if heatmap.local_gaps is None
            else _(" Piece by piece of the way, without signs, {local_gaps:.3f} is missed.").format(
                local_gaps=heatmap.local_gaps
            )
        )
        for face, heatmap, total, _share in promised
    )
    worst = max(share for *_, share in promised)
    is_large = worst > LARGE_GAP
    st.badge(
        _("completeness gap {worst:.1f} %").format(worst=100 * worst),
        icon=":material/warning:" if is_large else ":material/check:",
        color="orange" if is_large else "green",
        help=_(
            "{said}\n\nThe gap is their difference, as a share of the change, or of 1 where that "
            "is less."
        ).format(said=said),
    )
    return is_large


def trust(known: Faithfulness, face: str) -> None:
    """Draw what a check has found; `face` is the name of the face."""
    rests = _("\n\nOf the {face} face's map, over {draws} draws.").format(
        face=face, draws=known.draws
    )
    if known.infidelity is not None:
        st.badge(
            _("infidelity {infidelity:.2f}").format(infidelity=known.infidelity),
            color="gray",
            help=_(_INFIDELITY) + rests,
        )
    if known.max_sensitivity is not None:
        st.badge(
            _("max-sensitivity {max_sensitivity:.2f}").format(
                max_sensitivity=known.max_sensitivity
            ),
            color="gray",
            help=_(_SENSITIVITY) + rests,
        )
    randomised = _(_RANDOMISED).format(unchanged=UNCHANGED)
    if known.randomised is None:
        st.badge(
            _("randomised parameters: not known"),
            color="gray",
            help=randomised
            + _(
                "\n\nNot known here: this map is flat, or that of a redrawn network is, which "
                "is no order to compare."
            ),
        )
        return
    help_ = randomised + _("\n\nHere: {found:.2f}, of the {face} face's map.").format(
        found=known.randomised, face=face
    )
    if known.is_unchanged:
        st.badge(
            _("same map with randomised parameters"), icon=":material/warning:", color="orange",
            help=help_,
        )  # fmt: skip
    else:
        # Grey: that a map changes does not make it right.
        st.badge(_("changes with randomised parameters"), color="gray", help=help_)
