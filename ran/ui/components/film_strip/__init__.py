"""The frames of a film in one row that scrolls, in the order of time, and a slider over them.

A Streamlit component without a build step. A click on a frame chooses it; where no face was found,
and where the film cuts, the row says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ran.figures.data_urls import photograph
from ran.figures.poses.axis import TIME, stands
from ran.study.poses.moments import Moment
from ran.study.poses.posed import Answered, Posed, Skipped
from ran.ui.components.component import Component
from ran.words import _

_FOLDER = Path(__file__).parent
_SIDE = 100
_KEY = "film-strip"

STRIP = Component("ran_film_strip", _FOLDER, "film_strip.js")


def film(
    found: Sequence[Answered],
    skipped: Sequence[Skipped],
    chosen: int,
    choose: Callable[[Posed], None],
) -> None:
    """Draw every frame that is done, and a slider over those with a face.

    Args:
        found: the answers, in the order of the page.
        skipped: what was left out.
        chosen: the place of the chosen one among them.
        choose: is told of the pose that a visitor chooses.
    """
    in_time = sorted(found, key=lambda one: TIME.place(one.posed))
    here = in_time.index(found[chosen])

    def take() -> None:
        posed = chosen_of(st.session_state[_KEY].get("chosen"), in_time)
        if posed is not None:
            choose(posed)

    def slide() -> None:
        choose(in_time[st.session_state["poses-frame"]].posed)

    with st.container(border=True, gap="xsmall"):
        st.markdown(_("**The film, frame by frame**"))
        STRIP(
            key=_KEY, data={"frames": frames(in_time, skipped), "chosen": here},
            on_chosen_change=take,
        )  # fmt: skip
        if len(in_time) > 1:
            st.session_state["poses-frame"] = here
            st.select_slider(
                _("Frame"), range(len(in_time)), key="poses-frame", on_change=slide,
                format_func=lambda place: stands(in_time[place].posed),
                label_visibility="collapsed",
            )  # fmt: skip


def chosen_of(sent: object, in_time: Sequence[Answered]) -> Posed | None:
    """Return the pose that the browser names by its place, or None: what it sends is untrusted."""
    if not isinstance(sent, int) or isinstance(sent, bool) or not 0 <= sent < len(in_time):
        return None
    return in_time[sent].posed


def frames(in_time: Sequence[Answered], skipped: Sequence[Skipped]) -> list[dict[str, Any]]:
    """Return what travels of each frame, with a face or without, in the order of time.

    place: among those with a face, or None; cut: the film cuts between the frame before and this.
    """
    seen: list[tuple[Moment, int | None, NDArray[np.uint8]]] = [
        (one.posed.moment, place, _small(one.scene.hidden_pixels()))
        for place, one in enumerate(in_time)
        if one.posed.moment is not None
    ]
    seen += [
        (left_out.moment, None, left_out.pixels)
        for left_out in skipped
        if left_out.moment is not None and left_out.pixels is not None
    ]
    seen.sort(key=lambda frame: frame[0].frame)
    shots = [moment.shot for moment, _, _ in seen]
    return [
        {
            "source": photograph(pixels),
            "time": f"{moment.seconds:.1f} s",
            "place": place,
            "cut": k > 0 and shots[k] != shots[k - 1],
        }
        for k, (moment, place, pixels) in enumerate(seen)
    ]


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))
