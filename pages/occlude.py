"""A face, parts of it covered; before and after side by side."""

import streamlit as st

from ran.engine import Engine
from ran.face.occlusion import FILLS, Fill
from ran.face.shapes import PRESETS, Rectangle
from ran.figures import change_colour, outlined
from ran.ui import compute, panels, shell
from ran.ui.session import Session


def body(session: Session, engine: Engine) -> None:
    """Draw the page for the face in the session."""
    face = session.face
    if face is None:
        return
    band = st.container()
    left, right = st.columns([1, 1.08])
    with left:
        picture = st.container()
        covers(session)
    scene = session.scene(face)
    with compute.told():
        clean, covered = compute.answers(engine, scene)
        session.region = min(session.region, len(clean.boxes) - 1)
        with band:
            panels.answer_band(clean, covered, float(covered.covered[0]))
        box = clean.boxes[session.region]
        relative = float(covered.relative_weights[session.region])
        colour = change_colour(relative - 1.0, panels.theme())
        picture.image(
            outlined(scene.hidden_pixels(), box, colour),
            width="stretch",
            alt=f"The face with {len(scene.shapes)} covers; outlined: {box.name}",
            caption=f"Outlined: {box.name}, {relative:.2f}× uniform",
        )
        with right:
            panels.probabilities(clean, covered)
            panels.margin(session, clean, covered)
        seen = engine.regions_seen(scene.clean()), engine.regions_seen(scene)
        panels.region_cards(session, clean, covered, seen)


def covers(session: Session) -> None:
    """Ask what hides the face: named parts, rectangles typed as numbers, the fill."""
    session.parts = st.multiselect(
        "Cover a part", list(PRESETS), default=session.parts, placeholder="Choose parts",
        help="Left and right as you see them. Parts follow the face's landmarks.",
    )  # fmt: skip
    kind, strength = st.columns(2)
    fill = kind.selectbox("Hide with", FILLS, index=FILLS.index(session.fill.kind))
    opacity = strength.slider("Opacity, %", 0, 100, round(100 * session.fill.opacity))
    colour, seed = session.fill.colour, session.fill.seed
    if fill == "colour":
        picked = st.color_picker("Colour", "#{:02x}{:02x}{:02x}".format(*colour)).lstrip("#")
        colour = (int(picked[:2], 16), int(picked[2:4], 16), int(picked[4:], 16))
    if fill == "noise":
        seed = int(st.number_input("Seed of the noise", 0, 10**6, seed))
    session.fill = Fill(fill, opacity / 100, colour, seed)
    with st.expander("Rectangles by numbers"), st.form("rectangle", border=False):
        st.markdown(":small[:gray[In units of the face's side: 0 is left or top, 1 right or "
                    "bottom.]]")  # fmt: skip
        columns = st.columns(4)
        edges = [
            column.number_input(name, 0.0, 1.0, value, 0.05)
            for column, name, value in zip(
                columns, ("Left", "Top", "Right", "Bottom"), (0.3, 0.6, 0.7, 0.9), strict=True
            )
        ]
        add = st.form_submit_button("Add", icon=":material/add:")
        clear = st.form_submit_button("Remove all rectangles", icon=":material/delete:")
        if add:
            with compute.told():
                session.rectangles.append(Rectangle(*edges))
        if clear:
            session.rectangles.clear()


shell.open_page("Occlude", body)
