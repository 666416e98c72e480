"""Did attention leave the cover? A measure of this project's own: no published one was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AttentionShift:
    """The share of attention that lies on the cover, before and after it is there, in [0, 1]."""

    before: float
    after: float

    @property
    def change(self) -> float:
        """Return after minus before, negative where attention left the cover."""
        return self.after - self.before


def attention_shift(
    before: NDArray[np.float32], after: NDArray[np.float32], covered: NDArray[np.float32]
) -> AttentionShift:
    """Weigh each region's covered share by its attention, before and after.

    A = sum_i w_i c_i: the share of hidden pixels that one meets by choosing a region with
    probability w_i and then a pixel of it. The same c counts both times, so that A falls exactly
    where weight moves from regions that are covered more to regions that are covered less. It stays
    where every region is covered alike, however the weights move. docs/occlude.md defines it.

    Args:
        before: f32[R], the combined weights w of the clean face; they sum to 1.
        after: f32[R], those of the covered face.
        covered: f32[R] in [0, 1], the covered share c of each region.

    Raises:
        ValueError: if the three do not have one value a region each.
    """
    if not (before.ndim == 1 and before.shape == after.shape == covered.shape):
        raise ValueError(
            "before, after and covered must be [R] each, got "
            f"{list(before.shape)}, {list(after.shape)} and {list(covered.shape)}; "
            "give both predictions of one layout"
        )
    return AttentionShift(
        *(float(w.astype(float) @ covered.astype(float)) for w in (before, after))
    )
