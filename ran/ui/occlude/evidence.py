"""Where the evidence lies: one heatmap of the clean and of the covered face, on one scale."""

from __future__ import annotations

import time

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.engine import Engine
from ran.figures import heat_overlay, signed
from ran.prediction import Prediction
from ran.scene import Scene
from ran.ui.components.linked_pictures import Picture, decimals, linked_pictures
from ran.ui.shared import compute
from ran.ui.shared.outside import escaped
from ran.ui.shared.scales import rising_bar, scale_line, signed_bar
from ran.ui.shared.session import seed

HEAD_START_S = 0.1
"""How long the maps leave the processor to the browser, which is drawing the numbers above; on two
cores a stroke's numbers came 30 ms later without."""
_HELP = (
    "Grad-CAM (Selvaraju et al. 2017), one map a region, each laid back into its box and added up. "
    "Blocky by nature: the network's last layer is that coarse. Evidence about the network, not "
    "about the person."
)


@st.fragment
def heatmaps(engine: Engine, scene: Scene, clean: Prediction, covered: Prediction) -> None:
    """Draw the maps for an answer of the clean or of the covered face, and their difference.

    A fragment at the end of the page: the numbers above never wait for it.
    """
    st.subheader("Where the evidence lies", anchor=False, help=_HELP)
    answers = list(dict.fromkeys((clean.expression, covered.expression)))
    target = answers[0]
    if len(answers) > 1:
        key = seed(f"evidence-{'-'.join(answers)}", target)
        target = (
            st.segmented_control(
                "Evidence for", answers, key=key, required=True, label_visibility="collapsed"
            )
            or target
        )
    time.sleep(HEAD_START_S)
    with compute.told():
        before, after = (
            engine.explain(shown, "grad-cam", target).values for shown in (scene.clean(), scene)
        )
        is_pair = bool(covered.covered.any())
        change = after - before
        largest = float(max(before.max(), after.max()))
        span = float(abs(change).max())
        faces = scene.face.pixels, scene.hidden_pixels(), scene.face.pixels
        named = escaped(target)
        if largest <= 0:
            st.markdown(
                f"**No positive evidence**: Grad-CAM finds no pixel that speaks for {named}, on "
                "either face."
                if is_pair
                else f"**No positive evidence**: Grad-CAM finds no pixel that speaks for {named}."
            )
            return
        shown = [
            (faces[0], before, "clean", f"evidence for {target}", False),
            (faces[1], after, "covered", f"evidence for {target}", False),
            (faces[2], change, "change", "covered minus clean, on the clean face", True),
        ]
        linked_pictures(
            "evidence",
            [
                Picture(
                    np.asarray(heat_overlay(face, values, scale=largest, signed=two_sided)),
                    values, name, f"{name}: {_said(values, said)}", f"{name}: {said}, Grad-CAM",
                    two_sided,
                )
                for face, values, name, said, two_sided in (shown if is_pair else shown[:1])
            ],
            digits=decimals(largest),
            label=f"Evidence for {target}: clean, covered and change",
        )  # fmt: skip
        _legend(largest, span if is_pair else None)


def _said(values: NDArray[np.float32], said: str) -> str:
    return said if values.any() else f"no positive {said}"


def _legend(largest: float, span: float | None) -> None:
    evidence = rising_bar("0", f"{largest:.2f}")
    if span is None:
        scale_line("Grad-CAM", evidence)
        return
    scale_line(
        "One scale for all three, Grad-CAM",
        evidence,
        signed_bar(signed(-largest), signed(largest)),
        f"largest change {span:.2f}",
    )
