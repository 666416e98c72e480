"""One face at several angles: where attention goes, and where the answer breaks."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.figures.pose_axis import TIME, YAW
from ran.ui import (
    compute,
    film_strip,
    pose_card,
    pose_exports,
    pose_panels,
    pose_ways,
    posing,
    replay,
    shell,
)
from ran.ui.pose_settings import ALONG_TIME, PUBLISHED, TURN, VIDEO
from ran.ui.session import Session, seed


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session, or for the photos given here."""
    replay.take_link(session, engine)
    face = session.photo_face
    if face is None:
        return
    chosen_way = pose_ways.way(session)
    with compute.told():
        plan = pose_ways.plan(session, face, engine)
        cells = st.grid(3, min_column_width=160)
        with cells.container():
            cover = pose_ways.cover(session, face)
        second = cells.container()
        if chosen_way == TURN:
            session.poses.is_mirrored = cells.container().toggle(
                "Mirror check", key=seed("poses-mirror", session.poses.is_mirrored),
                help="Compares each region with its mirrored region at the opposite yaw.",
            )  # fmt: skip
        along = YAW
        if chosen_way == VIDEO:
            with cells.container():
                along = TIME if pose_ways.along(session) == ALONG_TIME else YAW
        below = st.container()
        with second:
            other = pose_ways.other_engine(session, engine, below)
        if plan is None:
            st.markdown("Nothing is shown yet: give photos or a video of one person above.")
            return
        work = posing.work_on(plan)
        layout = session.layout_choice()
        done = along.order(posing.do(work, plan, engine, cover, layout))
        note(chosen_way, len(done))
        pose_panels.skipped(work.skipped)
        if not done:
            st.markdown("**No pose is done yet**, so there is nothing to show.")
            return
        laid_over = None
        if other is not None:
            laid_over = (other, along.order(posing.answers(work, other, cover, layout)))
        if chosen_way == VIDEO:
            film_strip.film(work, done, pose_panels.place_chosen(work, done))
        chosen = pose_panels.charts_along(session, work, done, laid_over, along=along)
        pose_card.pose(session, engine, work, done, chosen, laid_over)
        if chosen_way == TURN and session.poses.is_mirrored:
            pose_panels.mirror(done, chosen)
        with header:
            pose_exports.save_menu(engine, session, done, laid_over, work.skipped, cover)


def draw(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page, and below it what takes a recipe, also where there are no poses yet."""
    body(session, engine, header)
    replay.ask_for_file(session, engine)


def note(chosen_way: str, count: int) -> None:
    """Say where the poses come from, and how far they can be trusted."""
    poses = "1 pose" if count == 1 else f"{count} poses"
    if chosen_way == TURN:
        st.markdown(
            f":orange-badge[:material/3d_rotation: synthetic] :small[:gray[{poses} from one "
            "photo. Beyond 40° the picture is less reliable; the chart's ground is grey there. "
            "Hover a point to see its face; click either to choose the pose.]]"
        )
        return
    people = " of different people, so no line joins them" if chosen_way == PUBLISHED else ""
    if chosen_way == VIDEO:
        poses = "1 frame" if count == 1 else f"{count} frames"
        st.markdown(
            f":small[:gray[{poses} with a face. The yaw is estimated; on profile faces the "
            "landmarks drift and the angle comes out too small. Click a frame or a point to choose "
            "it.]]"
        )
        return
    st.markdown(
        f":small[:gray[{poses}{people}, by estimated yaw. On profile faces the landmarks "
        "drift and the angle comes out too small. Hover a point to see its face; click either to "
        "choose the pose.]]"
    )


def main() -> None:
    """Draw the page, whole."""
    shell.open_page("Poses", draw)
