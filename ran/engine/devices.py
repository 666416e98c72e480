"""What can be computed on here: with ran.study.training.fit, the only place that names a device."""

from __future__ import annotations

import os

import torch

from ran.errors import BadRequest
from ran.words import _


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


def forget_unused() -> None:
    """Give back what torch keeps of a device's memory for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
