"""The drawing over the face, as a Streamlit component: shapes come back, never pixels.

SVG and Pointer Events, no build step. What is hidden is shown in the browser at once: the covering
picture, made here, lies over the clean one through a mask of the shapes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.face.covers.shape_fields import Point
from ran.face.covers.sticker_art import ART
from ran.face.shapes import Shape, Sticker, shape_to_json
from ran.figures.data_urls import photograph
from ran.net.regions import Box
from ran.ui.components.component import Component

FINE = 10_000
"""Units of a sticker's width in which the browser has its outlines."""
_FOLDER = Path(__file__).parent


def _path(points: Sequence[Point]) -> str:
    """Return an outline as a path of SVG, each corner as a step from the last in units of FINE."""
    corners = np.round(np.asarray(points) * FINE).astype(int)
    steps = np.diff(corners, axis=0, prepend=np.zeros((1, 2), int))
    return "m" + " ".join(f"{x},{y}" for x, y in steps.tolist())


def _art() -> str:
    """Return the stickers' art as the browser has it: it travels with the program, each time."""
    stickers = {
        name: {
            "label": art.label,
            "aspect": art.height / art.width,
            "count": art.count,
            "parts": [
                {
                    "colour": "#{:02x}{:02x}{:02x}".format(*part.colour),
                    "share": part.share,
                    "path": _path(part.points),
                }
                for part in art.parts
            ],
        }
        for name, art in ART.items()
    }
    return f"const FINE = {FINE};\nconst ART = {json.dumps(stickers)};\n"


CANVAS = Component(
    "ran_canvas", _FOLDER,
    "geometry.js", "mask.js", "marks.js", "drawings.js", "tools.js", "canvas.js",
    made=_art(), texts=[art.label for art in ART.values()],
)  # fmt: skip


@dataclass(frozen=True)
class Outlines:
    """How the regions are marked: a colour and a text each, and which one stands out."""

    boxes: Sequence[Box]
    colours: Sequence[str]
    texts: Sequence[str]
    chosen: int
    ink: str


def canvas(
    key: str,
    *,
    clean: NDArray[np.uint8],
    cover: NDArray[np.uint8],
    opacity: float,
    look: bool,
    places: Sequence[Sticker],
    fixed: Sequence[Shape],
    seed: tuple[str, Sequence[Shape]],
    outlines: Outlines,
    label: str,
) -> None:
    """Draw the canvas; what is drawn lies in st.session_state[key]["drawing"], untrusted.

    Args:
        key: the widget's.
        clean: the face, u8[S, S, 3].
        cover: what stands where it is hidden, u8[S, S, 3].
        opacity: of the cover, in [0, 1].
        look: whether stickers show their own look above the cover.
        places: each sticker as it lands on this face.
        fixed: shapes set elsewhere, below the drawn ones; they cannot be selected.
        seed: the drawing's name and what it begins with. Under a name that the browser knows, its
            own drawing and its undo are shown. The same from stroke to stroke.
        outlines: the regions.
        label: what the picture shows, for those who do not see it.
    """
    token, begun = seed
    CANVAS(
        key=key,
        data={
            "clean": photograph(clean),
            "cover": photograph(cover),
            "opacity": opacity,
            "look": look,
            "places": {sticker.name: _place(sticker) for sticker in places},
            "fixed": [shape_to_json(shape) for shape in fixed],
            "seed": {"token": token, "shapes": [shape_to_json(shape) for shape in begun]},
            "regions": [
                {"edges": box.edges, "colour": colour, "text": text}
                for box, colour, text in zip(
                    outlines.boxes, outlines.colours, outlines.texts, strict=True
                )
            ],
            "chosen": outlines.chosen,
            "ink": outlines.ink,
            "label": label,
        },
        default={"drawing": None},
        on_drawing_change=_nothing,
    )


def _place(sticker: Sticker) -> dict[str, object]:
    """Return where a sticker lies, as numbers that the browser sends back unchanged."""
    values = shape_to_json(sticker)
    return {
        name: round(value, 5) if isinstance(value, float) else value
        for name, value in values.items()
        if name not in ("kind", "name")
    }


def drawn(key: str) -> Any:
    """Return what the browser last sent for this canvas, untrusted, or None."""
    state = st.session_state.get(key)
    return None if state is None else state.get("drawing")


def _nothing() -> None:
    """Let a change run the page again, which is all that it should do."""
