"""Accuracy on the published test lists. The test list is answered once, the rest are parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ran.engine.devices import full_precision
from ran.errors import BadRequest
from ran.face.framing import FERPLUS
from ran.net.checkpoints import Network
from ran.net.regions import (
    RegionLayout,
    crop_regions,
    fixed_layout,
    landmark_layout,
    pixel_boxes,
    random_layout,
)
from ran.study.data.ferplus import Faces, read_ferplus, read_lists
from ran.study.evaluation.confusion import report

Scores = dict[str, dict[str, float]]
Reports = dict[str, dict[str, Any]]
FACES_ON_CPU, FACES_ON_GPU = 8, 128
"""How many faces are cut and answered at once."""


def evaluate(
    model: Network, side: int, *, ferplus: Path, lists: Path, flip: bool = False
) -> Scores:
    """Return n and accuracy in [0, 1] on "ferplus", "occlusion", "pose30" and "pose45".

    Args:
        model: in eval mode, on the device to use.
        side: the card's input size in pixels.
        ferplus: FERPlus' folder or a zip of it.
        lists: the folder that holds FERplus_dir.
        flip: whether the mirrored face is asked too, and the probabilities averaged.

    Raises:
        BadRequest: if a face of a list is not among the data.
    """
    faces, subsets = exam(ferplus, lists)
    answered = _exam_answers(model, faces, side, flip=flip)
    return list_scores(answered == torch.from_numpy(faces.labels()), faces, subsets)


def reports(
    model: Network, side: int, *, ferplus: Path, lists: Path, flip: bool = False
) -> Reports:
    """Return `report` of each list that `evaluate` scores; arguments and errors alike."""
    faces, subsets = exam(ferplus, lists)
    answered = _exam_answers(model, faces, side, flip=flip)
    labels = torch.from_numpy(faces.labels())
    return {
        name: report(answered[rows], labels[rows])
        for name, rows in ((name, on_list(faces, members)) for name, members in subsets.items())
    }


def _exam_answers(model: Network, faces: Faces, side: int, *, flip: bool) -> Tensor:
    """Return the class answered for each face, i64[N], by both its sides where `flip` is set."""
    answered = logits(model, faces, side)
    if flip:
        answered = averaged(answered, logits(model, faces, side, mirrored=True))
    return answered.argmax(1)


def exam(ferplus: Path, lists: Path) -> tuple[Faces, dict[str, frozenset[str]]]:
    """Return the faces of the test list, and the four lists: "ferplus" is all of them.

    Raises:
        BadRequest: if a face of a list is not among the data.
    """
    subsets = read_lists(lists).subsets()
    faces = read_ferplus(ferplus, "test").chosen(subsets["ferplus"])
    for name, members in subsets.items():
        absent = sorted(members.difference(faces.names))
        if absent or not members:
            raise BadRequest(
                f"{len(absent)} of {len(members)} faces of the list {name!r} are not in the test "
                f"split, first {absent[0]}."
                if absent
                else f"The list {name!r} is empty.",
                hint="Give FERPlus and the lists as they were published.",
            )
    return faces, subsets


def list_scores(right: Tensor, faces: Faces, subsets: Mapping[str, frozenset[str]]) -> Scores:
    """Return n and accuracy on each list, from whether each face was answered rightly, bool[N]."""
    return {
        name: {"n": len(members), "accuracy": float(right[on_list(faces, members)].double().mean())}
        for name, members in subsets.items()
    }


def on_list(faces: Faces, members: frozenset[str]) -> Tensor:
    """Return which faces are on a list, bool[N]."""
    return torch.tensor([name in members for name in faces.names])


MEDIAN_RADIUS = 0.25
"""Half a square's side of the landmark layout that networks are released for."""
RANDOM_SEED = 0
"""Of the random layout that networks are released for."""


def listed_layout(kind: str) -> RegionLayout:
    """Return a layout by the name that a card gives, as faces of the lists are cut.

    FERPlus' pictures have no landmarks: the landmark layout lies at the medians of their framing.
    """
    if kind == "landmark":
        return landmark_layout(np.asarray(FERPLUS.landmarks, np.float32), radius=MEDIAN_RADIUS)
    return random_layout(seed=RANDOM_SEED) if kind == "random" else fixed_layout()


def accuracy(
    model: Network, faces: Faces, side: int, *, layout: RegionLayout | None = None
) -> float:
    """Return the share of faces answered with the expression of most votes."""
    right = answers(model, faces, side, layout=layout) == torch.from_numpy(faces.labels())
    return float(right.double().mean())


def answers(
    model: Network, faces: Faces, side: int, *, layout: RegionLayout | None = None
) -> Tensor:
    """Return the class the network answers for each face, i64[N]."""
    return logits(model, faces, side, layout=layout).argmax(1)


@full_precision()
@torch.no_grad()
def logits(
    model: Network,
    faces: Faces,
    side: int,
    *,
    layout: RegionLayout | None = None,
    mirrored: bool = False,
) -> Tensor:
    """Return the network's logits for each face, or for its mirror image, f32[N, C] on the CPU."""
    crops = region_crops(model, faces, side, layout=layout, mirrored=mirrored)
    return torch.cat([model.forward_regions(part).logits.float().cpu() for part in crops])


def averaged(plainly: Tensor, mirrored: Tensor) -> Tensor:
    """Return the mean of the probabilities of two sets of logits, f32[N, C]."""
    return (plainly.softmax(1) + mirrored.softmax(1)) / 2


def region_crops(
    model: Network,
    faces: Faces,
    side: int,
    *,
    layout: RegionLayout | None = None,
    mirrored: bool = False,
) -> Iterator[Tensor]:
    """Yield the crops f32[B, R, 3, side, side] of a few faces at a time, on the model's device.

    `layout` replaces the model's own; `mirrored` mirrors the faces, the boxes stay.
    """
    device = model.mean.device
    boxes = pixel_boxes(model.layout if layout is None else layout, side)
    at_once = FACES_ON_CPU if device.type == "cpu" else FACES_ON_GPU
    parts = torch.from_numpy(faces.pixels).unsqueeze(1).split(at_once)
    for part in tqdm(parts, desc="faces", unit="batch", leave=False, mininterval=10):
        pixels = part.to(device)
        yield crop_regions(as_input(pixels.flip(-1) if mirrored else pixels, side), boxes)


def as_input(pixels: Tensor, side: int) -> Tensor:
    """Return u8[B, 1, H, W] pictures as f32[B, 3, side, side] in [0, 1], antialiased."""
    views = torch.nn.functional.interpolate(
        pixels.float() / 255.0, (side, side), mode="bilinear", align_corners=False, antialias=True
    )
    return views.clamp(0.0, 1.0).expand(-1, 3, -1, -1)
