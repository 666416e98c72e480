"""A cover by its name on any face: a sticker or a named part, in a fill."""

from __future__ import annotations

from dataclasses import dataclass

from ran.errors import BadRequest
from ran.face.covers.occlusion import Fill
from ran.face.covers.parts import PRESETS, preset
from ran.face.covers.sticker_art import ART
from ran.face.covers.stickers import place
from ran.face.detect import Face
from ran.face.shapes import Shape
from ran.recipe import LayoutChoice
from ran.scene import Scene

NAMES = (*ART, *PRESETS)
"""Of stickers and parts."""


@dataclass(frozen=True)
class Cover:
    """A sticker or part that lands on each face by its landmarks.

    Raises:
        BadRequest: if there is none of this name.
    """

    name: str
    fill: Fill = Fill("look")

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise BadRequest(f"There is no cover {self.name!r}.", hint=f"Use {', '.join(NAMES)}.")

    def shapes(self, face: Face) -> tuple[Shape, ...]:
        """Return what hides a face."""
        return (place(self.name, face),) if self.name in ART else preset(self.name, face)

    def on(self, face: Face, layout: LayoutChoice) -> Scene:
        """Return a face under the cover, cut so."""
        return Scene(face, self.shapes(face), self.fill, layout.regions(face))
