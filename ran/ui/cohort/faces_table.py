"""The Cohort page's table: a row a face, pictures and filters; a chosen one opens on Occlude."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ran.study.cohort.gathered import THUMBNAIL, Member
from ran.study.poses.posed import Posed
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import Session
from ran.ui.shared.settings.widgets import key_of, seed_from
from ran.words import _, called, later

ALL, WRONG, BETTER, WORSE, BELOW, CAME = (
    later("All"), later("Wrong only"), later("Right, the other wrong"),
    later("Wrong, the other right"), later("Margin below α"), later("More attention on the cover"),
)  # fmt: skip
_FILTERS: dict[str, Callable[[Member], bool]] = {
    ALL: lambda one: True,
    WRONG: lambda one: one.is_right is False,
    BETTER: lambda one: bool(one.is_right) and one.is_other_right is False,
    WORSE: lambda one: one.is_right is False and bool(one.is_other_right),
    BELOW: lambda one: one.answer.rb_margin is not None and one.answer.rb_margin < one.answer.alpha,
    CAME: lambda one: one.shift is not None and one.shift > 0,
}


def faces(session: Session, members: Sequence[Member]) -> None:
    """Draw the table and open the face that is chosen in it."""
    asked = session.cohort
    counts = {name: sum(map(keep, members)) for name, keep in _FILTERS.items()}
    names = [name for name, count in counts.items() if count]
    st.subheader(_("Faces"), anchor=False)
    asked.shown = asked.shown if asked.shown in names else ALL
    asked.shown = (
        st.pills(
            _("Show"), names, required=True, label_visibility="collapsed",
            format_func=lambda name: f"{_(name)} ({counts[name]:,})",
            key=seed_from(asked, "shown", key_of("cohort-shown", *names)),
        )
        or ALL
    )  # fmt: skip
    rows = [one for one in members if _FILTERS[asked.shown](one)]
    chosen = st.dataframe(
        _frame(rows), hide_index=True, row_height=THUMBNAIL,
        height=min(560, 60 + THUMBNAIL * len(rows)),
        on_select="rerun", selection_mode="single-row", key=key_of("cohort-table", asked.shown),
        column_config={
            _("Face"): st.column_config.ImageColumn(width=70),
            _("Probability"): st.column_config.ProgressColumn(
                min_value=0.0, max_value=1.0, format="%.2f", width="small"
            ),
            _("RB margin"): st.column_config.NumberColumn(format="%+.3f"),
            _("On the cover, points"): st.column_config.NumberColumn(format="%+.1f"),
        },
    )  # fmt: skip
    picked = [row for row in chosen.selection.rows if row < len(rows)]
    if not picked:
        st.markdown(_(":small[:gray[Choose a row to open its face on Occlude.]]"))
        return
    one = rows[picked[0]]
    st.button(
        _("Open {name} on Occlude").format(name=escaped(one.name[-60:])), icon=":material/draw:",
        key="cohort-open", on_click=_open, args=(session, one), type="primary",
    )  # fmt: skip
    if st.session_state.pop("ran_cohort_opened", False):
        st.switch_page("pages/occlude.py")


def _open(session: Session, one: Member) -> None:
    """Take a member's face into use, with its cover."""
    face = one.face
    yaw, pitch = (face.pose.yaw, face.pose.pitch) if face.pose else (0.0, 0.0)
    shapes = () if one.cover is None else one.cover.shapes(face)
    fill = session.fill if one.cover is None else one.cover.fill
    session.open_pose(Posed(one.name, face, yaw, pitch, page="Cohort"), shapes, fill)
    st.session_state["ran_cohort_opened"] = True


def _frame(rows: Sequence[Member]) -> dict[str, list[Any]]:
    first = rows[0]
    columns: dict[str, list[Any]] = {
        _("Face"): [one.thumbnail for one in rows],
        _("Picture"): [one.name for one in rows],
    }
    if any(one.cover for one in rows):
        columns[_("Cover")] = [
            "" if one.cover is None else f"{called(one.cover.name)}, {called(one.cover.fill.kind)}"
            for one in rows
        ]
    if any(one.kind for one in rows):
        columns[_("Occlusion")] = [called(one.kind or "") for one in rows]
    if any(one.label for one in rows):
        columns[_("Label")] = [called(one.label or "") for one in rows]
    columns[_("Answer")] = [called(one.answer.expression) for one in rows]
    columns[_("Probability")] = [float(one.answer.probabilities.max()) for one in rows]
    if first.other is not None:
        columns[_("The other")] = [
            "" if one.other is None else called(one.other.expression) for one in rows
        ]
    if first.answer.rb_margin is not None:
        columns[_("RB margin")] = [one.answer.rb_margin for one in rows]
    if any(one.shift is not None for one in rows):
        columns[_("On the cover, points")] = [
            None if one.shift is None else 100 * one.shift for one in rows
        ]
    return columns
