"""A device's memory: how many crops go through a network together, and what if it is full.

Fewer at a time, down to one; then the CPU, whose memory is another. What is too large for one
answer is tried anew at the next: others on the device come and go.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from ran.engine.devices import PRECISION, forget_unused
from ran.errors import is_out_of_memory
from ran.explain.maps.asked import Asked
from ran.net.checkpoints import Network

_GPU_CROPS = 192
_CPU_PIXELS = 600_000
"""Of crops that go through a network together on a CPU: with more or fewer it was slower. Twelve at
224 pixels, 24 at 150."""
EXPLAINED_AT_ONCE = {"cpu": 24, "gpu": 192}
"""Crops that go through the network together where gradients are kept; memory grows with them."""

TURNS_AT_ONCE = {"cpu": 1, "gpu": 16}
"""Angles to which a face is turned together; a CPU is no faster with more."""
_Made = TypeVar("_Made")


def crops_at_once(device: str, side: int) -> int:
    """Return how many crops of `side` pixels go through a network together, a multiple of six."""
    if device != "cpu":
        return _GPU_CROPS
    return 6 * min(8, max(1, _CPU_PIXELS // (6 * side * side)))


def or_on_cpu(make: Callable[..., _Made], device: str) -> _Made:
    """Return what `make(device=...)` makes: there, or on the CPU where its memory is full.

    Raises:
        RuntimeError, MemoryError: as `make`; of memory, if it is the CPU's.
    """
    try:
        return make(device=device)
    except RuntimeError as error:
        if device == "cpu" or not is_out_of_memory(error):
            raise
    forget_unused()
    return make(device="cpu")


class Room:
    """Of one network on one device, shared by all who ask it.

    Args:
        network: what makes features; it stays as it is.
        at_once: how many crops go through it together while there is room.
        device: where it is.
    """

    precision = PRECISION

    def __init__(self, network: Network, at_once: int, device: str) -> None:
        self._network, self._is_cpu = network, device == "cpu"
        self._guard = threading.Lock()
        self._cpu: Network | None = None
        self.at_once = at_once
        """How many fitted last."""
        self.is_full = False
        """Whether the last answer had to come from the CPU."""

    @torch.no_grad()
    def features(self, crops: Tensor) -> Tensor:
        """Return what the backbone makes of crops f32[N, 3, S, S], f32[N, D], on their device.

        Raises:
            RuntimeError, MemoryError: if the CPU's memory is full too (ran.errors.memory_told).
        """
        at_once = min(self.at_once, len(crops))
        while True:
            try:
                made = _in_chunks(self._network, crops, at_once)
            except RuntimeError as error:
                if self._is_cpu or not is_out_of_memory(error):
                    raise
            else:
                self.is_full = False
                return made
            forget_unused()
            if at_once == 1:
                break
            at_once = self.at_once = at_once // 2
        self.is_full = True
        return _in_chunks(self.on_cpu(), crops.cpu(), len(crops)).to(crops.device)

    def asked_for_less(self, asked: Asked, error: RuntimeError) -> Asked:
        """Return the same question for less memory, after it ran out: fewer at a time, or the CPU.

        Raises:
            RuntimeError: the error, if it is another, or it was the CPU's memory.
        """
        if self._is_cpu or self.is_on_cpu(asked) or not is_out_of_memory(error):
            raise error
        forget_unused()
        if asked.faces_at_once > 1:
            self.at_once = asked.faces_at_once // 2 * len(asked.boxes)
            return replace(asked, at_once=self.at_once)
        return replace(asked, model=self.on_cpu(), face=asked.face.cpu(), boxes=asked.boxes.cpu())

    def is_on_cpu(self, asked: Asked) -> bool:
        """Return whether a question went to the CPU because there was no room."""
        return self._cpu is not None and asked.model is self._cpu

    def on_cpu(self) -> Network:
        """Return the network on the CPU; copied once, without the device's memory."""
        with self._guard:
            if self._cpu is None:
                self._cpu = cpu_copy(self._network)
            return self._cpu


def cpu_copy(network: Network) -> Network:
    """Return the network on the CPU, in eval mode; nothing is allocated on its own device."""
    there: dict[int, Any] = {
        id(parameter): nn.Parameter(parameter.detach().to("cpu", copy=True), requires_grad=False)
        for parameter in network.parameters()
    }
    there |= {id(buffer): buffer.to("cpu", copy=True) for buffer in network.buffers()}
    return copy.deepcopy(network, there)


def _in_chunks(network: Network, crops: Tensor, at_once: int) -> Tensor:
    return torch.cat([network.features(chunk[None])[0] for chunk in crops.split(at_once)])
