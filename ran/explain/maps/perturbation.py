"""Maps from changed inputs: a window that slides over the face, a region that is left out.

No gradient, no hook. Captum's Occlusion and FeatureAblation change pixels and run the whole network
each time. Here the features of crops are kept: a crop that a window does not touch is not looked
at again, and a region is left out behind the backbone, which runs once. Captum's
ablation would replace a region's pixels by a baseline and leave the region its weight; a RAN can
do better, because any subset of regions is a valid input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, isqrt

import torch
from torch import Tensor

from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.onto_face import warp_back
from ran.net.model import RanOutput
from ran.net.regions import crop_regions


def occlusion(asked: Asked) -> Iterator[Explaining]:
    """Slide a window of the baseline over the face; the target's fall is the window's value.

    Zeiler and Fergus 2014 (arXiv:1311.2901). `count` positions on a square grid (its root rounded
    down), windows that overlap by half; a pixel has the mean of the windows over it, as in Captum's
    Occlusion. A region's map is the fall where that region alone sees the window. Windows that were
    not tried yet count for nothing in a map half done.
    """
    asked = asked.settled()
    blank = asked.blank()
    side = asked.face.shape[-1]
    windows = _windows(side, isqrt(asked.count))
    clean = crop_regions(asked.face, asked.boxes)
    features = _features(asked, clean[0])[None]
    base = _values(asked, features)
    falls = torch.zeros(1 + len(asked.boxes), side, side, device=asked.face.device)
    hits = torch.zeros(side, side, device=asked.face.device)
    size = asked.faces_at_once
    for first in range(0, len(windows), size):
        chunk = windows[first : first + size]
        faces = asked.face.repeat(len(chunk), 1, 1, 1)
        for face, (x0, y0, x1, y1) in zip(faces, chunk, strict=True):
            face[:, y0:y1, x0:x1] = blank[0, :, y0:y1, x0:x1]
        crops = crop_regions(faces, asked.boxes)
        changed = (crops != clean).flatten(2).any(2)  # [N, R]
        seen = features.repeat(len(chunk), 1, 1)
        if bool(changed.any()):
            seen[changed] = _features(asked, crops[changed])
        alone = torch.eye(len(asked.boxes), dtype=torch.bool, device=seen.device)[..., None]
        mixed = torch.where(alone, seen[:, None], features[:, None])  # [N, R, R, D]
        fall = torch.stack(
            [base - _values(asked, seen),
             *(base - _values(asked, mixed[:, region]) for region in range(len(alone)))],
            dim=1,
        )  # fmt: skip
        for (x0, y0, x1, y1), change in zip(chunk, fall, strict=True):
            falls[:, y0:y1, x0:x1] += change[:, None, None]
            hits[y0:y1, x0:x1] += 1
        done = first + len(chunk)
        means = falls / hits.clamp(min=1)
        # Region r's map in its own crop: the diagonal of every map in every crop.
        cut = crop_regions(means[1:, None], asked.boxes).diagonal(dim1=0, dim2=1)[0]
        heatmap = asked.heatmap(
            "occlusion", means[0], cut.permute(2, 0, 1), signed=True, baseline=True, steps=done
        )
        yield Explaining(done, len(windows), heatmap)


def region_ablation(asked: Asked) -> Heatmap:
    """Leave each region out; the target's fall, all weights shared anew, is the region's value.

    One forward pass: the regions' features are computed once. `regions` is f32[R, 1, 1]; a pixel
    has the sum over the regions that it is in. A region that is left out has weights of 0, and
    without any region the logits are the classifier's bias alone.
    """
    features = _features(asked, crop_regions(asked.face, asked.boxes)[0])[None]
    with torch.no_grad():
        output = asked.model.attend(features)
        settled = replace(asked, target=asked.target.settle(output))
        base = settled.target.value(output)
        without = [
            settled.target.value(_without(settled, features, region))
            for region in range(len(asked.boxes))
        ]
    falls = (base - torch.cat(without)).view(-1, 1, 1)
    values = warp_back(falls, asked.boxes, asked.face.shape[-1]).sum(0)
    return settled.heatmap("region-ablation", values, falls, signed=True)


def _without(asked: Asked, features: Tensor, region: int) -> RanOutput:
    """Return the answer for features f32[1, R, D] but one region's, f32[1, R] of weights."""
    model = asked.model
    kept = [other for other in range(features.shape[1]) if other != region]
    nothing = features.new_zeros(features.shape[:2])
    if not kept:
        return RanOutput(model.classifier.bias.detach()[None], nothing, nothing, nothing, features)
    output: RanOutput = model.attend(features[:, kept])
    mu, nu, weights = (nothing.clone() for _ in range(3))
    for whole, part in zip((mu, nu, weights), output[1:4], strict=True):
        whole[:, kept] = part
    return RanOutput(output.logits, mu, nu, weights, features)


def _windows(side: int, rows: int) -> list[tuple[int, int, int, int]]:
    """Return x0, y0, x1, y1 of rows x rows windows that overlap by half and cover the face."""
    width = min(side, ceil(2 * side / (rows + 1)))
    starts = [round(place * (side - width) / max(rows - 1, 1)) for place in range(rows)]
    return [(x, y, x + width, y + width) for y in starts for x in starts]


@torch.no_grad()
def _features(asked: Asked, crops: Tensor) -> Tensor:
    """Return features f32[N, D] of crops f32[N, 3, S, S], some at a time."""
    chunks = crops.split(max(1, asked.at_once // 2))
    return torch.cat([asked.model.features(chunk[None])[0] for chunk in chunks])


@torch.no_grad()
def _values(asked: Asked, features: Tensor) -> Tensor:
    """Return the target, f32[B], for features f32[B, R, D]."""
    return asked.target.value(asked.model.attend(features))
