"""How far the probabilities can be taken at their word, list by list."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import on_list
from ran.study.evaluation.comparison import error_against

Row = dict[str, float]


def calibrations(
    logits: Tensor, faces: Faces, subsets: Mapping[str, frozenset[str]], *, temperature: float
) -> dict[str, Row]:
    """Return how well the probabilities say what they mean, on each list.

    Returns:
        By list: n, faces; ece_answer, the expected calibration error with the temperature, against
        whether the answer is the label; ece_answer_t1 the same without it; sure and sure_t1, the
        mean of the highest probability; raters, the mean share of raters who chose what is
        answered; ece_raters and ece_raters_t1, the expected calibration error against that share.

    Args:
        logits: f32[N, C].
        faces: the N faces, with their votes.
        subsets: names of faces by list.
        temperature: the card's.
    """
    chosen = faces.shares().gather(1, logits.argmax(1)[:, None])[:, 0]
    labels = torch.from_numpy(faces.labels())
    found = {}
    for name, members in subsets.items():
        rows = on_list(faces, members)
        row: Row = {"n": int(rows.sum()), "raters": float(chosen[rows].double().mean())}
        right = logits[rows].argmax(1) == labels[rows]
        for suffix, t in (("", temperature), ("_t1", 1.0)):
            probabilities = (logits[rows] / t).softmax(1)
            row[f"sure{suffix}"] = float(probabilities.double().max(1).values.mean())
            row[f"ece_answer{suffix}"] = error_against(probabilities, right)
            row[f"ece_raters{suffix}"] = error_against(probabilities, chosen[rows])
        found[name] = row
    return found
