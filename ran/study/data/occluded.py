"""Which faces something hides: a detector that learnt it from the RAN authors' own choice.

They chose 605 of FERPlus' test faces by eye. A logistic regression on the bundled network's
features of the whole face and its five landmark crops, all of them in a row, learnt their choice;
one that learnt drawn covers knows those nearly always and the authors' faces hardly better than
chance (docs/benchmark.md has both). No label of an expression is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ran.engine import Engine
from ran.errors import BadRequest
from ran.face.detect import Face
from ran.recipe import LayoutChoice
from ran.scene import Scene

NAME = "occluded.safetensors"
"""Of its file, beside the network whose features it takes."""
LAYOUT = LayoutChoice("landmark", radius=0.25)
DECAY = 0.01
"""Of the squared weights; of 0.001, 0.01 and 0.1 the best over five folds."""
FOLDS = 5
AT_ONCE = 64
_MADE_OF = "sha256"


@dataclass(frozen=True, eq=False)
class Occluded:
    """A detector: weights f64[R * D], bias, and the sureness from which a face is chosen."""

    weights: NDArray[np.float64]
    bias: float
    threshold: float

    def sure(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how sure it is of each face f32[N, R * D], in [0, 1]."""
        return np.asarray(
            1.0 / (1.0 + np.exp(-(features.astype(float) @ self.weights + self.bias)))
        )

    def write(self, folder: Path, sha256: str) -> None:
        """Write it beside a network of this hash."""
        numbers = torch.tensor([self.bias, self.threshold], dtype=torch.float32)
        weights = torch.tensor(self.weights, dtype=torch.float32)
        save_file({"weights": weights, "numbers": numbers}, folder / NAME, {_MADE_OF: sha256})

    @staticmethod
    def read(folder: Path, sha256: str) -> Occluded:
        """Return the detector beside a network.

        Raises:
            BadRequest: if there is none, or it takes another network's features.
        """
        hint = "Use the bundled network, or fit it: `python -m ran data occluded`."
        try:
            with safe_open(folder / NAME, "pt") as file:
                made_of = (file.metadata() or {}).get(_MADE_OF)
                weights, numbers = (
                    file.get_tensor(name).double().numpy() for name in ("weights", "numbers")
                )
        except (OSError, SafetensorError) as error:
            raise BadRequest(
                f"There is no detector of occluded faces in {folder}.", hint=hint
            ) from error
        if made_of != sha256:
            raise BadRequest("The detector of occluded faces is of another network.", hint=hint)
        return Occluded(weights, float(numbers[0]), float(numbers[1]))


def features_of(engine: Engine, faces: Sequence[Face]) -> NDArray[np.float32]:
    """Return the features of each face's regions in a row, f32[N, R * D]."""
    found = []
    for first in range(0, len(faces), AT_ONCE):
        scenes = [
            Scene(face, layout=LAYOUT.regions(face)) for face in faces[first : first + AT_ONCE]
        ]
        crops = engine.cutter.crops(scenes)
        found.append(engine.room.features(crops.flatten(0, 1)).view(len(scenes), -1).cpu().numpy())
    return np.concatenate(found)


def fit(features: NDArray[np.float32], listed: NDArray[np.bool_]) -> Occluded:
    """Fit a detector to who is listed; its threshold chooses as many of these as there are."""
    weights, bias = _logistic(features, listed)
    alone = Occluded(weights, bias, 0.5)
    threshold = float(np.sort(alone.sure(features))[-int(listed.sum())])
    return Occluded(weights, bias, threshold)


def cross_validated(
    features: NDArray[np.float32], listed: NDArray[np.bool_], *, seed: int = 0
) -> NDArray[np.float64]:
    """Return how sure detectors are that saw each face in no training, f64[N]."""
    order = np.random.default_rng(seed).permutation(len(features))
    sure = np.zeros(len(features))
    for fold in np.array_split(order, FOLDS):
        rest = np.setdiff1d(order, fold)
        weights, bias = _logistic(features[rest], listed[rest])
        sure[fold] = Occluded(weights, bias, 0.5).sure(features[fold])
    return sure


def _logistic(
    features: NDArray[np.float32], listed: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Return weights and bias of a logistic regression, fitted on standardised features."""
    rows = torch.tensor(features, dtype=torch.float64)
    middle, spread = rows.mean(0), rows.std(0) + 1e-6
    rows, right = (rows - middle) / spread, torch.tensor(listed, dtype=torch.float64)
    found = torch.zeros(rows.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([found], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        said = torch.nn.functional.binary_cross_entropy_with_logits(
            rows @ found[:-1] + found[-1], right
        )
        whole = said + DECAY * (found[:-1] ** 2).sum()
        whole.backward()
        return whole

    optimiser.step(loss)
    weights = found.detach()[:-1] / spread
    bias = float(found.detach()[-1] - (weights * middle).sum())
    return weights.numpy(), bias


def agreement(
    sure: NDArray[np.float64], chosen: NDArray[np.bool_], listed: NDArray[np.bool_]
) -> dict[str, float]:
    """Return how far a choice agrees with a list.

    Returns:
        n, faces; listed and chosen of them; both; precision and recall in [0, 1], 0 where nothing
        is chosen or listed; auc, the share of pairs of a listed and another face of which the
        listed one is surer, ties half.
    """
    both = int((chosen & listed).sum())
    ranks = np.unique(sure, return_inverse=True)[1]
    counts = np.bincount(ranks)
    middle = counts.cumsum() - (counts - 1) / 2
    one, others = int(listed.sum()), int((~listed).sum())
    pairs = one * others
    above = float(middle[ranks][listed].sum()) - one * (one + 1) / 2
    return {
        "n": len(sure), "listed": one, "chosen": int(chosen.sum()), "both": both,
        "precision": both / max(1, int(chosen.sum())), "recall": both / max(1, one),
        "auc": above / pairs if pairs else 0.5,
    }  # fmt: skip
