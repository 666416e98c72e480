"""A Heatmap: how much each pixel of the face speaks for a target; and one on its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Heatmap:
    """How much each pixel of the face speaks for a target, not normalised: maps compare.

    values f32[S, S] on the face at the network's input size, zero or above unless `signed`;
    regions f32[R, s, s], the map of each region in the coordinates of its crop; target, what was
    explained: a class name, also where "predicted" was asked for.

    Where a method promises that its values sum to f(face) - f(baseline), `total` is that
    difference and `gap` is by how much the values miss it, both in the unit of the target (logits
    for a class); elsewhere both are None. `local_gaps` is the sum of the absolute values of what
    each piece of a path misses, where a method follows one: misses of opposite signs do not cancel
    in it; `error` is the standard error of the sum where draws make it. `baseline` and `steps`
    (steps, draws or positions) are None where the method has none. `before_relu` f32[S, S] are the
    values with what a ReLU took of them, where a method ends with one: what maps are compared by.
    The arrays are read-only, because an engine hands the same heatmap to whoever asks the same.
    """

    values: NDArray[np.float32]
    regions: NDArray[np.float32]
    signed: bool
    method: str
    target: str
    gap: float | None = None
    total: float | None = None
    baseline: str | None = None
    steps: int | None = None
    local_gaps: float | None = None
    error: float | None = None
    before_relu: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        for array in (self.values, self.regions, self.before_relu):
            if array is not None:
                array.setflags(write=False)

    @property
    def gap_share(self) -> float | None:
        """Return the gap as a share of |total|, or of 1 where that is less; None without one."""
        if self.gap is None or self.total is None:
            return None
        return self.gap / max(abs(self.total), 1.0)

    @property
    def error_share(self) -> float | None:
        """Return the standard error of the sum as the same share; None without one."""
        if self.error is None or self.total is None:
            return None
        return self.error / max(abs(self.total), 1.0)


@dataclass(frozen=True, eq=False)
class Explaining:
    """How far an explanation is: `done` of `of` steps.

    `heatmap` is the map so far where the method can show one half done, else None; the last one,
    with done == of, holds the finished heatmap.
    """

    done: int
    of: int
    heatmap: Heatmap | None
