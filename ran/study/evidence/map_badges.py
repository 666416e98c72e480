"""What the badges of a map say on many faces: their usual ranges, false alarms and misses.

A badge that says the same of a network that learnt nothing says nothing of one that did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from tqdm import tqdm

from ran.engine import Engine
from ran.engine.devices import full_precision
from ran.explain.heatmap import Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS, Method
from ran.explain.question import Question
from ran.explain.trust.faithfulness import (
    REDRAWN,
    UNCHANGED,
    Faithfulness,
    draw_holes,
    flattened,
    known_of,
    randomised,
    shake,
)
from ran.explain.trust.insertion import Inserted, curves, orders
from ran.explain.trust.redrawn import redrawn
from ran.face.detect import Face
from ran.net.checkpoints import Network
from ran.scene import Scene
from ran.study.data.ferplus import Faces

DRAWS = 10
"""Hidden squares of a face, and shaken faces where the method is quick: as a page's check has."""
UNTRAINED = 1000
"""Seed of the network that learnt nothing and is checked as if it had."""
QUANTILES = {"low": 0.1, "middle": 0.5, "high": 0.9}
"""Of the usual range."""
Row = dict[str, float | None]


def badges(
    engine: Engine, faces: Faces, *, names: Sequence[str] = tuple(METHODS)
) -> dict[str, Row]:
    """Return what the badges say of maps of the answered class on many faces, by method.

    Returns:
        n, faces; alarms, the share of the network's maps that randomisation flags; caught, the
        share of maps of a network with redrawn parameters that it flags; unknown and
        unknown_redrawn, the shares of both of which it knows nothing. For insertion minus
        deletion, infidelity, max-sensitivity and the completeness gap their quantiles, as
        "insertion_low"; None where the method has none, or where it is slow and no face was
        shaken. better, the share of maps with more insertion minus deletion than a centre blob;
        tells_more, with less infidelity than a flat map and the blob.

    Args:
        engine: whose network is checked.
        faces: of FERPlus, each asked once a method.
        names: of the methods.
    """
    network, side = engine.explainer.model, engine.card.input_size
    others = [redrawn(network, side, seed=seed) for seed in range(REDRAWN)]
    untrained = redrawn(network, side, seed=UNTRAINED)
    found = {}
    for name in names:
        checked, alone = [], []
        for number in tqdm(range(len(faces)), desc=name, leave=False, mininterval=10):
            pixels = np.repeat(faces.pixels[number][..., None], 3, axis=2)
            asked = _asked(engine, Scene(Face.from_pixels(pixels)), name, number)
            maps = [_map(METHODS[name], asked, other) for other in others]
            checked.append(_known(METHODS[name], asked, maps))
            alone.append(randomised(_map(METHODS[name], asked, untrained), maps))
        found[name] = _row(checked, alone)
    return found


def _asked(engine: Engine, scene: Scene, name: str, seed: int) -> Asked:
    answer = engine.predict(scene).expression
    return engine.explainer.prepared(scene, Question(name, answer, "black", None, seed))


@full_precision()
def _map(method: Method, asked: Asked, network: Network) -> Heatmap:
    heatmap = method.heatmap(replace(asked, model=network))
    return heatmap if np.isfinite(heatmap.values).all() else flattened(heatmap)


def _known(method: Method, asked: Asked, others: Sequence[Heatmap]) -> Faithfulness:
    """Return what a page's check would know of the map."""
    heatmap = _map(method, asked, asked.model)
    scores, blank = full_precision()(asked.scores), asked.blank()
    holes = draw_holes(asked.face.shape[-1], DRAWS, asked.generator())
    (score,) = scores(asked.face).tolist()
    falls = [
        score - scores(torch.where(hole.to(blank.device) > 0, blank, asked.face)).item()
        for hole in holes
    ]
    generator = asked.generator()
    shaken = [
        _map(method, replace(asked, face=shake(asked.face, generator)), asked.model).values
        for _ in range(0 if method.is_slow else DRAWS)
    ]
    inserted = Inserted(
        **{
            name: curves(order, asked.face, blank, scores)
            for name, order in orders(heatmap.values, asked.seed).items()
        }
    )
    # A slow method's map stands for its shaken ones; what that would say is dropped below.
    known = known_of(heatmap, others, holes, falls, shaken or [heatmap.values], inserted)
    return known if shaken else replace(known, max_sensitivity=None)


def _row(checked: Sequence[Faithfulness], alone: Sequence[float | None]) -> Row:
    row: Row = {"n": len(checked)}
    for alarm, unknown, values in (
        ("alarms", "unknown", [one.randomised for one in checked]),
        ("caught", "unknown_redrawn", alone),
    ):
        row[alarm] = float(np.mean([value is not None and value >= UNCHANGED for value in values]))
        row[unknown] = float(np.mean([value is None for value in values]))
    measured: dict[str, list[float]] = defaultdict(list)
    for one in checked:
        assert one.inserted is not None
        for name, value in (
            ("insertion", one.inserted.map.area),
            ("infidelity", one.infidelity),
            ("sensitivity", one.max_sensitivity),
            ("gap", one.gap_share),
        ):
            if value is not None:
                measured[name].append(value)
    for name in ("insertion", "infidelity", "sensitivity", "gap"):
        for where, share in QUANTILES.items():
            values = measured[name]
            row[f"{name}_{where}"] = float(np.quantile(values, share)) if values else None
    row["better"] = float(
        np.mean([not one.inserted.is_no_better for one in checked if one.inserted])
    )
    row["tells_more"] = float(np.mean([not one.tells_no_more for one in checked]))
    return row
