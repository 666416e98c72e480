"""What a network returned, as Predictions: one transfer from its device for all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ran.engine.explainer import no_number
from ran.net.attention import rb_margin
from ran.net.checkpoints import Card
from ran.net.model import RanOutput
from ran.net.regions import RegionLayout
from ran.prediction import Prediction


def predictions(
    card: Card,
    layouts: Sequence[RegionLayout],
    output: RanOutput,
    covered: Sequence[NDArray[np.float32]],
    *,
    has_margin: bool,
) -> list[Prediction]:
    """Return the answers of a network to B scenes.

    Args:
        card: the network's.
        layouts: how each scene was cut, into R regions.
        output: what it returned.
        covered: f32[R] each, the hidden share of each region.
        has_margin: whether the whole face and a crop are in use.

    Raises:
        BadCheckpoint: if an answer is no number.
    """
    together = torch.cat([part.float() for part in output[:4]], dim=1).cpu()
    if not bool(together.isfinite().all()):
        raise no_number(card)
    classes, regions = output.logits.shape[1], output.weights.shape[1]
    logits, mu, nu, w = together.split([classes, regions, regions, regions], dim=1)
    margins = rb_margin(mu).tolist() if has_margin else [None] * len(layouts)
    temperatures = torch.tensor([card.temperature_of(layout.kind) for layout in layouts])
    shares = torch.softmax(logits / temperatures[:, None], dim=1)
    rows = zip(layouts, covered, margins, *(_rows(x) for x in (shares, logits, mu, nu, w)),
               strict=True)  # fmt: skip
    return [
        Prediction(
            classes=card.classes,
            probabilities=probabilities,
            logits=z,
            self_weights=self_weights,
            relation_weights=relation_weights,
            weights=weights,
            covered=hidden,
            boxes=layout.boxes,
            alpha=card.alpha,
            rb_margin=margin,
        )
        for layout, hidden, margin, probabilities, z, self_weights, relation_weights, weights
        in rows
    ]  # fmt: skip


def _rows(values: torch.Tensor) -> list[NDArray[np.float32]]:
    """Return each row by itself: one that is kept holds no other."""
    return [np.array(row, np.float32) for row in values.numpy()]
