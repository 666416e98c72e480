"""The Explain page's maps: a card a method, with its badges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.explain.attribution import METHODS, Method
from ran.figures import signed
from ran.prediction import Prediction
from ran.scene import Scene
from ran.ui import explain_pictures
from ran.ui.asked import Asked
from ran.ui.explain_ways import steps_of, unit
from ran.ui.explaining import Round, Work, in_turn, work_on

LARGE_GAP = 0.05
MOST_REFINED = 160
"""Refine doubles the steps up to here."""


@dataclass(frozen=True, eq=False)
class Asking:
    """One method asked about the faces: clean alone, or clean and covered."""

    method: Method
    scenes: tuple[Scene, ...]
    target: str
    unit: str
    steps: int | None
    work: Work[Round]

    @property
    def key(self) -> str:
        """Return the method's name, which the keys of its widgets begin with."""
        return self.method.name


def asking(
    engine: Engine,
    asked: Asked,
    scenes: tuple[Scene, ...],
    name: str,
    target: str,
    clean: Prediction,
) -> Asking:
    """Return a method with its work; one of a single pass is done before this returns.

    Raises:
        RanError: if the engine cannot be asked so, or fails.
    """
    method = METHODS[name]
    steps = steps_of(asked, method)
    baseline = asked.baseline if method.uses_baseline else ""
    keys = "-".join(scene.key for scene in scenes)
    network = f"{engine.card.name} {engine.card.sha256} {engine.device}"
    work = work_on(
        f"map {network} {keys} {name} {target} {baseline} {steps}",
        method.label,
        (method.counts or "steps").removesuffix("s"),
        lambda: in_turn(
            [
                engine.explaining(scene, name, target, baseline=asked.baseline, steps=steps)
                for scene in scenes
            ]
        ),
    )
    if not method.is_slow:
        work.finish()
    elif name in asked.at_once:
        asked.at_once.discard(name)
        work.want()
    return Asking(method, scenes, target, unit(target, clean), steps, work)


def compute_button(place: DeltaGenerator, found: Sequence[Asking]) -> None:
    """Draw the button that begins all slow maps that are not done."""
    slow = [one.work for one in found if one.method.is_slow]
    if place.button(
        "Compute", icon=":material/play_arrow:",
        disabled=all(work.is_whole or work.is_waiting for work in slow),
        help="Computes the maps that take many passes. The others are there already.",
    ):  # fmt: skip
        for work in slow:
            work.want()


def card(engine: Engine, asked: Asked, one: Asking) -> DeltaGenerator:
    """Draw the card of one method; return the place of its progress."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(f"**{one.method.label}**", width="content")
            badges = st.container(horizontal=True, width="content", gap="small")
        progress = st.empty()
        _state(one.work, progress)
        if one.work.latest is not None:
            with badges:
                _gap(asked, one)
            explain_pictures.draw(engine, one.scenes, one.work.latest, one.method, one.unit)
    return progress


def _state(work: Work[Round], place: DeltaGenerator) -> None:
    """Say what is missing; work that goes on says so itself, in the same place."""
    if work.is_whole or work.is_waiting:
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        if work.latest is None:
            st.markdown(f":gray[Not computed yet. {work.name} takes many passes: press Compute.]")
            return
        st.markdown(
            f"Stopped at {work.counts} {work.latest.done} of {work.latest.of}. What is done stays."
        )
        st.button(
            "Go on", icon=":material/play_arrow:", on_click=work.want, key=f"go-on-{work.name}"
        )


def _gap(asked: Asked, one: Asking) -> None:
    """Draw the completeness gap of the worse face, and what to do about a large one."""
    assert one.work.latest is not None
    maps = [heatmap for heatmap in one.work.latest.maps if heatmap is not None]
    shares = [heatmap.gap_share for heatmap in maps if heatmap.gap_share is not None]
    if not shares:
        return
    said = "\n\n".join(
        f"{name} face: the values add up to {signed(float(heatmap.values.sum()), 3)}, the target "
        f"changes by {signed(heatmap.total, 3)} {one.unit} from the baseline to the face."
        for name, heatmap in zip(("Clean", "Covered"), maps, strict=False)
        if heatmap.total is not None
    )
    is_large = max(shares) > LARGE_GAP
    st.badge(
        f"completeness gap {100 * max(shares):.1f} %",
        icon=":material/warning:" if is_large else ":material/check:",
        color="orange" if is_large else "green",
        help=f"{said}\n\nThe gap is their difference, as a share of the change or of 1 where that "
        "is less.",
    )
    steps = maps[0].steps
    if is_large and one.method.counts == "steps" and steps is not None and steps < MOST_REFINED:
        more = min(2 * steps, MOST_REFINED)
        st.button(
            f"Refine: {more} steps", icon=":material/add:", type="tertiary",
            key=f"refine-{one.key}", on_click=asked.refine, args=(one.key, more),
        )  # fmt: skip
