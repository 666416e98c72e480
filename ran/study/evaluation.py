"""Accuracy on the published test lists. The test list is answered once, the rest are parts."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ran.net.checkpoints import Network
from ran.net.regions import crop_regions, pixel_boxes
from ran.study.datasets import Faces, read_ferplus, read_lists

Scores = dict[str, dict[str, float]]


def evaluate(model: Network, side: int, *, ferplus: Path, lists: Path) -> Scores:
    """Return n and accuracy in [0, 1] on "ferplus", "occlusion", "pose30" and "pose45".

    Args:
        model: in eval mode, on the device to use.
        side: the card's input size in pixels.
        ferplus: FERPlus' folder or a zip of it.
        lists: the folder that holds FERplus_dir.
    """
    published = read_lists(lists)
    faces = read_ferplus(ferplus, "test").chosen(frozenset(published.test))
    right = answers(model, faces, side) == torch.from_numpy(faces.labels())
    scores = {}
    for name, members in published.subsets().items():
        rows = torch.tensor([stem in members for stem in faces.names])
        scores[name] = {"n": int(rows.sum()), "accuracy": float(right[rows].double().mean())}
    return scores


@torch.no_grad()
def answers(model: Network, faces: Faces, side: int) -> Tensor:
    """Return the class the network answers for each face, i64[N]."""
    device = model.mean.device
    boxes = pixel_boxes(model.layout, side)
    found = []
    for pixels in tqdm(torch.from_numpy(faces.pixels).unsqueeze(1).split(32), desc="evaluate"):
        views = as_input(pixels.to(device), side)
        found.append(model.forward_regions(crop_regions(views, boxes)).logits.argmax(1).cpu())
    return torch.cat(found)


def as_input(pixels: Tensor, side: int) -> Tensor:
    """Return u8[B, 1, H, W] pictures as f32[B, 3, side, side] in [0, 1], antialiased."""
    views = torch.nn.functional.interpolate(
        pixels.float() / 255.0, (side, side), mode="bilinear", align_corners=False, antialias=True
    )
    return views.clamp(0.0, 1.0).expand(-1, 3, -1, -1)
