"""Scenes -> the pictures that a network gets, many at a time on its device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ran.engine.devices import sent
from ran.errors import BadFraming
from ran.net.checkpoints import Card
from ran.net.regions import RegionLayout, crop_regions, pixel_boxes
from ran.scene import Scene
from ran.words import _


class Cutter:
    """Makes faces and crops for one network, whose card says how large they are.

    Args:
        card: the network's.
        layout: says how a scene is cut.
        device: where they are made: bytes go there, and what is made of them stays there.
    """

    def __init__(self, card: Card, layout: Callable[[Scene], RegionLayout], device: str) -> None:
        self._card, self._layout, self._device = card, layout, device

    def face(self, scene: Scene) -> Tensor:
        """Return one covered face, f32[1, 3, S, S] in [0, 1]; errors as `faces`."""
        return self.faces([scene])

    def faces(self, scenes: Sequence[Scene]) -> Tensor:
        """Return covered faces as the network gets them, f32[B, 3, S, S] in [0, 1].

        Raises:
            BadFraming: if a face is framed otherwise than the network was trained on.
        """
        of_side: dict[int, list[int]] = defaultdict(list)
        for place, scene in enumerate(scenes):
            _check_framing(scene, self._card)
            of_side[scene.face.pixels.shape[0]].append(place)
        made = [
            self._resized(np.stack([scenes[place].hidden_pixels() for place in places]))
            for places in of_side.values()
        ]
        if len(made) == 1:
            return made[0]
        order = [place for places in of_side.values() for place in places]
        return torch.cat(made)[sent(torch.tensor(np.argsort(order)), self._device)]

    def crops(self, scenes: Sequence[Scene]) -> Tensor:
        """Return the regions of scenes of as many regions each, f32[B, R, 3, S, S] in [0, 1].

        Raises:
            BadFraming: as `faces`.
        """
        boxes = [self.boxes(scene) for scene in scenes]
        faces = self.faces(scenes)
        if all(torch.equal(other, boxes[0]) for other in boxes[1:]):
            return crop_regions(faces, boxes[0])
        return crop_regions(faces, torch.stack(boxes))

    def boxes(self, scene: Scene) -> Tensor:
        """Return the regions of a scene in the network's pixels, i64[R, 4], on the CPU."""
        return pixel_boxes(self._layout(scene), self._card.input_size)

    def covered(self, scene: Scene) -> NDArray[np.float32]:
        """Return the hidden share of each region of a scene, f32[R] in [0, 1]."""
        layout = self._layout(scene)
        if not scene.shapes:
            return np.zeros(len(layout), np.float32)
        mask = scene.mask()
        boxes = pixel_boxes(layout, mask.shape[0]).tolist()
        return np.array([mask[y0:y1, x0:x1].mean() for x0, y0, x1, y1 in boxes], np.float32)

    def _resized(self, pixels: NDArray[np.uint8]) -> Tensor:
        faces = sent(torch.from_numpy(pixels), self._device).permute(0, 3, 1, 2).float() / 255.0
        side = self._card.input_size
        return F.interpolate(
            faces, (side, side), mode="bilinear", align_corners=False, antialias=True
        ).clamp(0.0, 1.0)


def _check_framing(scene: Scene, card: Card) -> None:
    if scene.face.framing != card.framing:
        raise BadFraming(
            _("This face is framed as {framing!r}, the network expects {expected!r}.").format(
                framing=scene.face.framing, expected=card.framing
            ),
            hint=_("Find the face again with engine.find_faces."),
        )
