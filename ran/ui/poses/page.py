"""One face at several angles: where attention goes, and where the answer breaks."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.figures.poses.axis import TIME, YAW
from ran.study.poses.posed import LaidOver
from ran.ui.components import film_strip
from ran.ui.poses import chart_panels, exports, ways
from ran.ui.poses import chosen as chosen_pose
from ran.ui.poses.sweep import answers, do, sweep_of
from ran.ui.shared import compute, replay, shell
from ran.ui.shared.session import Session
from ran.ui.shared.settings.posing import ALONG_TIME, PUBLISHED, TURN, VIDEO
from ran.ui.shared.settings.widgets import seed_from
from ran.words import _, counted


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session, or for the photos given here."""
    face = session.photo_face
    if face is None:
        return
    chosen_way = ways.way(session)
    with compute.told():
        plan = ways.plan(session, face, engine)
        cells = st.grid(3, min_column_width=160)
        with cells.container():
            cover = ways.cover(session, face)
        second = cells.container()
        if chosen_way == TURN:
            session.poses.is_mirrored = cells.container().toggle(
                _("Mirror check"),
                key=seed_from(session.poses, "is_mirrored", "poses-mirror"),
                help=_("Compares each region with its mirrored region at the opposite yaw."),
            )  # fmt: skip
        along = YAW
        if chosen_way == VIDEO:
            with cells.container():
                along = TIME if ways.along(session) == ALONG_TIME else YAW
        below = st.container()
        with second:
            other = ways.other_engine(session, engine, below)
        if plan is None:
            st.markdown(_("Nothing is shown yet: give photos or a video of one person above."))
            return
        sweep = sweep_of(plan)
        layout = session.layout
        done = along.order(do(sweep, engine, cover, layout))
        note(chosen_way, len(done))
        chart_panels.skipped(sweep.skipped)
        if not done:
            st.markdown(_("**No pose is done yet**, so there is nothing to show."))
            return
        laid_over = None
        if other is not None:
            laid_over = LaidOver(other.card.name, along.order(answers(sweep, other, cover, layout)))
        if chosen_way == VIDEO:
            film_strip.film(
                done, sweep.skipped, chart_panels.place_chosen(sweep, done), sweep.choose
            )
        chosen = chart_panels.charts_along(session, sweep, done, laid_over, along=along)
        chosen_pose.pose(session, engine, sweep, done, chosen, laid_over)
        if chosen_way == TURN and session.poses.is_mirrored:
            chart_panels.mirror(done, chosen)
        exports.keep(engine, session, header, done, laid_over, sweep.skipped, cover, chosen)
        with header:
            exports.save_menu(engine, session, done, laid_over, sweep.skipped, cover, along)


def draw(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page, and below it what takes a recipe, also where there are no poses yet."""
    body(session, engine, header)
    replay.ask_for_file(session, engine)


def note(chosen_way: str, count: int) -> None:
    """Say where the poses come from, and how far they can be trusted."""
    poses = counted("{count} pose", "{count} poses", count).format(count=count)
    if chosen_way == TURN:
        st.markdown(
            _(
                ":orange-badge[:material/3d_rotation: synthetic] :small[:gray[{poses} from one "
                "photo. Beyond 40° the picture is less reliable; the chart's ground is grey there. "
                "Hover a point to see its face; click either to choose the pose.]]"
            ).format(poses=poses)
        )
        return
    people = _(" of different people, so no line joins them") if chosen_way == PUBLISHED else ""
    if chosen_way == VIDEO:
        poses = counted("{count} frame", "{count} frames", count).format(count=count)
        st.markdown(
            _(
                ":small[:gray[{poses} with a face. The yaw is estimated; on profile faces the "
                "landmarks drift and the angle comes out too small. Click a frame or a point to "
                "choose it.]]"
            ).format(poses=poses)
        )
        return
    st.markdown(
        _(
            ":small[:gray[{poses}{people}, by estimated yaw. On profile faces the landmarks "
            "drift and the angle comes out too small. Hover a point to see its face; click "
            "either to choose the pose.]]"
        ).format(poses=poses, people=people)
    )


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Poses", draw)
