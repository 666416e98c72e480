"""Rows: maps through the engine, crops included, against Captum on the reference loop, crops given.

Captum is asked as its documentation shows it: its own batches, its own quadrature, every ablation a
pass through the whole network.
"""

from __future__ import annotations

import gc
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from benchmarks.forward import seeded_network
from benchmarks.reference import ReferenceRan, reference_around, reference_from
from benchmarks.rows import Check, Row, in_turns
from ran.engine import Engine
from ran.explain.heatmap import Heatmap
from ran.explain.maps.methods import METHODS
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.net.checkpoints import load_checkpoint
from ran.net.model import RegionAttentionNetwork
from ran.scene import Scene

PHOTO = Path(__file__).parent.parent / "examples" / "astronaut.png"
FACE = (160, 40, 310, 190)
"""Where the astronaut's face is, left, top, right, bottom in pixels."""
SALIENCY, INTEGRATED, ABLATION, MEMORY = (
    "saliency", "integrated gradients", "region ablation", "memory, explanations",
)  # fmt: skip
GOALS = {SALIENCY: 2.0, INTEGRATED: 3.0, ABLATION: 10.0}
PAPERS_SIDE = 224
"""Pixels of a crop in the authors' code; rows of another side name it."""
CAPTUM_STEPS = 32
CORRELATION = 0.998
SAME = 0.9995
TOLERANCE = 1e-3
"""Largest difference, relative to the largest value, that rounding may explain."""
GROWTH_MB = 64
"""What the process may grow by: a little more than a full store of maps, kept on purpose."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """One face before our engine, and its crops before the reference; logit 0 of both."""

    engine: Engine
    reference: ReferenceRan
    scene: Scene
    crops: tuple[Tensor, ...]

    @staticmethod
    def of(engine: Engine) -> _Asked:
        model = engine.model
        assert isinstance(model, RegionAttentionNetwork)
        is_authors = engine.card.backbone == "resnet18"
        reference = reference_from(model.state_dict()) if is_authors else reference_around(model)
        reference = reference.to(engine.device)
        with Image.open(PHOTO) as photo:
            pixels = np.asarray(photo.convert("RGB").crop(FACE).resize((256, 256)))
        scene = Scene(Face.from_pixels(pixels))
        return _Asked(engine, reference, scene, tuple(engine.crops(scene).unbind(1)))

    @staticmethod
    def untrained(device: str, side: int) -> _Asked:
        return _Asked.of(Engine(*seeded_network(side), device=device))

    def explain(self, method: str, steps: int | None = None) -> Heatmap:
        self.engine.explainer.known.clear()  # what is remembered would not be computed again
        return self.engine.explain(self.scene, method, self.engine.card.classes[0], steps=steps)

    def score(self, *regions: Tensor) -> Tensor:
        return self.reference(regions)[0][:, 0]


def at_side(name: str, side: int) -> str:
    """Return a row's name, with the side of a crop where it is not the authors'."""
    return name if side == PAPERS_SIDE else f"{name}, {side} pixels"


def saliency_row(*, device: str, repeats: int, side: int = PAPERS_SIDE) -> Row:
    """Measure one gradient; the check compares the maps of the crops."""
    from captum.attr import Saliency

    asked = _Asked.untrained(device, side)
    captum = Saliency(asked.score)

    def baseline() -> NDArray[np.float32]:
        inputs = tuple(crop.clone().requires_grad_() for crop in asked.crops)
        maps = torch.stack(captum.attribute(inputs))[:, 0].sum(1)
        return maps.detach().cpu().numpy()

    samples, theirs = in_turns(lambda: asked.explain("saliency"), baseline, repeats=repeats)
    # Not the largest difference: rounding may turn a ReLU on or off, and a few pixels with it.
    alike = float(np.corrcoef(asked.explain("saliency").regions.ravel(), baseline().ravel())[0, 1])
    return Row(
        at_side(SALIENCY, side), "Captum's Saliency on the reference loop, crops given",
        samples, theirs,
        check=Check(f"correlation of the maps of the crops: {alike:.6f}", alike >= SAME),
        goal=GOALS[SALIENCY] if device == "cpu" else None,
    )  # fmt: skip


def integrated_row(*, device: str, repeats: int, side: int = PAPERS_SIDE) -> Row:
    """Measure the default steps with the bundled parameters, against Captum's default batch.

    Trained, because the check is whether few steps are enough: the path of an untrained network
    has more kinks (correlation .94). At 224 pixels as the other rows, and at its own.
    """
    from captum.attr import IntegratedGradients

    model, card = load_checkpoint(None)
    asked = _Asked.of(Engine(model, replace(card, input_size=side), device=device))
    captum = IntegratedGradients(asked.score)
    blanks = tuple(torch.zeros_like(crop) for crop in asked.crops)

    def baseline() -> None:
        inputs = tuple(crop.clone().requires_grad_() for crop in asked.crops)
        captum.attribute(inputs, blanks, n_steps=CAPTUM_STEPS)[0].cpu()

    samples, theirs = in_turns(
        lambda: asked.explain("integrated-gradients"), baseline, repeats=repeats
    )
    short, long = (asked.explain("integrated-gradients", steps).values for steps in (20, 50))
    correlation = float(np.corrcoef(short.ravel(), long.ravel())[0, 1])
    said = f"correlation of 20 steps with 50: {correlation:.5f}"
    return Row(
        at_side(INTEGRATED, side),
        f"Captum's IntegratedGradients on the reference loop, {CAPTUM_STEPS} steps in one batch",
        samples, theirs, check=Check(said, correlation >= CORRELATION),
        goal=GOALS[INTEGRATED] if device == "cpu" else None,
    )  # fmt: skip


def ablation_row(*, device: str, repeats: int, side: int = PAPERS_SIDE) -> Row:
    """Measure leaving out each region; the check asks the reference with five regions of six."""
    from captum.attr import FeatureAblation

    asked = _Asked.untrained(device, side)
    captum = FeatureAblation(asked.score)
    masks = tuple(
        torch.full_like(crop, place, dtype=torch.long) for place, crop in enumerate(asked.crops)
    )

    @torch.no_grad()
    def baseline() -> None:
        captum.attribute(asked.crops, feature_mask=masks)[0].cpu()

    samples, theirs = in_turns(lambda: asked.explain("region-ablation"), baseline, repeats=repeats)
    error = _error(asked.explain("region-ablation").regions[:, 0, 0], _left_out(asked))
    return Row(
        at_side(ABLATION, side),
        "Captum's FeatureAblation of the crops' pixels on the reference loop",
        samples, theirs,
        check=Check(f"falls differ by {error:.1e} of the largest", error <= TOLERANCE),
        goal=GOALS[ABLATION] if device == "cpu" else None,
    )  # fmt: skip


@torch.no_grad()
def _left_out(asked: _Asked) -> NDArray[np.float32]:
    whole = asked.score(*asked.crops)
    falls = [
        whole - asked.score(*(crop for place, crop in enumerate(asked.crops) if place != region))
        for region in range(len(asked.crops))
    ]
    return torch.cat(falls).cpu().numpy()


def memory_row(*, device: str, count: int, before: int = 40) -> Row:
    """Explain `count` scenes by every method, at 80 pixels; the check is what stays behind.

    `before` explanations go first: libraries, the copy for hooks, the store of maps.
    """
    asked = _Asked.untrained(device, 80)
    names = list(METHODS)

    def explain(number: int) -> None:
        name = names[number % len(names)]
        steps = 4 if METHODS[name].counts else None
        edge = 0.9 * number / (before + count)
        scene = Scene(asked.scene.face, (Rectangle(edge, 0.2, edge + 0.1, 0.8),))
        asked.engine.explain(scene, name, steps=steps)

    for number in range(before):
        explain(number)
    gc.collect()
    start, begun = _resident_mb(), time.perf_counter()
    for number in range(before, before + count):
        explain(number)
    taken = (time.perf_counter() - begun) / count
    gc.collect()
    grown = _resident_mb() - start
    said = f"{count} explanations by {len(names)} methods: from {start:.0f} MB by {grown:+.0f} MB"
    return Row(MEMORY, "", (taken,), check=Check(said, grown <= GROWTH_MB))


def _resident_mb() -> float:
    """Return the memory that the process holds, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _error(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())
