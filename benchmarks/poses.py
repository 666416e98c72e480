"""Row: a face turned to 25 poses and answered, against the 25 forward passes alone."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.rows import Check, Row, in_turns
from ran.engine import Engine
from ran.face.detect import Face
from ran.face.photo import open_photo
from ran.study.poses.posed import Answered, answered
from ran.study.poses.sources import turned

PHOTO = Path(__file__).parent.parent / "examples" / "astronaut.png"
GOALS = {"cpu": round(1 / 1.5, 2), "gpu": round(1 / 3, 2)}
YAWS = range(-60, 61, 5)


def sweep_row(*, device: str, repeats: int) -> Row:
    """Measure making, looking at and answering 25 poses; the check counts forward passes."""
    engine = Engine.load(device=device)
    face = engine.find_faces(open_photo(PHOTO))[0]
    crops = torch.cat([engine.crops(one.scene) for one in _sweep(engine, face)])
    counted: list[int] = []
    hook = engine.asked.backbone.register_forward_hook(
        lambda _module, inputs, _output: counted.append(len(inputs[0]))
    )

    def sweep() -> None:
        for kept in (engine.memory.answers, engine.memory.features):
            kept.clear()  # what is remembered would not be computed again
        _sweep(engine, face)

    @torch.no_grad()
    def forwards() -> None:
        for one in crops:
            engine.asked.forward_regions(one[None]).logits.cpu()

    sweep()
    seen = sum(counted)
    hook.remove()
    samples, baseline = in_turns(sweep, forwards, repeats=repeats)
    expected = len(YAWS) * crops.shape[1]
    return Row(
        name="25 poses",
        against="the 25 forward passes alone, poses made before",
        samples=samples,
        baseline=baseline,
        goal=GOALS["cpu" if device == "cpu" else "gpu"],
        check=Check(f"{seen} crops through the backbone, {expected} expected", seen == expected),
    )


def _sweep(engine: Engine, face: Face) -> list[Answered]:
    return list(answered(turned(face, YAWS, using=engine), using=engine))
