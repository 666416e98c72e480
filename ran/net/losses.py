"""The region-biased loss and the margin it looks at (Wang et al. 2020, region biased loss)."""

from __future__ import annotations

from torch import Tensor


def rb_margin(self_weights: Tensor) -> Tensor:
    """Return mu_max - mu_0, f32[B] in (-1, 1): how far the best crop stands above the whole face.

    The maximum runs over the crops only.

    Args:
        self_weights: mu, f32[B, R] with R >= 2; column 0 is the whole face.

    Raises:
        ValueError: if there is no crop to compare with.
    """
    if self_weights.ndim != 2 or self_weights.shape[1] < 2:
        raise ValueError(
            "the RB margin compares crops with the whole face and needs self_weights [B, R] with "
            f"R >= 2, got {list(self_weights.shape)}"
        )
    return self_weights[:, 1:].amax(dim=1) - self_weights[:, 0]


def region_biased_loss(self_weights: Tensor, *, alpha: float = 0.02) -> Tensor:
    """Return max(0, alpha - (mu_max - mu_0)), f32[B], one loss a face.

    It is zero exactly where the margin reaches alpha. The paper's alpha is 0.02, the authors'
    FERPlus code's 0.1.
    """
    return (alpha - rb_margin(self_weights)).clamp(min=0.0)
