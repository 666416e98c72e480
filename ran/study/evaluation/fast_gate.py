"""What int8 by OpenVINO changes on FER2013Valid: the gate that it must pass to answer."""

from __future__ import annotations

import torch
from tqdm import tqdm

from ran.engine import Engine
from ran.engine.devices import full_precision
from ran.engine.fast.gates import INT8, kind_of_cpu, row_name
from ran.engine.fast.quickened import quickened
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import listed_layout, region_crops


@full_precision()
@torch.no_grad()
def fast_table(engine: Engine, faces: Faces) -> dict[str, dict[str, float | None]]:
    """Return a row for each layout that the network was trained with, on this kind of CPU.

    n; agreement, the share of faces with the same answer; accuracy and accuracy_fp32, all in
    [0, 1]. Named as ran.engine.fast.gates.row_name says: so cards hold them as evidence.

    Raises:
        BadRequest: if the network is not on the CPU.
        ModuleNotFoundError: if the extra [fast] is not installed.
    """
    quick = quickened(engine, INT8, is_measured=False)
    labels = torch.from_numpy(faces.labels())
    table: dict[str, dict[str, float | None]] = {}
    for layout in tqdm(engine.card.trained_layouts, desc="layouts", leave=False):
        own, fast = [], []
        cut = None if engine.card.kind == "plain" else listed_layout(layout)
        crops = region_crops(engine.asked, faces, engine.card.input_size, layout=cut)
        for part in crops:
            own.append(engine.asked.forward_regions(part).logits.argmax(1))
            features = quick.room.features(part.flatten(0, 1)).view(*part.shape[:2], -1)
            fast.append(engine.asked.attend(features).logits.argmax(1))
        first, second = torch.cat(own), torch.cat(fast)
        table[row_name(kind_of_cpu(), layout)] = {
            "n": float(len(labels)),
            "agreement": float((first == second).double().mean()),
            "accuracy": float((second == labels).double().mean()),
            "accuracy_fp32": float((first == labels).double().mean()),
        }
    return table
