"""How many threads compute: as many as this process may use processors."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import torch

_LIMITS = Path("/sys/fs/cgroup")


def processors(limits: Path = _LIMITS) -> int:
    """Return how many processors this process may use at a time, 1 or more.

    The least of those that it may run on, and what a container's share of time comes to
    (docs.kernel.org, Control Group v2, cpu.max; in version 1 cpu.cfs_quota_us), rounded down.
    """
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        count = os.cpu_count() or 1
    share = _share(limits)
    return max(1, min(count, int(share) if share else count))


def take_threads() -> int:
    """Let torch compute with as many threads as `processors`, or as OMP_NUM_THREADS says.

    Returns:
        how many.
    """
    try:
        count = max(1, int(os.environ.get("OMP_NUM_THREADS", "").split(",")[0]))
    except ValueError:
        count = processors()
    torch.set_num_threads(count)
    return count


def _share(limits: Path) -> float | None:
    """Return the processors that a container's time comes to, None where it has no limit."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (limits / "cpu.max").read_text().split()
        if quota != "max":
            return int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota_us, period_us = (
            int((limits / "cpu" / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period")
        )
        if quota_us > 0:
            return quota_us / period_us
    return None
