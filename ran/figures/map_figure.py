"""A heatmap over its face -> one Plotly figure, with its title and its scale."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ran.figures.grammar import LIGHT, Theme
from ran.figures.maps import shared_scale
from ran.figures.pictures import SIGNED, UNSIGNED, heat_overlay


def map_figure(
    face: NDArray[np.uint8],
    values: NDArray[np.float32],
    *,
    signed: bool,
    title: str,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Return the face in grey with the map over it, as the pages draw it.

    Args:
        face: u8[S, S, 3].
        values: f32[s, s], enlarged to the face.
        signed: whether values below zero speak against the target.
        title: what stands above.
        theme: the colours of text and paper.
    """
    full = shared_scale([values]).full
    picture = np.asarray(heat_overlay(face, values, scale=full, signed=signed))
    stops = SIGNED if signed else UNSIGNED
    low, high = (-full if signed else 0.0), full or 1.0
    bar = go.Scatter(
        x=[None], y=[None], mode="markers", hoverinfo="skip", showlegend=False,
        marker={
            "color": [low], "cmin": low, "cmax": high, "showscale": True,
            "colorscale": [[n / (len(stops) - 1), stop] for n, stop in enumerate(stops)],
            "colorbar": {"thickness": 12, "outlinewidth": 0},
        },
    )  # fmt: skip
    figure = go.Figure([go.Image(z=picture), bar])
    figure.update_layout(
        title={"text": title, "font": {"size": 14, "color": theme.text}},
        width=520, height=500, margin={"l": 10, "r": 10, "t": 50, "b": 10},
        paper_bgcolor=theme.paper, plot_bgcolor=theme.paper, font={"color": theme.text},
    )  # fmt: skip
    return figure.update_xaxes(visible=False).update_yaxes(visible=False)
