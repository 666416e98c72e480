"""Baselines: the picture without a face that a face is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ran.errors import BadRequest
from ran.words import _, later

BLUR_SHARE = 0.08
"""Standard deviation of the blurred face, as a share of its side."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """A name, its words on the page, and the picture for a face f32[1, 3, S, S] in [0, 1]."""

    name: str
    label: str
    picture: Callable[[Tensor, torch.Generator], Tensor]
    is_random: bool = False


def _even(level: float) -> Callable[[Tensor, torch.Generator], Tensor]:
    return lambda face, _: torch.full_like(face, level)


def _blurred(face: Tensor, _: torch.Generator) -> Tensor:
    """Blur by a Gaussian, one axis after the other; edge pixels are repeated."""
    sigma = max(BLUR_SHARE * face.shape[-1], 0.5)
    reach = int(np.ceil(3.0 * sigma))
    places = torch.arange(-reach, reach + 1, dtype=face.dtype, device=face.device)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1).expand(3, 1, 1, -1)
    padded = F.pad(face, (reach, reach, reach, reach), mode="replicate")
    across = F.conv2d(padded, kernel, groups=3)
    return F.conv2d(across, kernel.transpose(2, 3), groups=3).clamp(0.0, 1.0)


def _mean(face: Tensor, _: torch.Generator) -> Tensor:
    return face.mean((2, 3), keepdim=True).expand_as(face).clone()


def _noise(face: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(face.shape, generator=generator).to(face)


BASELINES: dict[str, Baseline] = {
    baseline.name: baseline
    for baseline in (
        Baseline("black", later("Black"), _even(0.0)),
        Baseline("grey", later("Grey"), _even(0.5)),
        Baseline("blurred", later("Blurred face"), _blurred),
        Baseline("mean", later("Mean colour of the face"), _mean),
        Baseline("noise", later("Noise"), _noise, is_random=True),
    )
}
"""By name. A mean of many faces would have to ship faces; "mean" is this face's own mean colour."""


def baseline_named(name: str) -> Baseline:
    """Return the baseline of this name.

    Raises:
        BadRequest: if there is none.
    """
    if name not in BASELINES:
        raise BadRequest(
            _("There is no baseline {name!r}.").format(name=name),
            hint=_("Use {names}.").format(names=", ".join(BASELINES)),
        )
    return BASELINES[name]


def own_baseline(pixels: NDArray[np.uint8], side: int) -> Baseline:
    """Return a picture of one's own as a baseline.

    Args:
        pixels: u8[S, S, 3].
        side: S, the network's input size.

    Raises:
        BadRequest: if the picture is none, or of another size.
    """
    if pixels.shape != (side, side, 3) or pixels.dtype != np.uint8:
        raise BadRequest(
            _("The baseline is {dtype}{shape}, expected uint8{value}.").format(
                dtype=pixels.dtype, shape=list(pixels.shape), value=[side, side, 3]
            ),
            hint=_("Resize it to the network's input, {side} x {side} pixels in colour.").format(
                side=side
            ),
        )
    picture = torch.tensor(pixels).permute(2, 0, 1)[None].float() / 255.0
    return Baseline("own", later("Own picture"), lambda face, _: picture.to(face))
