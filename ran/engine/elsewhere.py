"""An engine asked about the same cover at other places of the face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ran.engine.engine import Engine
from ran.engine.turns import TURNS, GiveWay
from ran.explain.regions.moved_covers import PLACES, Reference, moved_covers
from ran.scene import Scene


def recalled(engine: Engine, scene: Scene) -> Reference | None:
    """Return what attention does under the same cover elsewhere, if it was found lately."""
    return engine.memory.references.recall(scene.key)


def referring(engine: Engine, scene: Scene, give_way: GiveWay = None) -> Iterator[Reference | None]:
    """Find what attention does under the same cover elsewhere, some places at a time.

    Gives None after each pass but the last, then the reference, which the engine remembers. PLACES
    faces, as many a pass as fit; an equal scene has the same places. `give_way` is asked before
    each turn, as Turns.slow says.

    Raises:
        BadFraming, BadCheckpoint: as `Engine.predict`.
    """
    before, covered = engine.predict(scene.clean()).weights, engine.covered_shares(scene)
    places = moved_covers(scene.face.pixels, scene.hidden_pixels(), scene.mask())
    found: list[NDArray[np.float32]] = []
    at_once = engine.faces_at_once
    while len(found) < PLACES:
        moved = [
            Scene(replace(scene.face, pixels=pixels), layout=scene.layout)
            for pixels in islice(places, at_once)
        ]
        with TURNS.slow(give_way):
            found.extend(engine.weights_of(moved))
        if len(found) < PLACES:
            yield None
    reference = Reference.of(before, np.stack(found), covered)
    engine.memory.references.keep(scene.key, reference)
    yield reference
