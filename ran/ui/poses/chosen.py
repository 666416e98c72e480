"""The chosen pose on the Poses page: its face, its answer, its crops, and how to choose another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran import figures
from ran.engine import Engine
from ran.face.head import MOST_STRETCH
from ran.figures import Moved, Theme, outlined, signed, weight_colour
from ran.figures.data_urls import photograph
from ran.figures.html import render
from ran.figures.numbers import times
from ran.figures.poses.axis import degrees, stands
from ran.prediction import Prediction
from ran.study.poses.posed import Answered, LaidOver
from ran.ui.poses.chart_panels import front
from ran.ui.poses.sweep import Sweep
from ran.ui.shared import panels
from ran.ui.shared.outside import escaped
from ran.ui.shared.panels import Cell
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, called


def pose(
    session: Session,
    engine: Engine,
    sweep: Sweep,
    found: Sequence[Answered],
    chosen: int,
    laid_over: LaidOver | None,
) -> None:
    """Draw the chosen pose: its face, answer and crops, against the pose nearest the front.

    `laid_over`, a second network and its answers to the same poses, adds its answer.
    """
    colours = panels.theme()
    one, ahead = found[chosen], found[front(found, found[chosen])]
    region = min(session.region, len(one.answer.boxes) - 1)
    with st.container(border=True):
        st.markdown(_heading(one))
        _choose(session, sweep, found, chosen)
        if one.posed.warning:
            st.markdown(f":material/warning: {one.posed.warning}")
        left, right = st.columns([0.28, 0.72])
        with left:
            picture = outlined(
                one.scene.hidden_pixels(), one.answer.boxes, one.answer.relative_weights.tolist(),
                colours, chosen=region,
            )  # fmt: skip
            st.image(
                picture,
                width="stretch",
                alt=_("The face at {name}, its regions").format(name=one.posed.name),
            )
            if one.posed.filled is not None:
                _filled(one)
        with right:
            _band(one, ahead, chosen, laid_over)
            if len(one.answer.boxes) > 1:
                _crops(engine, one, ahead, colours)


def _choose(session: Session, sweep: Sweep, found: Sequence[Answered], chosen: int) -> None:
    """Ask for another pose, by name or one step further, and offer this one to Occlude."""
    names = [f"{degrees(one.posed.yaw)}, {one.posed.name}" for one in found]
    if found[0].posed.moment:
        names = [stands(one.posed) for one in found]
    if found[0].posed.is_synthetic:
        names = [one.posed.name for one in found]
    # What a click on the chart chose is what the list shows.
    st.session_state["poses-chosen"] = chosen
    with st.container(horizontal=True, vertical_alignment="center"):
        _step(sweep, "previous", _("Previous"), ":material/chevron_left:", found, chosen - 1)
        _step(sweep, "next", _("Next"), ":material/chevron_right:", found, chosen + 1)
        st.selectbox(
            _("Pose"),
            range(len(found)),
            format_func=names.__getitem__,
            key="poses-chosen",
            width=220,
            label_visibility="collapsed",
            on_change=taking(sweep, found, "poses-chosen"),
        )
        one = found[chosen]
        if st.button(
            _("Open on Occlude"), icon=":material/draw:", type="tertiary", key="poses-open",
            help=_("Draw on this face there; the photo's face and its drawing wait."),
        ):  # fmt: skip
            session.open_pose(one.posed, one.scene.shapes, one.scene.fill)
            st.switch_page("pages/occlude.py")


def _step(
    sweep: Sweep, name: str, label: str, icon: str, found: Sequence[Answered], place: int
) -> None:
    is_there = 0 <= place < len(found)
    st.button(
        label, icon=icon, type="tertiary", key=key_of("poses", name), disabled=not is_there,
        on_click=sweep.choose, args=(found[place if is_there else 0].posed,),
    )  # fmt: skip


def taking(sweep: Sweep, found: Sequence[Answered], key: str) -> Callable[[], None]:
    """Return what chooses the pose whose place among these a widget holds."""
    return lambda: sweep.choose(found[st.session_state[key]].posed)


def _heading(one: Answered) -> str:
    posed, estimate = one.posed, one.posed.pose
    words = _("**Yaw {angle}**").format(angle=degrees(posed.yaw))
    if posed.moment is not None:
        words = f"**{stands(posed).capitalize()}**"
    elif posed.is_synthetic:
        words += " " + _(":orange-badge[:material/3d_rotation: synthetic]")
    else:
        words += f" {escaped(posed.name)}"
    if estimate is None:
        return _("{words} :gray[no face is found in it again, so no angle is estimated]").format(
            words=words
        )
    spread = estimate.spread
    doubt = "" if estimate.is_reliable else _(", not reliable")
    wide = f" ± {spread:.0f}°" if spread is not None and spread < 90 else ""
    return _("{words} :gray[estimated {yaw}{wide}, pitch {pitch}, roll {roll}{doubt}]").format(
        words=words,
        yaw=degrees(estimate.yaw),
        wide=wide,
        pitch=degrees(estimate.pitch),
        roll=degrees(estimate.roll),
        doubt=doubt,
    )


def _filled(one: Answered) -> None:
    filled = one.posed.filled
    if filled is None or not filled.any():
        return
    marked = one.posed.face.pixels.copy()
    marked[filled] = (0.35 * marked[filled] + 0.65 * np.array([242, 182, 91])).astype(np.uint8)
    with st.expander(
        _("{filled:.0f} % of it is made up or stretched").format(filled=100 * filled.mean())
    ):
        st.image(marked, width="stretch", alt=_("The face, what no photo shows in amber"))
        st.markdown(
            _(
                ":small[:gray[Amber: the photo does not show it, or shows it so much smaller that "
                "it is stretched by more than {stretch:g} times here, or torn at the seam of the "
                "nose. Hidden parts of the head are taken from its other side, the rest repeats "
                "the photo's edge.]]"
            ).format(stretch=MOST_STRETCH)
        )


def _band(one: Answered, ahead: Answered, chosen: int, laid_over: LaidOver | None) -> None:
    here, there = one.answer, ahead.answer
    index = there.classes.index(there.expression)
    before, now = float(there.probabilities[index]), float(here.probabilities[index])
    at = stands(ahead.posed)
    told = f"{called(here.expression)} {float(here.probabilities.max()):.2f}"
    was = "" if here.expression == there.expression else f"{called(there.expression)} {before:.2f}"
    cells = [Cell(_("Answer, with its probability"), told, was, leads=True)]
    if here.rb_margin is not None and there.rb_margin is not None:
        cells.append(Cell(_("RB margin"), signed(here.rb_margin, 3), signed(there.rb_margin, 3)))
    cells.append(
        Cell(
            _("{expression}, {at} → this pose").format(expression=called(there.expression), at=at),
            f"{now:.2f}",
            f"{before:.2f}",
            moved=Moved.by(now - before),
        )
    )
    if laid_over is not None:
        theirs = laid_over.answers[chosen].answer
        said = f"{called(theirs.expression)} {float(theirs.probabilities.max()):.2f}"
        cells.append(Cell(_("{name}, laid over").format(name=laid_over.name), said))
    if here.covered[0] > 0:
        cells.append(
            Cell(_("Hidden"), f"{100 * float(here.covered[0]):.0f} %", more=_("of the face"))
        )
    panels.band(cells)


def _crops(engine: Engine, one: Answered, ahead: Answered, colours: Theme) -> None:
    crops = engine.regions_seen(one.scene)
    st.html(
        render(
            "pose_crops",
            crops=[
                _crop(one.answer, ahead.answer, index, crops[index], colours)
                for index in range(len(one.answer.boxes))
            ],
            reference=stands(ahead.posed),
        )
    )


def _crop(
    here: Prediction, there: Prediction, index: int, crop: NDArray[np.uint8], colours: Theme
) -> dict[str, Any]:
    value = float(here.relative_weights[index])
    difference = value - float(there.relative_weights[index]) if index < len(there.boxes) else 0.0
    numbers = {"μ": here.self_weights, "ν": here.relation_weights, "w": here.weights}
    return {
        "name": here.boxes[index].name,
        "source": photograph(crop),
        "colour": weight_colour(value, colours),
        "lead": times(value),
        "moved": Moved.by(difference),
        "rows": [
            (symbol, f"{float(row[index]):.6g}", figures.weight(float(row[index])))
            for symbol, row in numbers.items()
        ],
    }
