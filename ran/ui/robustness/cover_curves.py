"""The curve of a cover that changes, and the face under it where the slider stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ran import figures
from ran.engine import Engine
from ran.face.detect import Face
from ran.figures import signed
from ran.figures.data_urls import photograph
from ran.figures.html import render
from ran.figures.robustness.swept_curves import Swept as Lines
from ran.figures.robustness.swept_curves import swept_curves
from ran.prediction import Prediction
from ran.recipe import LayoutChoice
from ran.scene import Scene
from ran.study.data.testset import KINDS
from ran.study.robustness.readings import KEPT, MARGIN, PROBABILITY
from ran.study.robustness.sweeps import (
    OPACITY,
    POSITION,
    SEVERITY,
    SIZE,
    VALUES,
    Curve,
    covered,
    guided,
    half_interval,
)
from ran.ui.shared import panels, shell
from ran.ui.shared.settings.breaking import RobustnessSettings
from ran.ui.shared.settings.widgets import key_of, seed_from
from ran.words import _, called, counted, later

_BY = {
    SIZE: (later("Size"), later("side of the square, of the face's")),
    OPACITY: (later("Opacity"), later("opacity of the square")),
    POSITION: (later("Position"), later("way from the left edge to the right one")),
    SEVERITY: (later("Severity"), later("severity, as in a test set")),
}
"""What each change is called, and the axis."""
_KINDS = dict(
    zip(
        KINDS,
        (later("stickers"), later("parts of the face"), later("rectangles"), later("turned heads")),
        strict=True,
    )
)
_NUMBERS = {
    PROBABILITY: later("probability of the answer"),
    KEPT: later("share that keep the answer"),
    MARGIN: later("RB margin"),
}
_HELP = later(
    "Random: the cover at {places} places that a seed draws, their mean; the band is the middle "
    "80 % of them for one face, the 95 % interval of the mean over faces for more. Guided: where "
    "the face's own Grad-CAM has most under the cover. Samek et al. 2017, arXiv:1509.06321."
)


def ask(asked: RobustnessSettings, regions: Sequence[str], cells: DeltaGenerator) -> None:
    """Ask what the cover is changed by and what is read."""
    asked.by = cells.segmented_control(
        _("A cover's"), list(_BY), format_func=lambda name: _(_BY[name][0]), required=True,
        key=seed_from(asked, "by", "robustness-by"),
    ) or SIZE  # fmt: skip
    if asked.by == SEVERITY:
        asked.kind = cells.selectbox(
            _("Kind"), list(_KINDS), format_func=lambda name: _(_KINDS[name]), width=170,
            key=seed_from(asked, "kind", "robustness-kind"),
        )  # fmt: skip
    numbers = [*_NUMBERS, *regions] if len(regions) > 1 else [PROBABILITY, KEPT]
    asked.number = asked.number if asked.number in numbers else PROBABILITY
    asked.number = cells.selectbox(
        _("Read"), numbers, width=230, format_func=_number,
        key=seed_from(asked, "number", key_of("robustness-number", *regions)),
    )  # fmt: skip


def change_title(by: str) -> str:
    """Return what a cover is changed by, as an axis says it."""
    return _(_BY[by][1])


def number_title(name: str) -> str:
    """Return what is read, as an axis says it."""
    title = _number(name)
    return title if name in _NUMBERS else title + _(", × uniform")


def _number(name: str) -> str:
    return _(_NUMBERS[name]) if name in _NUMBERS else _("w of {region}").format(region=name)


def draw(
    engine: Engine, asked: RobustnessSettings, faces: Sequence[Face], layout: LayoutChoice,
    curve: Curve,
) -> None:  # fmt: skip
    """Draw the curve of the faces that are done, what it says, and the face at the slider."""
    means, own = curve.means(asked.number), curve.guided(asked.number)
    low, high = curve.band(asked.number)
    values = VALUES[curve.swept.by]
    if asked.value not in values:
        asked.value = values[len(values) // 2]
    left, right = shell.halves()
    with left:
        names = [("grey", _("random"))]
        if curve.swept.is_guided:
            names.append(("dot", _("guided by Grad-CAM")))
        panels.marks(*names)
        chart = st.empty()
        asked.value = st.select_slider(
            _("The face at"), values, key=seed_from(asked, "value", key_of("at", curve.swept.by)),
            format_func=lambda value: f"{value:g}",
        )  # fmt: skip
        lines = Lines(
            values, means.mean(0), low, high, own.mean(0) if curve.swept.is_guided else None
        )
        title = number_title(asked.number)
        chart.plotly_chart(
            swept_curves(
                lines, x=change_title(curve.swept.by), y=title, at=asked.value,
                y_range=(-0.02, 1.02) if asked.number in (PROBABILITY, KEPT) else None,
                theme=panels.theme(),
            ),
            theme=None, config=figures.CONFIG, key="robustness-curve",
            alt=_("{number} against {change}, random and guided").format(
                number=title, change=change_title(curve.swept.by)
            ),
        )  # fmt: skip
        st.markdown(_said(curve, means, own))
    with right:
        _at(engine, faces[0], layout, curve, asked.value)


def _said(curve: Curve, means: NDArray[np.float64], own: NDArray[np.float64]) -> str:
    """Return in words whether the map finds what counts."""
    count = len(curve.faces)
    if not curve.swept.is_guided:
        return counted(
            ":small[:gray[{count} face. These covers sit by landmarks or turn the head: no map "
            "guides them.]]",
            ":small[:gray[{count} faces. These covers sit by landmarks or turn the head: no map "
            "guides them.]]",
            count,
        ).format(count=count)
    gaps = own.mean(1) - means.mean(1)
    if count == 1:
        return _(
            ":small[:gray[Mean along the curve: {guided:.3f} guided, {random:.3f} at random. One "
            "face: an impression, not a finding.]]"
        ).format(guided=float(own.mean()), random=float(means.mean()))
    gap, error = float(gaps.mean()), float(half_interval(gaps))
    verdict = _("this is chance") if abs(gap) <= error else _("more than chance")
    return _(
        ":small[:gray[{count} faces, mean along the curve: guided minus random {gap} "
        "(95 % interval {low} to {high}): {verdict}.]]"
    ).format(
        count=count, gap=signed(gap, 3), low=signed(gap - error, 3), high=signed(gap + error, 3),
        verdict=verdict,
    )  # fmt: skip


def _at(engine: Engine, face: Face, layout: LayoutChoice, curve: Curve, value: float) -> None:
    """Show the first face under its first random cover and under the guided one, with answers."""
    swept, row = curve.swept, curve.faces[0][VALUES[curve.swept.by].index(value)]
    name = _("random, the first of {places}").format(places=swept.places)
    if swept.by == SEVERITY and swept.kind == "turned":
        name = _("synthetic, not a photo; {name}").format(name=name)
    shown: list[tuple[str, Scene, Prediction]] = [
        (name, covered(face, swept, layout, value, 0), row.random[0].answer)
    ]
    if row.guided is not None:
        scene = guided(engine, face, swept, layout, value)
        shown.append((_("guided by Grad-CAM"), scene, row.guided.answer))
    st.html(
        render(
            "faces_at",
            faces=[
                {
                    "picture": photograph(scene.hidden_pixels()), "name": name,
                    "answer": f"{called(answer.expression)} "
                    f"{float(answer.probabilities.max()):.2f}",
                    "kept": answer.expression == row.random[0].expression,
                }
                for name, scene, answer in shown
            ],
        )
    )  # fmt: skip


def help_text(places: int) -> str:
    """Return what both lines are."""
    return _(_HELP).format(places=places)
