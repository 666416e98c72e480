"""What the Poses page draws: the charts over yaw, the chosen pose, its crops, its mirror image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ran import figures
from ran.engine import Engine
from ran.figures import poses as charts
from ran.figures.html import render
from ran.figures.numbers import times
from ran.study.pose_lists import measured
from ran.study.poses import Answered, Skipped, mirrored_pairs
from ran.ui import panels
from ran.ui.hover_faces import faces_on_hover
from ran.ui.outside import escaped
from ran.ui.posing import Work
from ran.ui.session import Session

_HELP = (
    "w relative to uniform, 1 = uniform; below it the RB margin. Grey grounds: beyond 40 degrees, "
    "where a turned face is largely made up and an estimated angle is too small. Hover a point to "
    "see its face, click it to choose its pose."
)


def charts_over_yaw(
    session: Session,
    work: Work,
    found: Sequence[Answered],
    laid_over: tuple[Engine, Sequence[Answered]] | None,
) -> int:
    """Draw both charts, and return the place of the chosen pose.

    `laid_over` is a second network and its answers to the same poses.
    """
    other = [] if laid_over is None else laid_over[1]
    hollow = "" if laid_over is None else laid_over[0].card.name
    chosen = _chosen(work, found)
    colours = panels.theme()
    alpha = found[0].answer.alpha if session.alpha is None else session.alpha
    answer = found[chosen].answer
    at = f"at yaw {charts.degrees(found[chosen].posed.yaw)}"
    if any(len(one.answer.boxes) > 1 for one in (*found[:1], *other[:1])):
        with st.container(border=True, gap="xsmall"):
            st.markdown("**Attention of each region, and RB margin, against yaw**", help=_HELP)
            weighed = answer if len(answer.boxes) > 1 else other[chosen].answer
            names = [box.name for box in weighed.boxes]
            values = [times(value) for value in weighed.relative_weights.tolist()]
            _key(charts.lines(names, colours), values, at, hollow)
            _chart(
                work,
                charts.attention_over_yaw(found, colours, chosen=chosen, alpha=alpha, other=other),
                "attention", "Faces, weight of each region and RB margin against yaw",
            )  # fmt: skip
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            "**Probability of each expression, against yaw**",
            help="The three that are likeliest at some pose are in colour; hover names the rest.",
        )
        classes = charts.likeliest(found)
        values = [f"{answer.probabilities[answer.classes.index(name)]:.2f}" for name in classes]
        _key(charts.class_lines(classes, colours), values, at, hollow)
        _chart(
            work, charts.probability_over_yaw(found, colours, chosen=chosen, other=other),
            "probability", "Probability of each expression against yaw",
        )  # fmt: skip
    faces_on_hover(found, ("poses-attention", "poses-probability"))
    return chosen


def _chosen(work: Work, found: Sequence[Answered]) -> int:
    """Return the chosen place; until one is chosen, the pose that looks most nearly ahead."""
    if work.chosen is None or work.chosen >= len(found):
        return front(found)
    return work.chosen


def front(found: Sequence[Answered]) -> int:
    """Return the place of the pose whose yaw is nearest 0."""
    return min(range(len(found)), key=lambda place: abs(found[place].posed.yaw))


def _chart(work: Work, figure: object, name: str, alt: str) -> None:
    key = f"poses-{name}"

    def take() -> None:
        points = st.session_state[key].selection.points
        data = points[0].get("customdata") if points else None
        if data:
            work.chosen = int(data[0])

    st.plotly_chart(
        figure, theme=None, config=figures.CONFIG, key=key, on_select=take,
        selection_mode="points", alt=alt,
    )  # fmt: skip


def _key(styles: dict[str, charts.Line], values: Sequence[str], at: str, hollow: str) -> None:
    """Say which line is what, with its value, as text."""
    lines = [
        {"name": name, "colour": colour, "dash": dash, "value": value}
        for (name, (colour, dash)), value in zip(styles.items(), values, strict=True)
    ]
    st.html(render("lines", lines=lines, at=at, hollow=hollow))


def skipped(left_out: Sequence[Skipped]) -> None:
    """Name what gave no pose, folded where it is much."""
    if not left_out:
        return
    words = [f":material/info: {escaped(one.reason)}" for one in left_out]
    if len(words) <= 2:
        for word in words:
            st.markdown(word)
        return
    with st.expander(f"{len(words)} notes: photos or frames without a face, or with several"):
        st.markdown("\n\n".join(words))


def mirror(found: Sequence[Answered], chosen: int) -> None:
    """Compare each region of the chosen pose with its mirrored region at the opposite yaw."""
    rows = mirrored_pairs(found)
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            "**Mirrored poses: does the left crop do on one side what the right crop does on the "
            "other?**",
            help="For a network and a face that are alike on both sides, both dots lie at one "
            "place. Faces are not: compare with the same check on another face.",
        )
        if not rows:
            st.markdown("Poses with the same yaw to both sides are needed.")
            return
        yaws = sorted({yaw for *_, yaw, _, _ in rows})
        yaw = min(yaws, key=lambda known: abs(known - abs(found[chosen].posed.yaw)))
        colours = panels.theme()
        gap = float(np.mean([abs(here - there) for *_, here, there in rows]))
        st.html(
            f"<div style='font-size:.85rem;color:{colours.muted}'>● yaw {charts.degrees(yaw)}, the "
            f"region named first &nbsp; ○ yaw {charts.degrees(-yaw)}, its mirror image. Mean "
            f"difference over all {len(rows)} pairs: {gap:.2f}×</div>"
        )
        st.plotly_chart(
            charts.mirror_check([row for row in rows if row[2] == yaw], colours), theme=None,
            config=figures.CONFIG, alt="Weight of each region and of its mirrored region",
        )  # fmt: skip


def published_score() -> None:
    """Say how well estimated poses tell the published pose lists apart."""
    result = measured()
    lost = result.lost_turned + result.lost_frontal
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            "**Poses, on the published lists**",
            help="How often a face of the list over 45° is judged more turned than a test face "
            "outside the list over 30°: the area under the ROC curve. Nothing was fitted on the "
            "lists: solver, camera and head were chosen on FER2013Valid. `python -m ran poses "
            "--ferplus ZIP --lists DIR` measures it; see docs/poses.md.",
        )
        st.markdown(
            f"AUC **{result.auc:.3f} ± {result.error:.3f}** (standard error), {result.turned:,} "
            f"faces against {result.frontal:,}. In {lost} more no face was found with certainty."
        )
