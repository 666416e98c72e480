"""The badges of a map on the Explain page: what is known of how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ran.explain.heatmap import Heatmap
from ran.explain.trust.faithfulness import UNCHANGED, Faithfulness
from ran.explain.trust.insertion import Inserted
from ran.explain.trust.localised import RADIUS, Localised
from ran.explain.trust.usual import Usual
from ran.figures import saving, signed
from ran.figures.evidence.inserted import insertion_curves
from ran.ui.shared import panels
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, called, later

LARGE_GAP = 0.05
FLAG = later(":orange-badge[:material/warning: same map with randomised parameters]")
_INSERTION = later(
    "The pixels that the map names first are shown on the baseline, more and more of them, and the "
    "target is read; then the same pixels are taken away from the face. The first mean minus the "
    "second: the more, the better the map names what counts. A blob in the middle of the face "
    "knows nothing of it, a random order has about 0: amber where one of them does as well. "
    "Petsiuk et al. 2018, arXiv:1806.07421."
)
_INFIDELITY = later(
    "Squares of the face are hidden: the share of what the target falls by that the map does not "
    "tell. 0 tells each fall, 1 none. A flat map tells some, because a larger square takes more "
    "away, and so does a blob in the middle as wide as the map: amber where one of them does as "
    "well. Yeh et al. 2019, arXiv:1901.09392."
)
_SENSITIVITY = later(
    "How much the map changes, at most, relative to itself, when every value of the face moves by "
    "up to 0.02. Yeh et al. 2019, arXiv:1901.09392."
)
_RANDOMISED = later(
    "Rank correlation of this map with that of the same network after its parameters were "
    "redrawn; the lesser of two. Grad-CAM before its ReLU; of maps of single pixels with signs and "
    "without, the greater. From {unchanged} on the map is flagged: it is about the face, not about "
    "what was learnt. Adebayo et al. 2018, arXiv:1810.03292."
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
            face=called(face).capitalize(),
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
        + (
            ""
            if heatmap.error is None
            else _(" Drawn anew, the sum would vary by {error:.3f} (standard error).").format(
                error=heatmap.error
            )
        )
        for face, heatmap, total, _share in promised
    )
    worst = max(share for *_, share in promised)
    is_large = worst > LARGE_GAP
    text = _("completeness gap {worst:.1f} %").format(worst=100 * worst)
    errors = [share for one in maps if one is not None and (share := one.error_share) is not None]
    if errors:
        text += _(" (standard error {error:.1f} %)").format(error=100 * max(errors))
    st.badge(
        text,
        icon=":material/warning:" if is_large else ":material/check:",
        color="orange" if is_large else "gray",
        help=_(
            "{said}\n\nThe gap is their difference, as a share of the change, or of 1 where that "
            "is less."
        ).format(said=said),
    )
    return is_large


def _usually(usual: Usual, badge: str, digits: int = 2) -> str:
    """Return in words where a badge usually lies for a method on this network, or nothing."""
    between = usual.between(badge)
    if between is None:
        return ""
    return _(
        "\n\nUsual for this method on this network: {low} to {high}, the middle 80 % of {faces} "
        "faces of FER2013Valid (its answer, against black)."
    ).format(
        low=signed(between[0], digits) if between[0] < 0 else f"{between[0]:.{digits}f}",
        high=signed(between[1], digits) if between[1] < 0 else f"{between[1]:.{digits}f}",
        faces=usual.faces,
    )


def lies(found: Localised | None, face: str) -> None:
    """Draw how much of a map lies about the landmarks, beside the area of that; nothing if None."""
    if found is None:
        return
    st.badge(
        _("about the landmarks {mass:.0f} % (area {area:.0f} %)").format(
            mass=100 * found.mass, area=100 * found.area
        ),
        color="gray",
        help=_(
            "The share of the {face} face's map, without signs, that lies within {radius:g} of the "
            "face's side of an eye, the nose or a corner of the mouth, beside the share of the "
            "face that this is. No measure of right: a network may look elsewhere."
        ).format(face=called(face), radius=RADIUS),
    )


def _insertion(found: Inserted, face: str, unit: str, usual: Usual) -> None:
    """Draw insertion minus deletion beside its controls; amber where one of them does as well."""
    own, centre, random = (signed(one.area) for one in (found.map, found.centre, found.random))
    st.badge(
        _("insertion − deletion {own} (centre blob {centre})").format(own=own, centre=centre),
        icon=":material/warning:" if found.is_no_better else None,
        color="orange" if found.is_no_better else "gray",
        help=_(_INSERTION)
        + _(
            "\n\nHere, of the {face} face's map, in {unit}: {own}; a centre blob {centre}, a "
            "random order {random}."
        ).format(
            face=called(face),
            unit=unit or _("the target's own unit"),
            own=own,
            centre=centre,
            random=random,
        )
        + _usually(usual, "insertion"),
    )


def curves(found: Inserted, unit: str, name: str) -> None:
    """Offer the curves behind insertion minus deletion of the method of this name."""
    place = st.popover(
        _("Curves"), icon=":material/show_chart:", type="tertiary", key=key_of("curves", name),
        on_change="rerun",
    )  # fmt: skip
    if not place.open:
        return
    own, centre = ((one.insertion, one.deletion) for one in (found.map, found.centre))
    with place:
        st.markdown(
            _(
                "**Insertion and deletion** :gray[solid: the first pixels are shown on the "
                "baseline; dashed: they are taken away. Coloured: the map; grey: a centre "
                "blob.]"
            )
        )
        st.plotly_chart(
            insertion_curves(own, centre, unit, panels.theme()), theme=None,
            config=saving("ran-insertion"), key=key_of("curves-chart", name),
            alt=_("The target while pixels are shown or taken away in the map's order"),
        )  # fmt: skip


def _infidelity(known: Faithfulness, rests: str, usual: Usual) -> None:
    """Draw infidelity beside the better of its controls; amber where that is as good."""
    controls = {
        _("flat map"): known.infidelity_flat, _("centre blob"): known.infidelity_centre,
    }  # fmt: skip
    measured = {name: value for name, value in controls.items() if value is not None}
    beside = ""
    if measured:
        best = min(measured, key=lambda name: measured[name])
        beside = f" ({best} {measured[best]:.2f})"
    st.badge(
        _("infidelity {infidelity:.2f}").format(infidelity=known.infidelity) + beside,
        icon=":material/warning:" if known.tells_no_more else None,
        color="orange" if known.tells_no_more else "gray",
        help=_(_INFIDELITY)
        + "".join(f"\n\n{name}: {value:.2f}" for name, value in measured.items())
        + rests
        + _usually(usual, "infidelity"),
    )


def _rates(usual: Usual) -> str:
    """Return how often randomisation flags this network and one that learnt nothing."""
    alarms, caught = usual.row.get("alarms"), usual.row.get("caught")
    if alarms is None or caught is None:
        return ""
    return _(
        "\n\nOn {faces} faces it flagged {alarms:.0f} % of this network's maps by this method, and "
        "{caught:.0f} % of those of a network with redrawn parameters."
    ).format(faces=usual.faces, alarms=100 * alarms, caught=100 * caught)


def trust(known: Faithfulness, face: str, unit: str, usual: Usual) -> None:
    """Draw what a check has found.

    Args:
        known: what it is.
        face: the name of the face.
        unit: the target's.
        usual: what the badges usually say of the method's maps; one that says the same of a network
            that learnt nothing is not drawn.
    """
    rests = _("\n\nOf the {face} face's map, over {draws} draws.").format(
        face=called(face), draws=known.draws
    )
    if known.inserted is not None:
        _insertion(known.inserted, face, unit, usual)
    if known.infidelity is not None:
        _infidelity(known, rests, usual)
    if known.max_sensitivity is not None:
        st.badge(
            _("max-sensitivity {max_sensitivity:.2f}").format(
                max_sensitivity=known.max_sensitivity
            ),
            color="gray",
            help=_(_SENSITIVITY) + rests + _usually(usual, "sensitivity"),
        )
    if usual.tells_apart:
        _randomised(known, face, usual)


def _randomised(known: Faithfulness, face: str, usual: Usual) -> None:
    """Draw whether the map is that of networks which learnt nothing."""
    randomised = _(_RANDOMISED).format(unchanged=UNCHANGED) + _rates(usual)
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
        found=known.randomised, face=called(face)
    )
    if known.is_unchanged:
        st.badge(
            _("same map with randomised parameters"), icon=":material/warning:", color="orange",
            help=help_,
        )  # fmt: skip
    else:
        # Grey: that a map changes does not make it right.
        st.badge(_("changes with randomised parameters"), color="gray", help=help_)
