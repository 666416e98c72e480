"""A face, parts of it covered; before and after side by side."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.face.occlusion import FILLS, Fill
from ran.face.shapes import PRESETS, Rectangle
from ran.figures import outlined
from ran.ui import compute, panels, shell
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
        session.all_boxes = st.toggle("All regions", key=seed("all-boxes", session.all_boxes))
        covers(session)
    scene = session.scene(face)
    clean, covered = compute.answers(engine, scene)
    session.region = min(session.region, len(clean.boxes) - 1)
    with band:
        panels.answer_band(clean, covered, float(covered.covered[0]))
    name = clean.boxes[session.region].name
    picture.image(
        outlined(
            scene.hidden_pixels(), covered.boxes, covered.relative_weights.tolist(),
            panels.theme(), chosen=session.region, every=session.all_boxes,
        ),
        width="stretch",
        alt=f"The face with {len(scene.shapes)} covers; outlined: {name}",
    )  # fmt: skip
    with right:
        panels.probabilities(clean, covered)
        panels.margin(session, clean, covered)
    seen = engine.regions_seen(scene.clean()), engine.regions_seen(scene)
    panels.region_cards(session, clean, covered, seen)
    with header:
        save_menu(engine, scene, clean, covered, seen)


def covers(session: Session) -> None:
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
    session.fill = Fill(fill, colour, number, opacity / 100)
    rectangles(session)


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


shell.open_page("Occlude", body)
