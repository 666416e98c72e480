"""Features of regions on disk, each computed once: what heads and ablations are trained on.

A folder of parts, a few hundred faces each. What was interrupted goes on after the last whole part;
parts of another network, other boxes or other faces are computed anew.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import torch
from torch import Tensor

from ran.net.folding import folded
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import RegionLayout, pixel_boxes
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import region_crops
from ran.study.training.run_folder import Allowance, read_tensors, save_tensors
from ran.writing import write_text

PART = 256
"""Faces of one part: a few minutes at most on two CPU cores, and some megabytes."""


@torch.no_grad()
def compute_features(
    model: RegionAttentionNetwork,
    faces: Faces,
    side: int,
    *,
    place: Path,
    layout: RegionLayout | None = None,
    mirrored: bool = False,
    allowance: Allowance | None = None,
) -> bool:
    """Write the features of every region of every face into parts; return whether all are there.

    Args:
        model: its backbone, folded, computes them, on its device; in eval mode.
        faces: in the order in which `read_features` returns them.
        side: pixels of a face and of each crop.
        place: folder of the parts; what lies there and is of something else is removed.
        layout: the regions; None is the model's own.
        mirrored: of the mirrored faces; the boxes stay where they are.
        allowance: work stops between two parts when it is over.
    """
    layout = model.layout if layout is None else layout
    key = _key(model, layout, side, mirrored=mirrored)
    about = place / "about.txt"
    if not about.is_file() or about.read_text() != key:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        write_text(about, key)
    asked = folded(model)
    for number, start in enumerate(range(0, len(faces), PART)):
        part = faces.part(start, start + PART)
        path = _path(place, number)
        if _is_of(path, part):
            continue
        if allowance is not None and allowance.is_over():
            return False
        crops = region_crops(model, part, side, layout=layout, mirrored=mirrored)
        # Half precision: two views of six regions of 25,000 faces are 0.3 GB, not 0.6.
        features = torch.cat([asked.features(few).half().cpu() for few in crops])
        save_tensors({"faces": part.key, "features": features}, path)
    return True


def read_features(place: Path, count: int) -> Tensor:
    """Return the features of the first `count` faces, f16[N, R, D], once all parts are there."""
    parts = [read_tensors(_path(place, number)) for number in range(-(-count // PART))]
    return torch.cat([part["features"] for part in parts])[:count]


def _path(place: Path, number: int) -> Path:
    return place / f"part-{number:04}.pt"


def _is_of(path: Path, faces: Faces) -> bool:
    if not path.is_file():
        return False
    try:
        return bool(read_tensors(path)["faces"] == faces.key)
    except (ValueError, TypeError, KeyError):  # a damaged part is computed anew
        return False


def _key(model: RegionAttentionNetwork, layout: RegionLayout, side: int, *, mirrored: bool) -> str:
    """Return what tells the features of one network, size and layout from all others'."""
    digest = hashlib.sha256()
    for name, value in {**model.backbone.state_dict(), "m": model.mean, "s": model.std}.items():
        digest.update(name.encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    boxes = pixel_boxes(layout, side).tolist()
    colour = "grey" if model.grey else "colour"
    way = "mirrored" if mirrored else "as they are"
    return f"{digest.hexdigest()} {colour} {side} {boxes} {way}\n"
