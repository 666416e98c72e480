"""Rows: what regions are worth, from cached features, against Captum on the pixels of the crops."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import torch
from torch import Tensor

from benchmarks.forward import seeded_network
from benchmarks.rows import Check, Row, in_turns
from ran.engine import Engine
from ran.explain.regions.shapley import RegionValues, region_values
from ran.face.detect import Face
from ran.scene import Scene

SIDE = 80
"""Pixels of the bundled network's input."""
WITHIN_S = 0.020
TOLERANCE = 1e-4
"""Largest difference in logits that rounding may explain."""
SHAPLEY, LEAVE_ONE_OUT, CACHED = (
    "exact Shapley against Captum", "leave-one-out against Captum", "exact Shapley, R = 6",
)  # fmt: skip


class _Asked:
    """One made-up face, its crops and features, and a class."""

    def __init__(self, device: str) -> None:
        model, card = seeded_network(SIDE)
        engine = Engine(model, card, device=device)
        pixels = np.random.default_rng(3).integers(0, 256, (256, 256, 3), dtype=np.uint8)
        self.model, self.crops = engine.model, engine.crops(Scene(Face.from_pixels(pixels)))
        with torch.no_grad():
            self.features = engine.model.features(self.crops)
            self.target = int(engine.model.attend(self.features).logits.argmax())
        self.regions = self.features.shape[1]
        places = torch.arange(self.regions, device=self.crops.device)
        self.region_of_pixel = places.view(1, -1, 1, 1, 1).expand_as(self.crops).contiguous()

    def ours(self) -> RegionValues:
        return region_values(self.model.attend, self.features)

    @torch.no_grad()
    def score(self, crops: Tensor) -> Tensor:
        return self.model.forward_regions(crops).logits[:, self.target]


def cached_row(*, device: str, repeats: int) -> Row:
    """Measure all 64 coalitions for all classes; the check is a plain loop over all orders."""
    asked = _Asked(device)
    samples, _ = in_turns(asked.ours, lambda: None, repeats=repeats)
    error = float(np.abs(asked.ours().shapley - _by_orders(asked)).max())
    check = Check(f"largest difference from 720 orders {error:.1e} logits", error <= TOLERANCE)
    return Row(CACHED, "", samples, check=check, goal=WITHIN_S)


def shapley_row(*, device: str, repeats: int) -> Row:
    """Compare with Captum's Shapley values of the crops, one order measured and 720 counted.

    Every order costs Captum the same forward passes, one for each region that comes.
    """
    from captum.attr import ShapleyValueSampling

    asked = _Asked(device)
    captum = ShapleyValueSampling(asked.score)

    def one_order() -> None:
        captum.attribute(asked.crops, feature_mask=asked.region_of_pixel, n_samples=1)

    samples, orders = in_turns(asked.ours, one_order, repeats=repeats)
    all_orders = factorial(asked.regions)
    values = asked.ours()
    error = float(np.abs(values.shapley.sum(0) - (values.full - values.empty)).max())
    return Row(
        SHAPLEY,
        "Captum's ShapleyValueSampling of the crops' pixels, one order of 720 measured times 720, "
        "for one class; ours from cached features, for all",
        samples,
        tuple(all_orders * taken for taken in orders),
        Check(f"sums to f(all) - f(none) within {error:.1e} logits", error <= TOLERANCE),
        goal=1000.0,
    )


def leave_one_out_row(*, device: str, repeats: int) -> Row:
    """Compare with Captum's FeatureAblation of the crops; the check leaves each one out plainly."""
    from captum.attr import FeatureAblation

    asked = _Asked(device)
    captum = FeatureAblation(asked.score)

    def ablated() -> None:
        captum.attribute(asked.crops, feature_mask=asked.region_of_pixel)

    samples, baseline = in_turns(asked.ours, ablated, repeats=repeats)
    everyone = list(range(asked.regions))
    with torch.no_grad():
        left = [
            asked.model.attend(asked.features[:, [at for at in everyone if at != out]]).logits[0]
            for out in everyone
        ]
        full = asked.model.attend(asked.features).logits[0]
    expected = torch.stack([full - logits for logits in left]).cpu().numpy()
    error = float(np.abs(asked.ours().leave_one_out - expected).max())
    return Row(
        LEAVE_ONE_OUT,
        "Captum's FeatureAblation of the crops' pixels, for one class; ours from cached features, "
        "for all, Shapley values included",
        samples,
        baseline,
        Check(f"largest difference from the rest alone {error:.1e} logits", error <= TOLERANCE),
        goal=10.0,
    )


def _by_orders(asked: _Asked) -> np.ndarray:
    known: dict[frozenset[int], np.ndarray] = {}

    @torch.no_grad()
    def answer(there: frozenset[int]) -> np.ndarray:
        if there not in known:
            logits = asked.model.classifier.bias
            if there:
                logits = asked.model.attend(asked.features[:, sorted(there)]).logits[0]
            known[there] = logits.double().cpu().numpy()
        return known[there]

    values = np.zeros((asked.regions, len(answer(frozenset()))))
    for order in permutations(range(asked.regions)):
        for place, region in enumerate(order):
            before = frozenset(order[:place])
            values[region] += answer(before | {region}) - answer(before)
    return values / factorial(asked.regions)
