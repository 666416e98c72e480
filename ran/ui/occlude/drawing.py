"""What a visitor draws: from the browser into the session, and back onto the page."""

from __future__ import annotations

from ran.face.covers.occlusion import covering
from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place
from ran.face.shapes import drawing_from_json
from ran.figures import ink_on, weight_colour
from ran.figures.numbers import times
from ran.prediction import Prediction
from ran.scene import Scene
from ran.ui.components.canvas import Outlines, canvas, drawn
from ran.ui.shared import panels
from ran.ui.shared.session import Session
from ran.words import _, called


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
    shades = [weight_colour(value, colours) for value in relative]
    name = called(boxes[session.region].name)
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
            colours=shades,
            texts=[
                _tag(called(box.name), w, len(boxes))
                for box, w in zip(boxes, relative, strict=True)
            ],
            chosen=session.region,
            ink=ink_on(shades[session.region]),
        ),
        label=_("The face with {count} covers; outlined: {name}").format(
            count=len(scene.shapes), name=name
        ),
    )


def _tag(name: str, relative: float, count: int) -> str:
    """Return what stands on a region's outline; a plain network weighs nothing."""
    return f"{name} {times(relative)}" if count > 1 else name


def _key(session: Session) -> str:
    return f"canvas-{session.drawing}"
