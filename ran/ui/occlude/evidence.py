"""Where the evidence lies: one heatmap of the clean and of the covered face, on one scale."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.engine import Engine
from ran.engine.turns import TURNS
from ran.figures import heat_overlay, signed
from ran.shown import Shown
from ran.ui.components.linked_pictures import Picture, decimals, linked_pictures
from ran.ui.shared import compute
from ran.ui.shared.outside import escaped
from ran.ui.shared.scales import rising_bar, scale_line, signed_bar
from ran.ui.shared.session import give_way
from ran.ui.shared.settings.widgets import key_of, seed
from ran.words import _, called, later

HEAD_START_S = 0.1
"""How long the maps leave the processor to the browser, which is drawing the numbers above; on two
cores a stroke's numbers came 30 ms later without."""
_HELP = later(
    "Grad-CAM (Selvaraju et al. 2017), one map a region, each laid back into its box and added up. "
    "Blocky by nature: the network's last layer is that coarse. Evidence about the network, not "
    "about the person."
)


@st.fragment
def heatmaps(engine: Engine, shown: Sequence[Shown]) -> None:
    """Draw the maps for an answer of the clean or of the covered face, and their difference.

    A fragment at the end of the page: the numbers above never wait for it.
    """
    st.subheader(_("Where the evidence lies"), anchor=False, help=_(_HELP))
    answers = list(dict.fromkeys(one.answer.expression for one in shown))
    target = answers[0]
    if len(answers) > 1:
        key = seed(key_of("evidence", *answers), target)
        target = (
            st.segmented_control(
                _("Evidence for"),
                answers,
                format_func=called,
                key=key,
                required=True,
                label_visibility="collapsed",
            )
            or target
        )
    time.sleep(HEAD_START_S)
    with compute.told():
        with TURNS.slow(give_way):
            maps = [engine.explain(one.scene, "grad-cam", target).values for one in shown]
        is_pair = len(shown) > 1
        change = maps[-1] - maps[0]
        largest = float(max(values.max() for values in maps))
        span = float(abs(change).max())
        named = escaped(called(target))
        if largest <= 0:
            st.markdown(
                _(
                    "**No positive evidence**: Grad-CAM finds no pixel that speaks for {named}, on "
                    "either face."
                ).format(named=named)
                if is_pair
                else _(
                    "**No positive evidence**: Grad-CAM finds no pixel that speaks for {named}."
                ).format(named=named)
            )
            return
        drawn = [
            (
                one.scene.hidden_pixels(),
                values,
                called(one.name),
                _("evidence for {target}").format(target=called(target)),
                False,
            )
            for one, values in zip(shown, maps, strict=True)
        ]
        if is_pair:
            said = _("covered minus clean, on the clean face")
            drawn.append((shown[0].scene.face.pixels, change, _("change"), said, True))
        linked_pictures(
            "evidence",
            [
                Picture(
                    np.asarray(heat_overlay(face, values, scale=largest, signed=two_sided)),
                    values, name, f"{name}: {_said(values, said)}", f"{name}: {said}, Grad-CAM",
                    two_sided,
                )
                for face, values, name, said, two_sided in drawn
            ],
            digits=decimals(largest),
            label=_("Evidence for {target}: clean, covered and change").format(
                target=called(target)
            ),
        )  # fmt: skip
        _legend(largest, span if is_pair else None)


def _said(values: NDArray[np.float32], said: str) -> str:
    return said if values.any() else _("no positive {said}").format(said=said)


def _legend(largest: float, span: float | None) -> None:
    evidence = rising_bar("0", f"{largest:.2f}")
    if span is None:
        scale_line(_("Grad-CAM"), evidence)
        return
    scale_line(
        _("One scale for all three, Grad-CAM"),
        evidence,
        signed_bar(signed(-largest), signed(largest)),
        _("largest change {span:.2f}").format(span=span),
    )
