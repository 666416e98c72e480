"""A Scene: a face, what hides parts of it, and how it is cut into regions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ran.face.detect import Face
from ran.face.occlusion import Fill, hide, rasterise
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
        """Return the face's pixels, u8[S, S, 3], with the shapes laid over them."""
        return hide(self.face.pixels, self.shapes, self.fill)

    def mask(self) -> NDArray[np.float32]:
        """Return the hidden share of each pixel, f32[S, S] in [0, 1], opacity included."""
        mask = rasterise(self.shapes, self.face.pixels.shape[0])
        return np.asarray(mask * np.float32(self.fill.opacity), np.float32)
