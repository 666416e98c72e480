"""Rows: scenes to predictions, crops included, against the reference loop with crops given."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.reference import ReferenceRan, reference_from
from benchmarks.rows import Check, Row, in_turns
from ran.engine import Engine
from ran.expressions import FERPLUS
from ran.face.detect import Face
from ran.net.checkpoints import Card
from ran.net.model import RegionAttentionNetwork
from ran.prediction import Prediction
from ran.scene import Scene

AGAINST = "reference loop over six regions, crops given, fp32"
GOALS = {"cpu": {1: 1.7, 8: 1.4, 32: 1.6}, "gpu": {1: 3.0, 8: 3.0, 32: 2.0, 128: 1.3}}
TOLERANCE = 1e-3
"""Largest difference of a logit, relative to the largest logit, that rounding may explain."""


def forward_row(
    faces: int, *, device: str, repeats: int, side: int = 224, peak: float | None = None
) -> Row:
    """Measure `faces` scenes through the engine; `peak` is the device's FLOP/s."""
    model, card = seeded_network(side)
    reference = reference_from(model.state_dict()).to(device)
    engine = Engine(model, card, device=device)
    generator = np.random.default_rng(faces)
    scenes = [
        Scene(Face.from_pixels(generator.integers(0, 256, (256, 256, 3), dtype=np.uint8)))
        for _ in range(faces)
    ]
    crops = torch.cat([engine.crops(scene) for scene in scenes])
    regions = [crops[:, region].contiguous() for region in range(crops.shape[1])]

    def ours() -> object:
        for kept in (engine.memory.answers, engine.memory.features):
            kept.clear()  # what is remembered would not be computed again
        return engine.predict_many(scenes)

    @torch.no_grad()
    def baseline() -> tuple[Tensor, Tensor]:
        logits, weights = reference(regions)
        return logits.cpu(), weights.cpu()

    taken = in_turns(ours, baseline, repeats=repeats)
    share = None
    if peak is not None:
        share = _flops(reference, regions) / float(np.median(taken[0])) / peak
    return Row(
        name=forward_name(faces),
        against=AGAINST,
        samples=taken[0],
        baseline=taken[1],
        check=_check(engine.predict_many(scenes), baseline()),
        goal=GOALS["cpu" if device == "cpu" else "gpu"].get(faces),
        peak_share=share,
    )


def forward_name(faces: int) -> str:
    """Return the row's name."""
    return f"forward, {faces} face" + ("s" if faces > 1 else "")


def seeded_network(side: int) -> tuple[RegionAttentionNetwork, Card]:
    """Return a RAN on ResNet-18 as the authors feed it, untrained, with lively statistics.

    Speed does not depend on the values; the check does: BatchNorm's numbers are none of them 0 or
    1, so that folding them wrongly would show.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = RegionAttentionNetwork("resnet18", classes=len(FERPLUS), grey=False)
        norms = [part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d)]
        for norm in norms:
            torch.nn.init.uniform_(norm.weight, 0.8, 1.2)
            torch.nn.init.uniform_(norm.bias, -0.1, 0.1)
            norm.momentum = 1.0
        with torch.no_grad():
            model.train()(torch.rand(2, 3, 64, 64))
    card = Card(
        name="benchmark", kind="ran", backbone="resnet18", classes=FERPLUS, input_size=side,
        grey=False, framing="ferplus", attention="sigmoid", alpha=0.02, trained_on="nothing",
        licence="MIT", recipe={}, seed=0, scores=None, note="Untrained; for timing alone.",
    )  # fmt: skip
    return model.eval(), card


def peak_flops(device: str) -> float:
    """Return the most FLOP/s of a square fp32 matrix product, best of ten."""
    size = 4096 if device != "cpu" else 1536
    left, right = (torch.rand(size, size, device=device) for _ in range(2))

    def product() -> None:
        # Reading one number back waits for the device.
        float((left @ right)[0, 0])

    product()
    return 2.0 * size**3 / min(_seconds(product) for _ in range(10))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _flops(reference: ReferenceRan, regions: list[Tensor]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        reference(regions)
    return int(counter.get_total_flops())


def _check(predictions: list[Prediction], expected: tuple[Tensor, Tensor]) -> Check:
    logits = np.stack([prediction.logits for prediction in predictions])
    weights = np.stack([prediction.weights for prediction in predictions])
    scale = max(1.0, float(expected[0].abs().max()))
    error = float(np.abs(logits - expected[0].numpy()).max()) / scale
    weight_error = float(np.abs(weights - expected[1].numpy()).max())
    return Check(
        f"largest error: logits {error:.1e} of the largest, weights {weight_error:.1e}",
        max(error, weight_error) <= TOLERANCE,
    )
