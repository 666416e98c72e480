"""The stage `heads`: attention and classifier on the features of the frozen backbone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from ran.net.attention import rb_margin
from ran.net.model import RegionAttentionNetwork
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import listed_layout
from ran.study.training.answering import REGION_DRAWS, ask, asked_loss
from ran.study.training.choice import parts
from ran.study.training.features import compute_features, read_features
from ran.study.training.options import Recipe
from ran.study.training.run_folder import Allowance, load_plain, log, save_tensors, untrained_ran
from ran.study.training.views.covering import COVER_DRAWS, covered

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

    Every face is seen as it is and mirrored, cut by each layout of the recipe, a share of them
    covered. folder/ran.pt is the best epoch on `valid`, or the
    last one where the recipe trains on `valid` too. What the stage `joint` had begun is removed: it
    began with the heads that this call replaces. Returns whether it was finished: the features are
    kept in folder/features until it is, and a later call goes on with them.
    """
    torch.manual_seed(recipe.seed)
    model = with_trained_backbone(recipe, folder).to(device)
    place, side = folder / "features", recipe.input_size
    learnt = _learnt_from(train, recipe)
    asked = list(parts(valid, recipe))
    wanted = [
        (f"train-{layout}{'-mirrored' if mirrored else ''}", learnt, layout, mirrored)
        for layout in recipe.layout_names
        for mirrored in (False, True)
    ] + [(name.replace(", ", "-"), faces, layout, False) for name, faces, layout in asked]
    for name, faces, layout, mirrored in wanted:
        if not compute_features(
            model, faces, side, place=place / name, layout=listed_layout(layout),
            mirrored=mirrored, allowance=allowance,
        ):  # fmt: skip
            tqdm.write("heads: the time is over; run it again to go on with the features")
            return False
    shutil.rmtree(folder / "joint", ignore_errors=True)
    read = {name: read_features(place / name, len(faces)) for name, faces, _, _ in wanted}
    views = [read[name] for name, faces, _, _ in wanted if faces is learnt]
    answers = {
        name: (read[name.replace(", ", "-")].to(device).float(), torch.from_numpy(faces.labels()))
        for name, faces, _ in asked
    }
    best = -1.0
    targets = learnt.shares().repeat(len(views), 1)
    for epoch in head_epochs(model, torch.cat(views), targets, recipe):
        row: dict[str, Any] = {"stage": "heads", "epoch": epoch, "faces": len(learnt)}
        row["parts"], row["margin"] = _reached(model, answers)
        accuracy = sum(row["parts"].values()) / len(row["parts"])
        # Faces that were trained on say nothing of how good an epoch is.
        if recipe.trains_on_valid:
            del row["parts"]
        else:
            row["valid"] = accuracy
        said = f", valid accuracy {accuracy:.4f}" if "valid" in row else ""
        tqdm.write(f"heads {epoch}: mean RB margin {row['margin']:+.3f}{said}")
        row["kept"] = accuracy > best or recipe.trains_on_valid
        if row["kept"]:
            best = accuracy
            save_tensors(model.state_dict(), folder / "ran.pt")
        log(folder, row)
    shutil.rmtree(place)
    return True


def _learnt_from(train: Faces, recipe: Recipe) -> Faces:
    """Return the faces that heads learn from, the recipe's share of them covered."""
    if recipe.head_faces and recipe.head_faces < len(train):
        train = train.at(np.linspace(0, len(train) - 1, recipe.head_faces).round().astype(np.int64))
    if recipe.covers == 0:
        return train
    generator = torch.Generator().manual_seed(recipe.seed)
    draws = torch.rand(len(train), COVER_DRAWS, generator=generator)
    pictures = torch.from_numpy(train.pixels).unsqueeze(1) / 255.0
    hidden = covered(pictures, pictures.roll(1, 0), draws, share=recipe.covers)
    return replace(train, pixels=(255.0 * hidden).round().to(torch.uint8).squeeze(1).numpy())


@torch.no_grad()
def _reached(
    model: RegionAttentionNetwork, answers: Mapping[str, tuple[Tensor, Tensor]]
) -> tuple[dict[str, float], float]:
    """Return accuracy by part, and the mean RB margin of the first, from features and labels."""
    outputs = {name: model.attend(features) for name, (features, _) in answers.items()}
    found = {
        name: float((outputs[name].logits.argmax(1).cpu() == labels).double().mean())
        for name, (_, labels) in answers.items()
    }
    first = next(iter(outputs.values()))
    return found, float(rb_margin(first.self_weights).mean())


def head_epochs(
    model: RegionAttentionNetwork,
    features: Tensor,
    targets: Tensor,
    recipe: Recipe,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Iterator[int]:
    """Train the model's heads on region features; yield the number of each epoch as it ends.

    Whoever is yielded to finds the moving average of the parameters in the model; it stays there
    after the last epoch.

    Args:
        model: its attention modules and classifier are trained, on its device.
        features: [N, R, D], of any floating type.
        targets: f32[N, C], rows that sum to one.
        recipe: its head_epochs, head_rate, head_ema, alpha, rb_loss and seed, and how it asks the
            regions.
        loss: what is made small, of features f32[B, R, D] and their targets; None: the recipe's.
    """
    device = model.mean.device
    if loss is None:
        loss = partial(_asked_loss, model, recipe, torch.Generator().manual_seed(recipe.seed))
    heads = nn.ModuleList([model.self_attention, model.relation_attention, model.classifier])
    average = AveragedModel(heads, multi_avg_fn=get_ema_multi_avg_fn(recipe.head_ema))
    own = deepcopy(heads.state_dict())
    optimizer = torch.optim.AdamW(heads.parameters(), recipe.head_rate, weight_decay=1e-2)
    steps = -(-len(features) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.head_epochs * steps)
    generator = torch.Generator().manual_seed(recipe.seed)
    for epoch in range(1, recipe.head_epochs + 1):
        heads.load_state_dict(own)
        for rows in torch.randperm(len(features), generator=generator).split(BATCH):
            loss(features[rows].to(device).float(), targets[rows].to(device)).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
            average.update_parameters(heads)
        own = deepcopy(heads.state_dict())
        heads.load_state_dict(average.module.state_dict())
        yield epoch


def _asked_loss(
    model: RegionAttentionNetwork,
    recipe: Recipe,
    generator: torch.Generator,
    features: Tensor,
    targets: Tensor,
) -> Tensor:
    draws = torch.rand(len(features), REGION_DRAWS, features.shape[1], generator=generator)
    return asked_loss(ask(model, features, draws.to(features.device), recipe), targets, recipe)


def with_trained_backbone(recipe: Recipe, folder: Path) -> RegionAttentionNetwork:
    """Return an untrained RAN on the backbone that the stage `backbone` left, in eval mode."""
    model, trained = untrained_ran(recipe), load_plain(recipe, folder)
    model.backbone.load_state_dict(trained.backbone.state_dict())
    model.mean.copy_(trained.mean)
    model.std.copy_(trained.std)
    return model.eval().to(memory_format=torch.channels_last)
