"""An engine asked about the same cover at other places of the face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from ran.engine.engine import Engine
from ran.engine.turns import TURNS, GiveWay
from ran.explain.regions.moved_covers import PLACES, Reference, moved_covers
from ran.scene import Scene


def recalled(engine: Engine, scene: Scene) -> Reference | None:
    """Return what attention does under the same cover elsewhere, if it was found lately."""
    return engine.memory.references.recall(scene.key)


@torch.no_grad()
def referring(engine: Engine, scene: Scene, give_way: GiveWay = None) -> Iterator[Reference | None]:
    """Find what attention does under the same cover elsewhere, place by place.

    Gives None after each place but the last, then the reference, which the engine remembers. PLACES
    forward passes; an equal scene has the same places. `give_way` is asked before each turn, as
    Turns.slow says.

    Raises:
        BadFraming, BadCheckpoint: as `Engine.predict`.
    """
    before, covered = engine.predict(scene.clean()).weights, engine.covered_shares(scene)
    places = moved_covers(scene.face.pixels, scene.hidden_pixels(), scene.mask())
    found = []
    for number, pixels in enumerate(places, 1):
        moved = Scene(replace(scene.face, pixels=pixels), layout=scene.layout)
        with TURNS.slow(give_way):
            weights = engine.asked.forward_regions(engine.crops(moved)).weights
        found.append(weights[0].float().cpu().numpy())
        if number < PLACES:
            yield None
    reference = Reference.of(before, np.stack(found), covered)
    engine.memory.references.keep(scene.key, reference)
    yield reference
