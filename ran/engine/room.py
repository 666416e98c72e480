"""A device's memory: how many crops go through a network together, and what if it is full.

Fewer at a time, down to one; then the CPU, whose memory is another. What is too large for one
answer is tried anew at the next: others on the device come and go.
"""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ran.engine.devices import forget_unused
from ran.errors import is_out_of_memory
from ran.explain.maps.asked import Asked
from ran.net.checkpoints import Network

CROPS_AT_ONCE = {"cpu": 12, "gpu": 192}
"""On a CPU, bigger batches were slower than one crop at a time (benchmarks, row `forward`)."""
EXPLAINED_AT_ONCE = {"cpu": 24, "gpu": 192}
"""Crops that go through the network together where gradients are kept; memory grows with them."""


class Room:
    """Of one network on one device, shared by all who ask it.

    Args:
        network: what makes features; it stays as it is.
        at_once: how many crops go through it together while there is room.
        device: where it is.
    """

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
        """Return what the backbone makes of crops f32[R, 3, S, S], f32[1, R, D], on their device.

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
    return torch.cat([network.features(chunk[None]) for chunk in crops.split(at_once)], dim=1)
