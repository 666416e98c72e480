"""A backbone whose ReLUs and poolings are modules of their own, one a use, for Captum's hooks.

torchvision's residual block calls one ReLU module twice or more, in place. Captum's DeepLift keeps
what went into a module on that module, and refuses a second use; hooks that change gradients do not
go with in-place operations. Here each use has a module of its own; convolutions and normalisations
stay the ones they were. (torch.fx could write this down, but it replaces nn.Module's call for the
whole process while it traces, and other threads predict meanwhile.)

Two more of Captum's rules need help here. Its hooks on a pooling that follows a ReLU at once sit
on the same tensor as the ReLU's, which then sees the gradient before the pooling's rule changed it.
And max_unpool, which sends a window's share to its largest pixel, keeps one share where overlapping
windows have the same largest pixel. So windows are laid side by side first, a linear step that also
stands between the two, and pooled then.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@torch.no_grad()
def unrolled(backbone: nn.Module, picture: Tensor) -> nn.Module:
    """Return a module that computes the same with the same parameters; `backbone` stays as it is.

    One forward pass of `picture`, an input with a batch of one, counts how often each is used.
    """
    replaced: dict[int, EachUse] = {}
    copied = _copied(backbone, replaced)
    copied(picture)
    for part in replaced.values():
        part.give_each_its_own()
    return copied


class EachUse(nn.Module):
    """In the place of a module without parameters that is used n times: n modules, by turns."""

    def __init__(self, make: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.uses = nn.ModuleList([make()])
        self._make, self._turn = make, 0

    def give_each_its_own(self) -> None:
        """Make as many modules as there were uses since this was made, and begin with the first."""
        self.uses = nn.ModuleList([self._make() for _ in range(self._turn)])
        self._turn = 0

    def forward(self, values: Tensor) -> Tensor:
        """Return what the next in turn makes of the values."""
        use = self.uses[self._turn % len(self.uses)]
        self._turn += 1
        made: Tensor = use(values)
        return made


def _copied(part: nn.Module, replaced: dict[int, EachUse]) -> nn.Module:
    if id(part) in replaced:
        return replaced[id(part)]
    make = _maker(part)
    if make is not None:
        replaced[id(part)] = EachUse(make)
        return replaced[id(part)]
    if not part._modules:
        return part
    shallow = copy.copy(part)
    shallow._modules = {
        name: None if child is None else _copied(child, replaced)
        for name, child in part._modules.items()
    }
    return shallow


def _maker(part: nn.Module) -> Callable[[], nn.Module] | None:
    if isinstance(part, nn.ReLU):
        return lambda: nn.ReLU(inplace=False)
    if isinstance(part, nn.MaxPool2d):
        ways = [_one(way) for way in (part.kernel_size, part.stride, part.padding)]
        return lambda: SideBySide(*ways)
    return None


def _one(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0]


class SideBySide(nn.Module):
    """Max pooling over windows that do not overlap any more: each is copied out before.

    Only behind a ReLU, as in our backbones: the border is padded with zeros, not minus infinity.
    """

    def __init__(self, size: int, stride: int, padding: int) -> None:
        super().__init__()
        self.size, self.stride, self.padding = size, stride, padding
        self.largest = nn.MaxPool1d(size * size)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the largest of each window, f32[N, K, h, w], for f32[N, K, H, W] >= 0."""
        windows = F.pad(pictures, (self.padding,) * 4)
        for axis in (2, 3):
            windows = windows.unfold(axis, self.size, self.stride)
        count, channels, height, width = windows.shape[:4]
        flat = windows.flatten(-2).flatten(1, 3)  # [N, K * h * w, size * size]
        largest: Tensor = self.largest(flat)
        return largest.view(count, channels, height, width)
