"""A Prediction: what a network answers for a scene, and the attention that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ran.net.regions import Box

NEARLY_CONSTANT = 0.05
"""Log w is log mu + log nu and a constant: below this share of its variance mu says little."""
LITTLE = 0.25
"""Of the uniform weight: a crop with less is not called the best."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """The answer for one scene.

    probabilities, softmax(z / T) with the card's temperature T, and logits z, f32[C] in the order
    of `classes`; self_weights (mu), relation_weights (nu) and weights (w, they sum to one) f32[R];
    covered f32[R], the hidden share of each region; rb_margin mu_max - mu_0 and rb_loss max(0,
    alpha - margin) at the card's alpha, None for a plain network, which has no crops.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    self_weights: NDArray[np.float32]
    relation_weights: NDArray[np.float32]
    weights: NDArray[np.float32]
    covered: NDArray[np.float32]
    boxes: tuple[Box, ...]
    alpha: float
    rb_margin: float | None

    @property
    def rb_loss(self) -> float | None:
        """Return the region-biased loss at the card's alpha."""
        return None if self.rb_margin is None else max(0.0, self.alpha - self.rb_margin)

    @property
    def probabilities_t1(self) -> NDArray[np.float32]:
        """Return softmax(z) without the card's temperature, f32[C]: the network's own."""
        risen = np.exp(self.logits.astype(float) - float(self.logits.max()))
        return np.asarray(risen / risen.sum(), np.float32)

    @property
    def expression(self) -> str:
        """Return the class of highest probability."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def relative_weights(self) -> NDArray[np.float32]:
        """Return w relative to uniform, w_i * R: 1.0 is uniform."""
        return self.weights * np.float32(len(self.boxes))

    @property
    def is_mu_nearly_constant(self) -> bool:
        """Return whether nu alone decides how w differs: log mu varies a twentieth of log w."""
        if not (self.self_weights > 0).all() or not (self.weights > 0).all():
            return False
        mu, w = (float(np.var(np.log(part))) for part in (self.self_weights, self.weights))
        return len(self.boxes) > 1 and mu < NEARLY_CONSTANT * w

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values: the layout of the command line, and of exports."""
        columns = (self.self_weights, self.relation_weights, self.weights, self.covered)
        return {
            "expression": self.expression,
            "probabilities": dict(zip(self.classes, self.probabilities.tolist(), strict=True)),
            "probabilities_t1": dict(
                zip(self.classes, self.probabilities_t1.tolist(), strict=True)
            ),
            "logits": dict(zip(self.classes, self.logits.tolist(), strict=True)),
            "alpha": self.alpha,
            "rb_margin": self.rb_margin,
            "rb_loss": self.rb_loss,
            "regions": [
                {"name": box.name, "box": list(box.edges), "self_weight": mu,
                 "relation_weight": nu, "weight": w, "covered": covered}
                for box, mu, nu, w, covered in zip(
                    self.boxes, *(column.tolist() for column in columns), strict=True
                )
            ],
        }  # fmt: skip
