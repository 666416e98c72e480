"""The face of the point under the pointer, for charts whose points are faces.

A Streamlit component without a build step. The faces travel to the browser once, so that hovering
asks nothing of the server. A finger has no hover: there a tap chooses the pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from ran.study.poses.posed import Answered
from ran.ui.shared.files import inline

_FOLDER = Path(__file__).parent
_SIDE = 100
"""Pixels of a face's side: as wide as it is shown."""

_mount = st.components.v2.component(
    "ran_hover_faces",
    html=(_FOLDER / "hover_faces.html").read_text(),
    css=(_FOLDER / "hover_faces.css").read_text(),
    js=(_FOLDER / "hover_faces.js").read_text(),
)


def faces_on_hover(found: Sequence[Answered], charts: Sequence[str]) -> None:
    """Show a pose's face beside the pointer over its point.

    Args:
        found: the poses; a point's first custom datum is its place among them.
        charts: keys of the Plotly charts on the page that have such points.
    """
    _mount(
        key="hover-faces",
        data={
            "charts": list(charts),
            "faces": [{"source": _source(one), "name": one.posed.name} for one in found],
        },
    )


def _source(one: Answered) -> str:
    face = Image.fromarray(one.scene.hidden_pixels())
    return inline(np.asarray(face.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)))
