"""Scenes -> features, many at a time: cut together, through the backbone in the room there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from ran.engine.cutter import Cutter
from ran.engine.devices import forget_unused
from ran.engine.memory import Memory
from ran.errors import is_out_of_memory
from ran.net.regions import RegionLayout
from ran.scene import Scene

MOST_FACES = 64
"""That are cut together and answered with one transfer back."""
FEW = 2
"""Scenes of a page, clean and covered."""
Chunk = dict[str, Scene]
"""Scenes of as many regions each, by their keys."""


class Featuring(Protocol):
    """What makes features of crops: ran.engine.room.Room, or one of ran.engine.fast.

    at_once, how many crops it takes together; is_full, whether the last answer had to come from the
    CPU; precision, what it computes in, as outputs say it.
    """

    at_once: int
    is_full: bool
    precision: str

    def features(self, crops: Tensor) -> Tensor:
        """Return what the backbone makes of crops f32[N, 3, S, S], f32[N, D]."""


class Chunks:
    """Of one network on one device, shared by all who ask it.

    Args:
        cutter: makes the crops.
        layout: says how a scene is cut.
        room: puts crops through the backbone.
    """

    def __init__(
        self, cutter: Cutter, layout: Callable[[Scene], RegionLayout], room: Featuring
    ) -> None:
        self._cutter, self._layout, self._room = cutter, layout, room
        # On a CPU as many faces as crops go through together: none of its passes is half empty.
        self._at_once = min(MOST_FACES, room.at_once)

    def of(self, asked: Chunk) -> Iterator[Chunk]:
        """Yield scenes of any number of regions, so many together as are cut at once.

        A few go one by one, so that no bit of a page's numbers depends on what was asked along.
        """
        at_once = 1 if len(asked) <= FEW else self._at_once
        of_count: dict[int, list[str]] = defaultdict(list)
        for key, scene in asked.items():
            of_count[len(self._layout(scene))].append(key)
        for keys in of_count.values():
            for first in range(0, len(keys), at_once):
                yield {key: asked[key] for key in keys[first : first + at_once]}

    @torch.no_grad()
    def features(self, chunk: Chunk, memory: Memory) -> Tensor:
        """Return what the backbone makes of the regions of B scenes, f32[B, R, D].

        What `memory` holds is not computed again, and it keeps the rest.

        Raises:
            BadFraming: if a face is framed otherwise than the network was trained on.
        """
        known = {key: memory.features.recall(key) for key in chunk}
        missing = {key: scene for key, scene in chunk.items() if known[key] is None}
        if missing:
            made, crops = self._made(list(missing.values()))
            for key, row in zip(missing, made.split(1), strict=True):
                known[key] = row
                memory.features.keep(key, row)
            if len(missing) == 1:  # else nobody looks at them next
                memory.crops.keep(next(iter(missing)), crops[0])
        rows = [row for row in known.values() if row is not None]
        return rows[0] if len(rows) == 1 else torch.cat(rows)

    @torch.no_grad()
    def made(self, scenes: Sequence[Scene]) -> Tensor:
        """Return the same of scenes of as many regions each, remembering nothing."""
        return self._made(scenes)[0]

    def _made(self, scenes: Sequence[Scene]) -> tuple[Tensor, Tensor]:
        """Return features, and the crops; of the last half alone where memory held no more."""
        try:
            crops = self._cutter.crops(scenes)
        except RuntimeError as error:
            if len(scenes) == 1 or not is_out_of_memory(error):
                raise
        else:
            made = self._room.features(crops.flatten(0, 1))
            return made.view(*crops.shape[:2], -1), crops
        forget_unused()
        half = len(scenes) // 2
        first, (second, crops) = self.made(scenes[:half]), self._made(scenes[half:])
        return torch.cat([first, second]), crops
