"""The stage `heads`: attention and classifier on the features of the frozen backbone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ran.net.losses import rb_margin
from ran.net.model import RanOutput, RegionAttentionNetwork
from ran.study.data.ferplus import Faces
from ran.study.training.features import compute_features, read_features
from ran.study.training.objective import ran_loss
from ran.study.training.options import Recipe
from ran.study.training.run_folder import Allowance, load_plain, log, save_tensors, untrained_ran

BATCH = 256
"""Faces of one step; all that is computed for each is three small linear layers."""


def train_heads(
    recipe: Recipe,
    train: Faces,
    valid: Faces,
    *,
    folder: Path,
    device: torch.device,
    allowance: Allowance | None = None,
) -> bool:
    """Train both attention modules and the classifier on the frozen backbone's region features.

    Every face is seen as it is and mirrored. folder/ran.pt is the best epoch on `valid`, or the
    last one where the recipe trains on `valid` too. What the stage `joint` had begun is removed: it
    began with the heads that this call replaces. Returns whether it was finished: the features are
    kept in folder/features until it is, and a later call goes on with them.
    """
    torch.manual_seed(recipe.seed)
    model = with_trained_backbone(recipe, folder).to(device)
    place, side = folder / "features", recipe.input_size
    wanted = [(train, "train", False), (train, "train-mirrored", True), (valid, "valid", False)]
    for faces, name, mirrored in wanted:
        if not compute_features(
            model, faces, side, place=place / name, mirrored=mirrored, allowance=allowance
        ):
            tqdm.write("heads: the time is over; run it again to go on with the features")
            return False
    shutil.rmtree(folder / "joint", ignore_errors=True)
    features, mirrored_features, valid_features = (
        read_features(place / name, len(faces)) for faces, name, _ in wanted
    )
    features = torch.cat([features, mirrored_features])
    valid_features, labels = valid_features.to(device).float(), torch.from_numpy(valid.labels())
    best = -1.0
    for epoch in head_epochs(model, features, train.shares().repeat(2, 1), recipe):
        with torch.no_grad():
            output = model.attend(valid_features)
        accuracy = float((output.logits.argmax(1).cpu() == labels).double().mean())
        margin = float(rb_margin(output.self_weights).mean())
        row: dict[str, Any] = {"stage": "heads", "epoch": epoch, "faces": len(train)}
        row["margin"] = margin
        # Faces that were trained on say nothing of how good an epoch is.
        if not recipe.trains_on_valid:
            row["valid"] = accuracy
        said = f", valid accuracy {accuracy:.4f}" if "valid" in row else ""
        tqdm.write(f"heads {epoch}: mean RB margin {margin:+.3f}{said}")
        row["kept"] = accuracy > best or recipe.trains_on_valid
        if row["kept"]:
            best = accuracy
            save_tensors(model.state_dict(), folder / "ran.pt")
        log(folder, row)
    shutil.rmtree(place)
    return True


def head_epochs(
    model: RegionAttentionNetwork,
    features: Tensor,
    targets: Tensor,
    recipe: Recipe,
    *,
    answer: Callable[[Tensor], RanOutput] | None = None,
    loss: Callable[[RanOutput, Tensor, Recipe], Tensor] = ran_loss,
) -> Iterator[int]:
    """Train the model's heads on region features; yield the number of each epoch as it ends.

    Args:
        model: its attention modules and classifier are trained, on its device.
        features: [N, R, D], of any floating type.
        targets: f32[N, C], rows that sum to one.
        recipe: its head_epochs, head_rate, alpha, rb_loss and seed.
        answer: features f32[B, R, D] to the heads' output; None is the model's own `attend`.
        loss: what is made small.
    """
    answer = model.attend if answer is None else answer
    device = model.mean.device
    heads = [model.self_attention, model.relation_attention, model.classifier]
    parameters = [parameter for head in heads for parameter in head.parameters()]
    optimizer = torch.optim.AdamW(parameters, recipe.head_rate, weight_decay=1e-2)
    steps = -(-len(features) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.head_epochs * steps)
    generator = torch.Generator().manual_seed(recipe.seed)
    for epoch in range(1, recipe.head_epochs + 1):
        for rows in torch.randperm(len(features), generator=generator).split(BATCH):
            output = answer(features[rows].to(device).float())
            loss(output, targets[rows].to(device), recipe).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
        yield epoch


def with_trained_backbone(recipe: Recipe, folder: Path) -> RegionAttentionNetwork:
    """Return an untrained RAN on the backbone that the stage `backbone` left, in eval mode."""
    model, trained = untrained_ran(recipe), load_plain(recipe, folder)
    model.backbone.load_state_dict(trained.backbone.state_dict())
    model.mean.copy_(trained.mean)
    model.std.copy_(trained.std)
    return model.eval().to(memory_format=torch.channels_last)
