"""A Scene: a face, what hides parts of it, and how it is cut into regions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ran.face.covers.occlusion import Fill, hide_and_mask
from ran.face.detect import Face
from ran.face.shapes import Shape
from ran.net.regions import RegionLayout


@dataclass(frozen=True)
class Scene:
    """What is shown to a network. `layout` None is the checkpoint's own."""

    face: Face
    shapes: tuple[Shape, ...] = ()
    fill: Fill = Fill()
    layout: RegionLayout | None = None

    @property
    def key(self) -> str:
        """Return a small name of the scene: equal scenes have equal keys."""
        drawn = (self.shapes, self.fill) if self.shapes else ()
        # Edges as plain floats: numpy's own would be written otherwise.
        boxes = self.layout.boxes if self.layout else ()
        cut = [(box.name, *map(float, box.edges)) for box in boxes]
        return hashlib.sha256(repr((self.face.digest, drawn, cut)).encode()).hexdigest()

    def clean(self) -> Scene:
        """Return the same face and layout with nothing hidden."""
        return replace(self, shapes=(), fill=Fill())

    def hidden_pixels(self) -> NDArray[np.uint8]:
        """Return the face's pixels, u8[S, S, 3], with the shapes laid over them; read-only."""
        return self._hidden[0]

    def mask(self) -> NDArray[np.float32]:
        """Return each pixel's hidden share, f32[S, S] in [0, 1], with opacity; read-only."""
        return self._hidden[1]

    @cached_property
    def _hidden(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        # Drawn once a scene: a page asks for both several times over.
        hidden, mask = hide_and_mask(self.face.pixels, self.shapes, self.fill)
        hidden.setflags(write=False)
        mask.setflags(write=False)
        return hidden, mask
