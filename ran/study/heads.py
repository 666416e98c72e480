"""The stage `heads`: attention and classifier on the features of the frozen backbone."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from ran.net.losses import rb_margin, region_biased_loss
from ran.net.model import RanOutput, RegionAttentionNetwork
from ran.study.datasets import Faces
from ran.study.evaluation import region_crops
from ran.study.recipe import Recipe
from ran.study.runs import load_plain, load_ran, log, untrained_ran

BATCH = 256
"""Faces of one step; all that is computed for each is three small linear layers."""


def train_heads(
    recipe: Recipe, train: Faces, valid: Faces, *, folder: Path, device: torch.device
) -> RegionAttentionNetwork:
    """Train both attention modules and the classifier on the frozen backbone's region features.

    Every face is seen as it is and mirrored. Returns the best epoch on `valid`; the network's
    parameters are also in folder/ran.pt. What the stage `joint` had begun is removed: it began with
    the heads that this call replaces.
    """
    torch.manual_seed(recipe.seed)
    model = _with_trained_backbone(recipe, folder).to(device)
    shutil.rmtree(folder / "joint", ignore_errors=True)
    # Half precision: two views of six regions of 25,000 faces are 0.3 GB, not 0.6.
    views = [
        region_features(model, train, recipe.input_size, mirrored=mirrored, dtype=torch.float16)
        for mirrored in (False, True)
    ]
    features, targets = torch.cat(views), train.shares().repeat(2, 1)
    valid_features = region_features(model, valid, recipe.input_size).to(device)
    labels = torch.from_numpy(valid.labels())
    heads = [model.self_attention, model.relation_attention, model.classifier]
    parameters = [parameter for head in heads for parameter in head.parameters()]
    optimizer = torch.optim.AdamW(parameters, recipe.head_rate, weight_decay=1e-2)
    steps = -(-len(features) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.head_epochs * steps)
    generator = torch.Generator().manual_seed(recipe.seed)
    best = -1.0
    for epoch in range(recipe.head_epochs):
        for rows in torch.randperm(len(features), generator=generator).split(BATCH):
            output = model.attend(features[rows].to(device).float())
            ran_loss(output, targets[rows].to(device), recipe).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
        with torch.no_grad():
            output = model.attend(valid_features)
        accuracy = float((output.logits.argmax(1).cpu() == labels).double().mean())
        margin = float(rb_margin(output.self_weights).mean())
        tqdm.write(
            f"heads {epoch + 1}: valid accuracy {accuracy:.4f}, mean RB margin {margin:+.3f}"
        )
        if accuracy > best:
            best = accuracy
            torch.save(model.state_dict(), folder / "ran.pt")
        row = {"stage": "heads", "epoch": epoch + 1, "faces": len(train)}
        log(folder, {**row, "valid": accuracy, "margin": margin})
    return load_ran(recipe, folder)


def ran_loss(output: RanOutput, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return cross-entropy on soft labels plus the region-biased loss (Wang et al. 2020).

    Args:
        output: of a RAN, for B faces.
        targets: f32[B, C], rows that sum to one.
        recipe: its alpha and the weight of the region-biased loss.
    """
    biased = region_biased_loss(output.self_weights, alpha=recipe.alpha).mean()
    return F.cross_entropy(output.logits, targets) + recipe.rb_loss * biased


@torch.no_grad()
def region_features(
    model: RegionAttentionNetwork,
    faces: Faces,
    side: int,
    *,
    mirrored: bool = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return the features of every region of every face, dtype[N, R, D], on the CPU."""
    crops = region_crops(model, faces, side, mirrored=mirrored)
    return torch.cat([model.features(part).to("cpu", dtype) for part in crops])


def _with_trained_backbone(recipe: Recipe, folder: Path) -> RegionAttentionNetwork:
    model, trained = untrained_ran(recipe), load_plain(recipe, folder)
    model.backbone.load_state_dict(trained.backbone.state_dict())
    model.mean.copy_(trained.mean)
    model.std.copy_(trained.std)
    return model.eval().to(memory_format=torch.channels_last)
