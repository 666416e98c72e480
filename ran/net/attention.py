"""The two attention modules of RAN, equation by equation (Wang et al. 2020, arXiv:1905.04075).

Two conventions exist and both load. "sigmoid" is the paper's: a weight is a sigmoid of its own
region alone. "softmax" is the authors' released code: a softmax over the regions follows the
sigmoid, so weights lie in (1 / (1 + (R - 1) e), e / (e + R - 1)) and sum to one.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

Attention = Literal["sigmoid", "softmax"]
ATTENTIONS: tuple[str, ...] = get_args(Attention)


class SelfAttention(nn.Module):
    """Weigh each region alone: mu_i = sigmoid(q0 . F_i) (Wang et al. 2020, self-attention module).

    The released code has a bias in q0; it is kept here so that those parameters fit.
    """

    def __init__(self, features: int, attention: Attention = "sigmoid") -> None:
        super().__init__()
        self.query = nn.Linear(features, 1)
        self.attention = _checked(attention)

    def forward(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """Return mu, f32[B, R] in (0, 1), for features f32[B, R, D].

        `present`, bool[B, R], says which regions are there; the weight of the others is 0.
        """
        return _weights(self.query(features).squeeze(-1), self.attention, present)


class RelationAttention(nn.Module):
    """Weigh each region beside the whole: nu_i = sigmoid(q1 . [F_i : F_m]).

    Wang et al. 2020, relation-attention module. F_m is the mean of the features under mu.
    """

    def __init__(self, features: int, attention: Attention = "sigmoid") -> None:
        super().__init__()
        self.query = nn.Linear(2 * features, 1)
        self.attention = _checked(attention)

    def forward(
        self, features: Tensor, self_weights: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Weigh every region against the global representation.

        Args:
            features: f32[B, R, D].
            self_weights: mu, f32[B, R], positive where a region is there.
            present: which regions are there, bool[B, R]; the weight of the others is 0.

        Returns:
            nu, f32[B, R] in (0, 1), and the pairs [F_i : F_m], f32[B, R, 2D].
        """
        anchor = weighted_mean(features, self_weights)  # F_m, f32[B, D]
        pairs = torch.cat([features, anchor.unsqueeze(1).expand_as(features)], dim=-1)
        return _weights(self.query(pairs).squeeze(-1), self.attention, present), pairs


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Return sum_i w_i v_i / sum_i w_i, f32[B, D], for values f32[B, R, D], weights f32[B, R]."""
    return (weights.unsqueeze(-1) * values).sum(1) / weights.sum(1, keepdim=True)


def _weights(scores: Tensor, attention: Attention, present: Tensor | None) -> Tensor:
    weights = torch.sigmoid(scores)
    if attention == "softmax":
        if present is not None:
            weights = weights.masked_fill(~present, -torch.inf)
        return torch.softmax(weights, dim=1)
    return weights if present is None else weights * present


def _checked(attention: Attention) -> Attention:
    if attention not in ATTENTIONS:
        raise ValueError(f"attention must be one of {', '.join(ATTENTIONS)}, got {attention!r}")
    return attention


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
