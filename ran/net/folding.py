"""A network for asking alone: batch normalisation folded into the convolutions before it.

In eval mode BatchNorm is y = g (x - m) / sqrt(v + e) + b with fixed numbers, one for each channel:
a convolution with other weights does both. What comes out differs by rounding, and takes less time
where memory is the limit. Such a network cannot be trained on, and its parameters are not those of
the checkpoint.
"""

from __future__ import annotations

import copy
from typing import Any

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ran.net.checkpoints import Network


def sharing_copy(network: Network) -> Network:
    """Return other modules over the very same parameters and buffers.

    A hook on one is not seen by the other. The copy's parameters ask for no gradient, so that a
    backward pass goes no deeper than it must.
    """
    shared: dict[int, Any] = {
        id(parameter): nn.Parameter(parameter.detach(), requires_grad=False)
        for parameter in network.parameters()
    }
    shared |= {id(buffer): buffer for buffer in network.buffers()}
    return copy.deepcopy(network, shared)


def folded(network: Network) -> Network:
    """Return the network with each BatchNorm2d folded into the Conv2d right before it.

    `network` stays as it is. All other parameters are shared; the folded convolutions are new. A
    normalisation that follows no convolution stays.

    Raises:
        ValueError: if the network is in training mode, where batches decide the numbers.
    """
    if any(isinstance(part, nn.BatchNorm2d) and part.training for part in network.modules()):
        raise ValueError("only a network in eval mode can be folded; call eval() first")
    new = sharing_copy(network)
    for part in list(new.modules()):
        _fold_children(part)
    return new


def _fold_children(part: nn.Module) -> None:
    # Our backbones name their modules in the order in which they are used.
    before: tuple[str, nn.Module] | None = None
    for name, child in list(part.named_children()):
        if (
            isinstance(child, nn.BatchNorm2d)
            and before is not None
            and isinstance(before[1], nn.Conv2d)
        ):
            setattr(part, before[0], fuse_conv_bn_eval(before[1], child).requires_grad_(False))
            setattr(part, name, nn.Identity())
        before = name, child
