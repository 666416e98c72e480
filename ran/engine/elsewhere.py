"""An engine asked about the same cover at other places of the face, and in other fills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from ran.engine.engine import Engine
from ran.engine.turns import TURNS, GiveWay
from ran.explain.regions.moved_covers import FILLS, PLACES, Reference, moved_covers
from ran.face.covers.occlusion import Fill
from ran.scene import Scene


def recalled(engine: Engine, scene: Scene) -> Reference | None:
    """Return what attention does under the same cover elsewhere, if it was found lately."""
    return engine.memory.references.recall(scene.key)


def referring(engine: Engine, scene: Scene, give_way: GiveWay = None) -> Iterator[Reference | None]:
    """Find what attention does under the same cover elsewhere and in other fills, part by part.

    Gives None after each pass but the last, then the reference, which the engine remembers. PLACES
    faces and one for each of FILLS but the cover's own, as many a pass as fit; an equal scene has
    the same places. `give_way` is asked before each turn, as Turns.slow says.

    Raises:
        BadFraming, BadCheckpoint: as `Engine.predict`.
    """
    before, covered = engine.predict(scene.clean()).weights, engine.covered_shares(scene)
    filled = in_fills(scene)
    asked = chain(
        filled.values(),
        (
            Scene(replace(scene.face, pixels=pixels), layout=scene.layout)
            for pixels in moved_covers(scene.face.pixels, scene.hidden_pixels(), scene.mask())
        ),
    )
    found: list[NDArray[np.float32]] = []
    count = len(filled) + PLACES
    while len(found) < count:
        part = list(islice(asked, engine.faces_at_once))
        with TURNS.slow(give_way):
            found.extend(engine.weights_of(part))
        if len(found) < count:
            yield None
    moved = np.stack(found[len(filled) :])
    reference = Reference.of(before, moved, covered, dict(zip(filled, found, strict=False)))
    engine.memory.references.keep(scene.key, reference)
    yield reference


def in_fills(scene: Scene) -> dict[str, Scene]:
    """Return the scene with its cover in each of FILLS but its own, by fill; as opaque as it is."""
    return {
        kind: replace(scene, fill=Fill(kind, opacity=scene.fill.opacity))
        for kind in FILLS
        if kind != scene.fill.kind
    }
