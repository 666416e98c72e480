"""Whether attention ranks regions by their worth; what margins and covers have to do with it.

Everything follows from the features of the regions, computed once a face.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from ran.engine.devices import full_precision
from ran.explain.regions.shapley import region_values
from ran.explain.trust.ranks import spearman
from ran.net.attention import rb_margin
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import RegionLayout, pixel_boxes
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import region_crops

HIDDEN_BINS = (0.0, 0.05, 0.25, 0.5, 0.75, 1.0)
"""Edges of the bins of a region's hidden share; the first is that of regions left alone."""
BINS = tuple(f"{100 * low:.0f} to {100 * high:.0f} %" for low, high in pairwise(HIDDEN_BINS))
"""The bins in words."""
Row = dict[str, float]


@full_precision()
@torch.no_grad()
def features_of(
    model: RegionAttentionNetwork, faces: Faces, side: int, layout: RegionLayout
) -> Tensor:
    """Return what the backbone makes of every region of every face, f32[N, R, D]."""
    crops = region_crops(model, faces, side, layout=layout)
    return torch.cat([model.features(part) for part in crops])


@full_precision()
@torch.no_grad()
def ranks(model: RegionAttentionNetwork, features: Tensor) -> Row:
    """Return how attention ranks the regions of a face beside what they are worth to its answer.

    Worth: exact Shapley values of the class that is answered.

    Returns:
        n, faces; rho, the mean over faces of Spearman's correlation of w with the worth; rho_mean_w
        the same of one order for all faces, that of their mean w: what w knows of the face is above
        it; rho_mu and rho_nu; mu_spread and nu_spread, the mean variance of log mu and log nu
        within a face: the one that varies decides w.

    Args:
        model: in eval mode.
        features: f32[N, R, D], whole face first.
    """
    output = model.attend(features)
    mean = output.weights.mean(0).cpu().numpy()
    found: dict[str, list[float]] = {"rho": [], "rho_mean_w": [], "rho_mu": [], "rho_nu": []}
    for row in tqdm(range(len(features)), desc="Shapley values", leave=False, mininterval=10):
        worth = region_values(model.attend, features[row : row + 1]).shapley
        values = worth[:, int(output.logits[row].argmax())]
        orders = (output.weights[row], mean, output.self_weights[row], output.relation_weights[row])
        for name, order in zip(found, orders, strict=True):
            rho = spearman(torch.as_tensor(order).cpu().numpy(), values)
            if rho is not None:
                found[name].append(rho)
    means = {name: float(np.mean(rhos)) for name, rhos in found.items()}
    spreads = {
        f"{name}_spread": float(values.clamp(min=1e-12).log().var(1, correction=0).mean())
        for name, values in (("mu", output.self_weights), ("nu", output.relation_weights))
    }
    return {"n": len(features), **means, **spreads}


@full_precision()
@torch.no_grad()
def mean_weights(model: RegionAttentionNetwork, features: Tensor) -> NDArray[np.float32]:
    """Return the mean of w over faces, f32[R]: one fixed set of weights for all of them."""
    mean = model.attend(features).weights.mean(0).cpu().numpy()
    return np.asarray(mean, np.float32)


@full_precision()
@torch.no_grad()
def margins(
    model: RegionAttentionNetwork, features: Tensor, labels: Tensor, *, alpha: float
) -> Row:
    """Return whether the RB margin has anything to do with the answer.

    Returns:
        n, faces; reaches, the share whose margin is at least alpha; rho, Spearman's correlation of
        the margin with the probability of the label, low and high its 95 % interval (Fisher 1921).

    Args:
        model: in eval mode.
        features: f32[N, R, D], four faces at least.
        labels: i64[N].
        alpha: the margin that RB-loss asks for.
    """
    output = model.attend(features)
    margin = rb_margin(output.self_weights).cpu()
    labelled = output.logits.cpu().softmax(1).gather(1, labels[:, None])[:, 0]
    rho = spearman(margin.numpy(), labelled.numpy()) or 0.0
    reach = 1.96 / math.sqrt(len(margin) - 3)
    low, high = (math.tanh(math.atanh(min(rho, 1 - 1e-9)) + side * reach) for side in (-1, 1))
    return {
        "n": len(margin),
        "reaches": float((margin >= alpha).double().mean()),
        "rho": rho,
        "low": low,
        "high": high,
    }


@full_precision()
@torch.no_grad()
def under_covers(
    model: RegionAttentionNetwork, clean: Tensor, covered: Tensor, shares: NDArray[np.float32]
) -> dict[str, Row]:
    """Return what mu, nu and w of a region do when a part of it is hidden, by how much is hidden.

    Returns:
        By the hidden share in words ("25 to 50 %"): n, regions of all faces; mu, nu and w, each the
        mean change, w in units of uniform; mu_falls, nu_falls and w_falls, the share of regions in
        which it falls. Bins without a region are left out.

    Args:
        model: in eval mode.
        clean: f32[N, R, D].
        covered: f32[N, R, D], of the same faces under covers.
        shares: f32[N, R] in [0, 1], the hidden share of each region.
    """
    before, after = model.attend(clean), model.attend(covered)
    changes = {
        "mu": after.self_weights - before.self_weights,
        "nu": after.relation_weights - before.relation_weights,
        "w": (after.weights - before.weights) * clean.shape[1],
    }
    hidden, found = torch.from_numpy(shares).to(clean.device), {}
    for share, (low, high) in zip(BINS, pairwise(HIDDEN_BINS), strict=True):
        inside = (hidden >= low) & ((hidden <= high) if high == 1.0 else (hidden < high))
        if not bool(inside.any()):
            continue
        row: Row = {"n": int(inside.sum())}
        for name, change in changes.items():
            row[name] = float(change[inside].double().mean())
            row[f"{name}_falls"] = float((change[inside] < 0).double().mean())
        found[share] = row
    return found


def hidden_shares(clean: Faces, covered: Faces, layout: RegionLayout) -> NDArray[np.float32]:
    """Return the share of each region's pixels that a cover has changed, f32[N, R] in [0, 1]."""
    changed = (clean.pixels != covered.pixels).astype(np.float32)
    boxes = pixel_boxes(layout, changed.shape[-1]).tolist()
    parts = [changed[:, y0:y1, x0:x1].mean((1, 2)) for x0, y0, x1, y1 in boxes]
    return np.stack(parts, axis=1).astype(np.float32)
