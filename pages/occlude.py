"""A face, parts of it covered; before and after side by side."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.face.occlusion import FILLS, Fill
from ran.face.parts import PRESETS
from ran.face.shapes import Rectangle
from ran.recipe import CheckpointRef, Recipe
from ran.ui import compute, drawing, evidence, panels, shell
from ran.ui.exports import save_menu
from ran.ui.session import Session, seed


def body(session: Session, engine: Engine, header: DeltaGenerator) -> None:
    """Draw the page for the face in the session."""
    face = session.face
    if face is None:
        return
    band = st.container()
    left, right = shell.halves()
    with left:
        picture = st.container()
        covers(session, engine)
    with picture, compute.told("What was drawn before stays."):
        drawing.take(session)
    scene = session.scene(face)
    clean, covered = compute.answers(engine, scene)
    session.region = min(session.region, len(clean.boxes) - 1)
    with band:
        panels.answer_band(clean, covered, float(covered.covered[0]))
    with picture:
        drawing.show(session, scene, covered)
    with right:
        panels.probabilities(clean, covered)
        panels.margin(session, clean, covered)
    seen = engine.regions_seen(scene.clean()), engine.regions_seen(scene)
    panels.region_cards(session, clean, covered, seen)
    with header:
        save_menu(engine, session, scene, clean, covered, seen)
    evidence.heatmaps(engine, scene, clean, covered)


def covers(session: Session, engine: Engine) -> None:
    """Ask what hides the face: named parts, rectangles typed as numbers, the fill."""
    session.parts = st.multiselect(
        "Cover a part", list(PRESETS), key=seed(f"parts-{session.visit}", session.parts),
        placeholder="Choose parts", select_all=False,
        help="Left and right as you see them. Parts follow the face's landmarks.",
    )  # fmt: skip
    kind, strength = st.columns(2)
    fill = kind.selectbox("Hide with", FILLS, key=seed("fill", session.fill.kind))
    opacity = strength.slider(
        "Opacity, %", 0, 100, key=seed("opacity", round(100 * session.fill.opacity))
    )
    colour, number = session.fill.colour or (128, 128, 128), session.fill.seed
    if fill == "colour":
        written = "#{:02x}{:02x}{:02x}".format(*colour)
        picked = st.color_picker("Colour", key=seed("colour", written)).lstrip("#")
        colour = (int(picked[:2], 16), int(picked[2:4], 16), int(picked[4:], 16))
    if fill == "noise":
        number = int(st.number_input("Seed of the noise", 0, 10**6, key=seed("noise", number)))
    # A recipe's opacity may lie between two marks of the slider.
    kept = session.fill.opacity
    share = kept if opacity == round(100 * kept) else opacity / 100
    session.fill = Fill(fill, colour, number, share)
    rectangles(session)
    replay(session, engine)


def rectangles(session: Session) -> None:
    """Ask for rectangles as numbers, and list those that are there."""
    with st.expander("Rectangles by numbers"):
        with st.form("rectangle", border=False):
            st.markdown(
                ":small[:gray[In sides of the face: 0 is left or top, 1 is right or bottom.]]"
            )
            cells = st.grid(4, min_column_width=110)
            edges = [
                cells.number_input(name, -1.0, 2.0, value, 0.05)
                for name, value in zip(
                    ("Left", "Top", "Right", "Bottom"), (0.3, 0.6, 0.7, 0.9), strict=True
                )
            ]
            if st.form_submit_button("Add", icon=":material/add:"):
                with compute.told("What was hidden stays as it is."):
                    session.rectangles.append(Rectangle(*edges))
        for index, shape in enumerate(session.rectangles):
            row = st.container(horizontal=True, vertical_alignment="center")
            row.markdown(
                f"{shape.x0:.2f}, {shape.y0:.2f} to {shape.x1:.2f}, {shape.y1:.2f}",
                width="stretch",
            )
            row.button(
                "Remove", key=f"remove-{index}", icon=":material/delete:", type="tertiary",
                on_click=session.rectangles.pop, args=(index,),
            )  # fmt: skip


def replay(session: Session, engine: Engine) -> None:
    """Take a recipe that was saved here or made in Python."""
    with st.expander("Replay a recipe"):
        file = st.file_uploader(
            "A recipe, JSON", type=["json"], max_upload_size=2, key=f"recipe-{session.visit}",
            help="Saved from this page's Save menu. It sets all but the photo.",
        )  # fmt: skip
        if file is not None:
            with compute.told("What was set before stays."):
                recipe = Recipe.from_json(file.getvalue())
                here = session.photo_reference()
                for notice in recipe.notices(
                    here, CheckpointRef.of(engine.card), faces=len(session.faces)
                ):
                    st.markdown(f":material/info: {notice}")
                st.button(
                    "Replay it", icon=":material/replay:", on_click=session.replay, args=(recipe,)
                )


shell.open_page("Occlude", body)
