"""What a method is asked: a question with its face as tensors, and the network that is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ran.explain.baselines import BASELINES, Baseline
from ran.explain.heatmap import Heatmap
from ran.explain.targets import Target
from ran.net.checkpoints import Network
from ran.net.regions import crop_regions


@dataclass(frozen=True, eq=False)
class Asked:
    """What a method needs to know. `dataclasses.replace` asks the same of another face or network.

    model: the network, in eval mode, left as it was found; nobody else may run it meanwhile, for
    Captum hooks its modules. face f32[1, 3, S, S] in [0, 1]; boxes i64[R, 4], x0 y0 x1 y1 in
    pixels, row 0 the whole face; backbone, its name in BACKBONES; count, how many steps,
    draws or positions; seed, of everything drawn; at_once, how many crops go through the backbone
    together, at least those of one face.
    """

    model: Network
    face: Tensor
    boxes: Tensor
    target: Target
    backbone: str = "resnet18"
    baseline: Baseline = BASELINES["black"]
    count: int = 1
    seed: int = 0
    at_once: int = 24

    def __post_init__(self) -> None:
        if self.model.training:
            raise ValueError(
                "the network must be in eval mode, it is in training mode, where the regions of a "
                "batch change one another; call model.eval() first"
            )

    @property
    def faces_at_once(self) -> int:
        """Return how many versions of the face go through the network together."""
        return max(1, self.at_once // len(self.boxes))

    def generator(self) -> torch.Generator:
        """Return a new generator on the CPU: the same draws whatever computes the rest."""
        return torch.Generator().manual_seed(self.seed)

    def blank(self) -> Tensor:
        """Return the baseline, f32[1, 3, S, S] in [0, 1]."""
        return self.baseline.picture(self.face, self.generator())

    @torch.no_grad()
    def scores(self, faces: Tensor) -> Tensor:
        """Return the target of faces f32[B, 3, S, S], f32[B]; "predicted" must be settled."""
        return torch.cat(
            [
                self.target.value(self.model.forward_regions(crop_regions(chunk, self.boxes)))
                for chunk in faces.split(self.faces_at_once)
            ]
        )

    @torch.no_grad()
    def settled(self) -> Asked:
        """Return the same with "predicted" replaced by the class that it is."""
        if not self.target.classes:
            return self
        output = self.model.forward_regions(crop_regions(self.face, self.boxes))
        return replace(self, target=self.target.settle(output))

    def heatmap(
        self,
        method: str,
        values: Tensor,
        regions: Tensor,
        *,
        signed: bool,
        total: float | None = None,
        local_gaps: float | None = None,
        error: float | None = None,
        baseline: bool = False,
        steps: int | None = None,
        before_relu: Tensor | None = None,
    ) -> Heatmap:
        """Return the finished map; where `total` is given, the gap is what the sum misses of it.

        Args:
            method: the method's name.
            values: f32[S, S].
            regions: f32[R, s, s].
            signed: whether values below zero speak against the target.
            total: f(face) - f(baseline).
            local_gaps: the sum of what each piece of the way misses, without its sign.
            error: the standard error of the sum of the values, where draws make it.
            baseline: whether the baseline was used.
            steps: how many steps, draws or positions were computed.
            before_relu: f32[S, S], the values with what a ReLU took of them.
        """
        laid = _numpy(values)
        return Heatmap(
            laid,
            _numpy(regions),
            signed,
            method,
            self.target.name,
            gap=None if total is None else abs(float(laid.sum(dtype=np.float64)) - total),
            total=total,
            local_gaps=local_gaps,
            error=error,
            baseline=self.baseline.name if baseline else None,
            steps=steps,
            before_relu=None if before_relu is None else _numpy(before_relu),
        )


def _numpy(values: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.detach().to("cpu", torch.float32).numpy())
