"""What the Poses page draws: the charts over yaw, the chosen pose, its crops, its mirror image."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ran import figures
from ran.engine import Engine
from ran.figures import Theme, change, change_colour, outlined, signed
from ran.figures import poses as charts
from ran.prediction import Prediction
from ran.study.pose_lists import measured
from ran.study.poses import Answered, Skipped, mirrored_pairs
from ran.ui import panels
from ran.ui.exports import inline
from ran.ui.posing import Work
from ran.ui.session import Session

_HELP = (
    "w relative to uniform, 1 = uniform; below it the RB margin. Grey grounds: beyond 40 degrees, "
    "where a turned face is largely made up and an estimated angle is too small. Click a face or a "
    "point to choose its pose."
)


def charts_over_yaw(
    session: Session,
    work: Work,
    found: Sequence[Answered],
    other: Sequence[Answered],
) -> int:
    """Draw both charts, and return the place of the chosen pose."""
    chosen = _chosen(work, found)
    colours = panels.theme()
    alpha = found[0].answer.alpha if session.alpha is None else session.alpha
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Attention of each region, and RB margin, against yaw**", help=_HELP)
        answer = found[chosen].answer
        names = [box.name for box in answer.boxes]
        values = [f"{value:.2f}×" for value in answer.relative_weights.tolist()]
        at = f"at yaw {charts.degrees(found[chosen].posed.yaw)}"
        _key(charts.lines(names, colours), values, at, colours, bool(other))
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
        _key(charts.class_lines(classes, colours), values, at, colours, bool(other))
        _chart(
            work, charts.probability_over_yaw(found, colours, chosen=chosen, other=other),
            "probability", "Probability of each expression against yaw",
        )  # fmt: skip
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


def _key(
    styles: dict[str, charts.Line], values: Sequence[str], at: str, colours: Theme, has_other: bool
) -> None:
    dashes = {"solid": "solid", "dot": "dotted", "dash": "dashed", "longdashdot": "dashed"}
    parts = [
        f"<span style='white-space:nowrap'><span style='display:inline-block;width:22px;"
        f"border-top:3px {dashes[dash]} {colour};vertical-align:middle;margin-right:.4rem'></span>"
        f"{html.escape(name)} <b>{value}</b></span>"
        for (name, (colour, dash)), value in zip(styles.items(), values, strict=True)
    ]
    more = "; hollow: the other network" if has_other else ""
    st.html(
        f"<div style='display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;font-size:.85rem;"
        f"font-variant-numeric:tabular-nums;color:{colours.text}'>{''.join(parts)}"
        f"<span style='color:{colours.muted}'>{at}{more}</span></div>"
    )


def skipped(left_out: Sequence[Skipped]) -> None:
    """Name what gave no pose, folded where it is much."""
    if not left_out:
        return
    words = [f":material/info: {html.escape(one.reason)}" for one in left_out]
    if len(words) <= 2:
        for word in words:
            st.markdown(word)
        return
    with st.expander(f"{len(words)} notes: photos or frames without a face, or with several"):
        st.markdown("\n\n".join(words))


def pose(
    session: Session, engine: Engine, work: Work, found: Sequence[Answered], chosen: int
) -> None:
    """Draw the chosen pose: its face, answer and crops, against the pose nearest the front."""
    colours = panels.theme()
    one, ahead = found[chosen], found[front(found)]
    region = min(session.region, len(one.answer.boxes) - 1)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_heading(one), width="stretch")
            for label, icon, place in (
                ("Previous", ":material/chevron_left:", chosen - 1),
                ("Next", ":material/chevron_right:", chosen + 1),
            ):
                st.button(
                    label, icon=icon, type="tertiary", key=f"poses-{label}",
                    disabled=not 0 <= place < len(found), on_click=_choose, args=(work, place),
                )  # fmt: skip
        if one.posed.warning:
            st.markdown(f":material/warning: {one.posed.warning}")
        left, right = st.columns([0.28, 0.72])
        with left:
            picture = outlined(
                one.scene.hidden_pixels(), one.answer.boxes, one.answer.relative_weights.tolist(),
                colours, chosen=region,
            )  # fmt: skip
            st.image(picture, width="stretch", alt=f"The face at {one.posed.name}, its regions")
            if one.posed.filled is not None:
                _filled(one)
        with right:
            _band(one, ahead, colours)
            _crops(engine, one, ahead, colours)


def _choose(work: Work, place: int) -> None:
    work.chosen = place


def _heading(one: Answered) -> str:
    posed, estimate = one.posed, one.posed.pose
    words = f"**Yaw {charts.degrees(posed.yaw)}**"
    if posed.is_synthetic:
        words += " :orange-badge[:material/3d_rotation: synthetic]"
    else:
        words += f" {html.escape(posed.name)}"
    if estimate is None:
        return f"{words} :gray[no face is found in it again, so no angle is estimated]"
    spread = estimate.spread
    doubt = "" if estimate.is_reliable else ", not reliable"
    wide = f" ± {spread:.0f}°" if spread is not None and spread < 90 else ""
    return (
        f"{words} :gray[estimated {charts.degrees(estimate.yaw)}{wide}, pitch "
        f"{charts.degrees(estimate.pitch)}, roll {charts.degrees(estimate.roll)}{doubt}]"
    )


def _filled(one: Answered) -> None:
    filled = one.posed.filled
    if filled is None or not filled.any():
        return
    marked = one.posed.face.pixels.copy()
    marked[filled] = (0.35 * marked[filled] + 0.65 * np.array([242, 182, 91])).astype(np.uint8)
    with st.expander(f"{100 * filled.mean():.0f} % of it is made up"):
        st.image(marked, width="stretch", alt="The face, what no photo shows in amber")
        st.markdown(
            ":small[:gray[Amber: the photo does not show it. Hidden parts of the head are taken "
            "from its other side, the rest repeats the photo's edge.]]"
        )


def _band(one: Answered, ahead: Answered, colours: Theme) -> None:
    here, there = one.answer, ahead.answer
    index = there.classes.index(there.expression)
    before, now = float(there.probabilities[index]), float(here.probabilities[index])
    at = charts.degrees(ahead.posed.yaw)
    same = here.expression == there.expression
    answer = f"{html.escape(here.expression)} <b>{float(here.probabilities.max()):.2f}</b>"
    if not same:
        answer = f"{html.escape(there.expression)} {before:.2f} → {answer}"
    cells = [("Answer, with its probability", answer)]
    if here.rb_margin is not None and there.rb_margin is not None:
        cells.append(
            ("RB margin", f"{signed(there.rb_margin, 3)} → <b>{signed(here.rb_margin, 3)}</b>")
        )
    cells.append(
        (
            f"{html.escape(there.expression)}, yaw {at} → this pose",
            f"<span style='color:{change_colour(now - before, colours)}'>{change(now - before)}"
            "</span> probability",
        )
    )
    if here.covered[0] > 0:
        cells.append(("Hidden", f"<b>{100 * float(here.covered[0]):.0f} %</b> of the face"))
    inner = "".join(
        f"<div><div style='font-size:.85rem;color:{colours.muted}'>{name}</div><div>{text}</div>"
        "</div>"
        for name, text in cells
    )
    st.html(
        f"<div role='status' style='display:flex;flex-wrap:wrap;gap:.5rem 3rem;padding:.7rem 1rem;"
        f"border-radius:.5rem;background:{colours.panel};color:{colours.text};"
        f"font-variant-numeric:tabular-nums'>{inner}</div>"
    )


def _crops(engine: Engine, one: Answered, ahead: Answered, colours: Theme) -> None:
    crops = engine.regions_seen(one.scene)
    at = charts.degrees(ahead.posed.yaw)
    cards = "".join(
        _crop(one.answer, ahead.answer, index, crops[index], colours)
        for index in range(len(one.answer.boxes))
    )
    st.html(
        f"<div style='display:grid;grid-template-columns:repeat(auto-fill,minmax(88px,1fr));"
        f"gap:.6rem;color:{colours.text};font-variant-numeric:tabular-nums'>{cards}</div>"
        f"<div style='font-size:.85rem;color:{colours.muted};margin-top:.4rem'>Large: weight w "
        f"relative to uniform, and its change from yaw {at}</div>"
    )


def _crop(
    here: Prediction, there: Prediction, index: int, crop: NDArray[np.uint8], colours: Theme
) -> str:
    name = html.escape(here.boxes[index].name)
    value = float(here.relative_weights[index])
    difference = value - float(there.relative_weights[index]) if index < len(there.boxes) else 0.0
    rows = "".join(
        f"<span title='{float(numbers[index]):.6g}'>{symbol} "
        f"{html.escape(figures.weight(float(numbers[index])))}</span>"
        for symbol, numbers in (
            ("μ", here.self_weights), ("ν", here.relation_weights), ("w", here.weights)
        )
    )  # fmt: skip
    return (
        f"<div><img style='width:100%;border-radius:4px;display:block;border-bottom:4px solid "
        f"{change_colour(value - 1.0, colours)}' alt='{name} as the network saw it' "
        f"src='{inline(crop)}'>"
        f"<div style='font-size:.87rem;margin-top:.2rem'>{name}</div>"
        f"<div><b style='font-size:1.1rem'>{value:.2f}×</b> <span style='font-size:.85rem;"
        f"white-space:nowrap;color:{change_colour(difference, colours)}'>{change(difference)}"
        f"</span></div><div style='display:flex;flex-wrap:wrap;gap:0 .6rem;font-size:.8rem;"
        f"color:{colours.muted}'>{rows}</div></div>"
    )


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
            "outside the list over 30°: the area under the ROC curve. Nothing was trained on the "
            "lists. `python -m ran poses --ferplus ZIP --lists DIR` measures it; docs/poses.md.",
        )
        st.markdown(
            f"AUC **{result.auc:.3f} ± {result.error:.3f}** (standard error), {result.turned:,} "
            f"faces against {result.frontal:,}. In {lost} more no face was found with certainty."
        )
