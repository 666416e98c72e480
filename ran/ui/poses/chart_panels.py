"""What the Poses page draws: the charts over yaw or time, what was left out, the mirror check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ran import figures
from ran.figures.html import render
from ran.figures.numbers import times
from ran.figures.poses import curves as charts
from ran.figures.poses import lines
from ran.figures.poses.axis import TIME, Along, degrees, stands
from ran.study.poses.posed import Answered, LaidOver, Skipped, mirrored_pairs
from ran.ui.components.hover_faces import faces_on_hover
from ran.ui.poses.sweep import Sweep
from ran.ui.shared import panels
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of
from ran.words import _, later

_HELP = later(
    "w relative to uniform, 1 = uniform; below it the RB margin. Grey grounds: beyond 40 degrees, "
    "where a turned face is largely made up or stretched and an estimated angle is too small. "
    "Hover a point to see its face, click it to choose its pose."
)
_TIME_HELP = later(
    " Lines are broken where the film cuts and where a frame shows no face. A cut between pictures "
    "of like colours, and a slow change of scene, are not noticed."
)


def charts_along(
    session: Session,
    sweep: Sweep,
    found: Sequence[Answered],
    laid_over: LaidOver | None,
    *,
    along: Along,
) -> int:
    """Draw both charts, and return the place of the chosen pose.

    `laid_over` is a second network and its answers to the same poses.
    """
    other = [] if laid_over is None else laid_over.answers
    hollow = "" if laid_over is None else laid_over.name
    chosen = place_chosen(sweep, found)
    colours = panels.theme()
    alpha = found[0].answer.alpha if session.alpha is None else session.alpha
    answer = found[chosen].answer
    at = _("at {where}").format(where=stands(found[chosen].posed))
    against = _("over the film") if along is TIME else _("against yaw")
    if any(len(one.answer.boxes) > 1 for one in (*found[:1], *other[:1])):
        with st.container(border=True, gap="xsmall"):
            st.markdown(
                _("**Attention of each region, and RB margin, {against}**").format(against=against),
                help=_(_HELP) + (_(_TIME_HELP) if along is TIME else ""),
            )
            weighed = answer if len(answer.boxes) > 1 else other[chosen].answer
            names = [box.name for box in weighed.boxes]
            values = [times(value) for value in weighed.relative_weights.tolist()]
            _key(lines.lines(names, colours), values, at, hollow)
            figure = charts.attention(
                found, colours, chosen=chosen, alpha=alpha, other=other, along=along
            )
            words = _("Weight of each region and RB margin {against}").format(against=against)
            _chart(sweep, found, figure, "attention", words)
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Probability of each expression, {against}**").format(against=against),
            help=_(
                "The three that are likeliest at some pose are in colour; hover names the rest."
            ),
        )
        classes = lines.likeliest(found)
        values = [f"{answer.probabilities[answer.classes.index(name)]:.2f}" for name in classes]
        _key(lines.class_lines(classes, colours), values, at, hollow)
        figure = charts.probability(found, colours, chosen=chosen, other=other, along=along)
        _chart(
            sweep,
            found,
            figure,
            "probability",
            _("Probability of each expression {against}").format(against=against),
        )
    faces_on_hover(found, ("poses-attention", "poses-probability"))
    return chosen


def place_chosen(sweep: Sweep, found: Sequence[Answered]) -> int:
    """Return the place of the chosen pose.

    Until one is chosen, of the one that looks ahead; of a film, of its first frame.
    """
    for place, one in enumerate(found):
        if one.posed is sweep.chosen:
            return place
    moments = [one.posed.moment for one in found]
    frames = [moment.frame for moment in moments if moment is not None]
    return frames.index(min(frames)) if len(frames) == len(found) else front(found)


def front(found: Sequence[Answered], like: Answered | None = None) -> int:
    """Return the place of the pose whose yaw is nearest 0; of a film, in the shot of `like`."""
    moment = None if like is None else like.posed.moment
    places = [
        place
        for place, one in enumerate(found)
        if moment is None or (one.posed.moment and one.posed.moment.shot == moment.shot)
    ]
    return min(places, key=lambda place: abs(found[place].posed.yaw))


def _chart(sweep: Sweep, found: Sequence[Answered], figure: object, name: str, alt: str) -> None:
    key = key_of("poses", name)

    def take() -> None:
        points = st.session_state[key].selection.points
        data = points[0].get("customdata") if points else None
        if data and data[0] is not None:
            sweep.choose(found[int(data[0])].posed)

    st.plotly_chart(
        figure, theme=None, config=figures.CONFIG, key=key, on_select=take,
        selection_mode="points", alt=alt,
    )  # fmt: skip


def _key(styles: dict[str, lines.Line], values: Sequence[str], at: str, hollow: str) -> None:
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
    with st.expander(
        _("{count} notes: photos or frames without a face, or with several").format(
            count=len(words)
        )
    ):
        st.markdown("\n\n".join(words))


def mirror(found: Sequence[Answered], chosen: int) -> None:
    """Compare each region of the chosen pose with its mirrored region at the opposite yaw."""
    rows = mirrored_pairs(found)
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _(
                "**Mirrored poses: does the left crop do on one side what the right crop does on "
                "the other?**"
            ),
            help=_(
                "For a network and a face that are alike on both sides, both dots lie at one "
                "place. Faces are not: compare with the same check on another face."
            ),
        )
        if not rows:
            st.markdown(_("Poses with the same yaw to both sides are needed."))
            return
        yaws = sorted({yaw for *_, yaw, _, _ in rows})
        yaw = min(yaws, key=lambda known: abs(known - abs(found[chosen].posed.yaw)))
        colours = panels.theme()
        gap = float(np.mean([abs(here - there) for *_, here, there in rows]))
        panels.marks(
            ("dot", _("yaw {yaw}, the region named first").format(yaw=degrees(yaw))),
            ("ring", _("yaw {yaw}, its mirror image").format(yaw=degrees(-yaw))),
            (
                "",
                _("Mean difference over all {count} pairs: {gap:.2f}×").format(
                    count=len(rows), gap=gap
                ),
            ),
        )
        st.plotly_chart(
            charts.mirror_check([row for row in rows if row[2] == yaw], colours), theme=None,
            config=figures.CONFIG, alt=_("Weight of each region and of its mirrored region"),
        )  # fmt: skip
