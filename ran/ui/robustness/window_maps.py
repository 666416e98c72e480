"""Three maps of a window that slides: what the answer, a region's w and the margin do under it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran.figures import heat_overlay, signed
from ran.scene import Scene
from ran.study.robustness.readings import MARGIN, PROBABILITY
from ran.study.robustness.windows import SlidOver
from ran.ui.components.linked_pictures import Picture, linked_pictures
from ran.ui.shared.outside import escaped
from ran.ui.shared.scales import scale_line, signed_bar
from ran.words import _, called

_SHORT = {PROBABILITY: "probability", MARGIN: "margin"}
"""One word before a map's value."""
_FAINT, _FAINT_W = {PROBABILITY: 0.05, MARGIN: 0.02}, 0.1
"""Changes as large as this have full colour where none is larger: smaller ones stay faint."""


def maps(scenes: Sequence[Scene], slid: SlidOver, region: str | None) -> None:
    """Draw the maps as far as they are, and in words where the answer falls furthest.

    Each on its own scale, of which its caption has the range: they are of different numbers.

    region: whose w is mapped; None where there is one region alone.
    """
    face = mean_face(scenes[: len(slid.whole)])
    pictures = []
    for name, one in found(slid, face.shape[0], region).items():
        number, values, scale = one
        low, high = (signed(float(end), 3) for end in (values.min(), values.max()))
        pictures.append(
            Picture(
                np.asarray(heat_overlay(face, values, scale=scale, signed=True)), values,
                _SHORT.get(name, f"w {name}"),
                _("{number}: {low} to {high}; full colour at {scale:.2g}").format(
                    number=number, low=low, high=high, scale=scale
                ),
                _("Change of {number} under the window, by place").format(number=number), True,
            )
        )  # fmt: skip
    linked_pictures(
        "robustness-maps", pictures, digits=3,
        label=_("What the answer does under a window, by its place"),
    )  # fmt: skip
    scale_line(
        _("Under minus without the window, each map on its own scale:"),
        signed_bar(_("falls"), _("rises")),
    )
    st.markdown(_said(slid))


def found(
    slid: SlidOver, side: int, region: str | None
) -> dict[str, tuple[str, NDArray[np.float32], float]]:
    """Return by a number's name what it is in words, its map f32[S, S], and its full colour.

    Args:
        slid: how far the window is.
        side: S.
        region: as in `maps`.
    """
    named = {PROBABILITY: _("probability of the answer")}
    if region is not None:
        named |= {
            region: _("w of {region}, × uniform").format(region=called(region)),
            MARGIN: _("RB margin"),
        }
    maps = {name: slid.on_face(name, side) for name in named}
    return {
        name: (
            named[name], values, max(float(np.abs(values).max()), _FAINT.get(name, _FAINT_W))
        )
        for name, values in maps.items()
        if values is not None
    }  # fmt: skip


def mean_face(scenes: Sequence[Scene]) -> NDArray[np.uint8]:
    """Return the mean picture of faces that are framed alike, u8[S, S, 3]."""
    sides = [scene.face.pixels.shape[0] for scene in scenes]
    seen = [scene.hidden_pixels() for scene in scenes if scene.face.pixels.shape[0] == sides[0]]
    return np.asarray(np.mean(seen, 0).round(), np.uint8)


def _said(slid: SlidOver) -> str:
    """Return in words how often the answer changes, and where it falls furthest."""
    readings = [one for face in slid.whole for one in face.readings]
    count, places = sum(not one.of("kept") for one in readings), len(readings)
    said = _("The answer changes under {count} of {places} windows.").format(
        count=count, places=places
    )
    if len(slid.whole) > 1:
        return said
    (one,) = slid.whole
    worst = one.worst(PROBABILITY)
    if worst is None:
        return said
    box, reading = worst
    before, after = one.clean.of(PROBABILITY), reading.of(PROBABILITY)
    assert before is not None and after is not None
    words = _(
        "{said} {expression} falls furthest, from {before:.2f} to {after:.2f}, with the middle of "
        "the window at {x:.0f} % from the left and {y:.0f} % from the top."
    ).format(
        said=said, expression=escaped(called(one.clean.expression)), before=before, after=after,
        x=50 * (box.x0 + box.x1), y=50 * (box.y0 + box.y1),
    )  # fmt: skip
    return words if after < before else _("{said} None lowers {expression}.").format(
        said=said, expression=escaped(called(one.clean.expression))
    )  # fmt: skip
