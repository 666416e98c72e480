"""The face of the point under the pointer, for charts whose points are faces.

A Streamlit component without a build step. The faces travel to the browser once, so that hovering
asks nothing of the server. A finger has no hover: there a tap chooses the pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ran.figures.data_urls import photograph
from ran.study.poses.posed import Answered
from ran.ui.components.component import Component

_FOLDER = Path(__file__).parent
_SIDE = 100
"""Pixels of a face's side: as wide as it is shown."""

HOVER = Component("ran_hover_faces", _FOLDER, "hover_faces.js")


def faces_on_hover(found: Sequence[Answered], charts: Sequence[str]) -> None:
    """Show a pose's face beside the pointer over its point.

    Args:
        found: the poses; a point's first custom datum is its place among them.
        charts: keys of the Plotly charts on the page that have such points.
    """
    HOVER(
        key="hover-faces",
        data={
            "charts": list(charts),
            "faces": [{"source": _source(one), "name": one.posed.name} for one in found],
        },
    )


def _source(one: Answered) -> str:
    face = Image.fromarray(one.scene.hidden_pixels())
    return photograph(np.asarray(face.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)))
