"""How much a network's attention is worth: accuracy with other weights in place of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ran.engine.devices import full_precision
from ran.errors import BadRequest
from ran.explain.regions.controls import CONTROLS, LEARNT, controlled
from ran.net.checkpoints import Network
from ran.net.model import RegionAttentionNetwork
from ran.study.data.ferplus import Faces, read_ferplus, read_lists
from ran.study.evaluation.accuracy import listed_layout, region_crops
from ran.study.evaluation.comparison import paired

ControlTable = dict[str, dict[str, float]]


def valid_faces(ferplus: Path, lists: Path) -> Faces:
    """Return the faces of FER2013Valid that the authors' training list names: no test face."""
    listed = frozenset(read_lists(lists).train)
    return read_ferplus(ferplus, "valid").chosen(listed)


@full_precision()
@torch.no_grad()
def control_table(
    model: Network, faces: Faces, side: int, *, layout: str, seed: int = 0
) -> ControlTable:
    """Return n, accuracy, difference to the network's own weights and its p, by control.

    Args:
        model: in eval mode, on the device to use.
        faces: two at least.
        side: the card's input size in pixels.
        layout: "fixed", "landmark" or "random", as faces of the lists are cut.
        seed: which other face lends its weights.

    Returns:
        A row for each of ran.explain.regions.controls.CONTROLS: n; accuracy in [0, 1]; difference,
        accuracy minus that of the learnt weights; p of the exact McNemar test, two-sided.

    Raises:
        BadRequest: if the network has no attention.
    """
    if not isinstance(model, RegionAttentionNetwork):
        raise BadRequest(
            "A plain network has no attention to control.", hint="Give a RAN's checkpoint."
        )
    crops = region_crops(model, faces, side, layout=listed_layout(layout))
    features = torch.cat([model.features(part) for part in crops])
    return table_of(model, features, torch.from_numpy(faces.labels()), seed=seed)


@full_precision()
@torch.no_grad()
def table_of(
    model: RegionAttentionNetwork,
    features: Tensor,
    labels: Tensor,
    *,
    columns: Sequence[int] | None = None,
    seed: int = 0,
) -> ControlTable:
    """Return the same of faces whose regions' features are known.

    Args:
        model: in eval mode.
        features: f32[N, R, D], two faces at least.
        labels: i64[N], into the classes of `columns`.
        columns: the classes among which the network answers, None for all.
        seed: which other face lends its weights.
    """
    labels = labels.to(features.device)
    among = list(range(model.classifier.out_features) if columns is None else columns)
    right = {
        name: (answer[:, among].argmax(1) == labels).cpu()
        for name, answer in controlled(model, features, seed=seed).items()
    }
    table = {}
    for name in CONTROLS:
        row = paired(right[name], right[LEARNT])
        table[name] = {
            "n": row["n"],
            "accuracy": float(right[name].double().mean()),
            "difference": row["difference"],
            "p": row["p"],
        }
    return table
