"""What a visitor draws: from the browser into the session, and back onto the page."""

from __future__ import annotations

from ran.face.occlusion import covering
from ran.face.shapes import drawing_from_json
from ran.face.sticker_art import ART
from ran.face.stickers import place
from ran.figures import LIGHT, change_colour
from ran.prediction import Prediction
from ran.scene import Scene
from ran.ui import panels
from ran.ui.canvas import Outlines, canvas, drawn
from ran.ui.session import Session


def take(session: Session) -> None:
    """Take what the browser sent into the session.

    Raises:
        BadShape: if it is no drawing; then the session keeps what it had.
    """
    sent = drawn(_key(session))
    if sent is not None:
        session.drawn = drawing_from_json(sent)


def show(session: Session, scene: Scene, covered: Prediction) -> None:
    """Draw the face with its regions and all that hides it, ready to be drawn on."""
    colours = panels.theme()
    relative = covered.relative_weights.tolist()
    boxes = covered.boxes
    name = boxes[session.region].name
    canvas(
        _key(session),
        clean=scene.face.pixels,
        cover=covering(scene.face.pixels, scene.fill),
        opacity=scene.fill.opacity,
        look=scene.fill.kind == "look",
        places=[place(name, scene.face) for name in ART],
        fixed=session.set_shapes(scene.face),
        seed=(session.drawing, session.seeded),
        outlines=Outlines(
            boxes=boxes,
            colours=[change_colour(value - 1.0, colours) for value in relative],
            texts=[f"{box.name} {w:.2f}×" for box, w in zip(boxes, relative, strict=True)],
            chosen=session.region,
            ink="#FFFFFF" if colours is LIGHT else colours.paper,
        ),
        label=f"The face with {len(scene.shapes)} covers; outlined: {name}",
    )


def _key(session: Session) -> str:
    return f"canvas-{session.drawing}"
