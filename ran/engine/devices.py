"""What can be computed on here: with ran.study.training.fit, the only place that names a device.

Computing is in true fp32: a GPU's shortcut of ten bits, TF32, is off meanwhile. Gradients amplify
what it leaves out: maps agreed with a CPU's to a correlation of .978 only.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ran.errors import BadRequest
from ran.words import _

PRECISION = "fp32"
"""What answers and explanations are computed in, on every device."""


def devices() -> dict[str, str]:
    """Return what can be computed on here, best first: name -> label."""
    found = {}
    if torch.cuda.is_available():
        found["cuda"] = f"GPU, {torch.cuda.get_device_name(0)}"
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    threads = torch.get_num_threads()
    found["cpu"] = f"CPU, {threads} thread{'s' if threads > 1 else ''}"
    return found


def device_named(name: str) -> str:
    """Return the device of that name; "auto" is RAN_DEVICE or else the first that is there.

    Raises:
        BadRequest: if there is no such device here.
    """
    if name == "auto":
        name = os.environ.get("RAN_DEVICE") or "auto"
    known = devices()
    if name == "auto":
        return next(iter(known))
    kind, colon, number = name.partition(":")
    count = torch.cuda.device_count() if kind == "cuda" else 0
    if kind not in known or (colon and not (number.isdecimal() and int(number) < count)):
        raise BadRequest(
            _("There is no device {name!r} here.").format(name=name),
            hint=_("Use {names}.").format(names=", ".join(known)),
        )
    return name


def sent(values: Tensor, device: str) -> Tensor:
    """Return values on a device; nobody waits for their way to an NVIDIA GPU."""
    if device.startswith("cuda"):
        return values.pin_memory().to(device, non_blocking=True)
    return values.to(device)


def with_doubles(device: str) -> str:
    """Return the device if it computes in fp64, else the CPU."""
    return "cpu" if device == "mps" else device


def forget_unused() -> None:
    """Give back what torch keeps of a device's memory for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


class _Settings:
    """Torch's own, one of each for the whole process, while anybody computes here."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._inside = 0
        self._before = (False, False)

    def enter(self) -> None:
        with self._guard:
            if self._inside == 0:
                convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
                self._before = convolutions.allow_tf32, products.allow_tf32
                convolutions.allow_tf32 = products.allow_tf32 = False
            self._inside += 1

    def leave(self) -> None:
        with self._guard:
            self._inside -= 1
            if self._inside == 0:
                convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
                convolutions.allow_tf32, products.allow_tf32 = self._before


_SETTINGS = _Settings()


@contextmanager
def full_precision() -> Iterator[None]:
    """Compute what is in the block, or in the function under it, in fp32 itself."""
    _SETTINGS.enter()
    try:
        yield
    finally:
        _SETTINGS.leave()
