"""A network that has learnt nothing: the same architecture with its parameters drawn anew.

What a map of it shows was not learnt (Adebayo et al. 2018, arXiv:1810.03292, parameter
randomisation). They initialise anew; here every number is drawn from those of its own tensor: each
layer keeps its scale, whatever the backbone and however it was trained, so that a difference
between maps is not one of scale. A tensor of a single number, a query's bias, stays.

The running statistics of BatchNorm belong to the old parameters; with new ones they let
activations die or explode. They are estimated anew, layer by layer in one pass, on smooth random
pictures, which makes the network the same for every face.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ran.net.checkpoints import Network

PICTURES = 16
"""Pictures that the statistics are estimated on; at 80 pixels a last stage has 9 places of each."""
CELLS = (3, 5, 9, 17)
"""How many random values a side the pictures are enlarged from: coarse and fine detail."""


@torch.no_grad()
def redrawn(model: Network, side: int, *, seed: int) -> Network:
    """Return a copy of the network with all that it learnt mixed up, in eval mode and without
    gradients of its parameters.

    Args:
        model: the network; left as it is.
        side: S, pixels of a crop.
        seed: the same seed gives the same network.
    """
    generator = torch.Generator().manual_seed(seed)
    new = copy.deepcopy(model)
    for parameter in new.parameters():
        count = parameter.numel()
        drawn = torch.randint(count, (count,), generator=generator).to(parameter.device)
        parameter.copy_(parameter.flatten()[drawn].view_as(parameter))
    norms = [part for part in new.modules() if isinstance(part, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    new.features(_pictures(side, generator).to(next(new.parameters()).device)[None])
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return new.eval().requires_grad_(False)


def _pictures(side: int, generator: torch.Generator) -> Tensor:
    """Return f32[PICTURES, 3, S, S] in [0, 1]."""

    def smooth() -> Iterator[Tensor]:
        for number in range(PICTURES):
            cells = CELLS[number % len(CELLS)]
            coarse = torch.rand(1, 3, cells, cells, generator=generator)
            yield F.interpolate(coarse, (side, side), mode="bilinear", align_corners=True)

    return torch.cat(list(smooth()))
