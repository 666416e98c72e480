"""Train a RAN, or the plain baseline: one readable loop over Accelerate.

Two stages share a run folder. `backbone` trains the network on single random views of faces with a
plain classifier. `heads` freezes it, keeps the features of every region of every face, and trains
the two attention modules and the classifier on them with cross-entropy and the region-biased loss.
Soft labels are the votes. The epoch is chosen on FER2013Valid; the test lists are never read.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from ran.errors import BadCheckpoint, BadRequest
from ran.net.losses import rb_margin, region_biased_loss
from ran.net.model import BACKBONES, PlainNetwork, RegionAttentionNetwork
from ran.net.regions import crop_regions, pixel_boxes
from ran.study.augment import random_views
from ran.study.datasets import CLASSES, Faces, read_ferplus, read_lists
from ran.study.evaluation import as_input


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run. It is written into the run folder and onto the card."""

    backbone: str = "resnet18"
    attention: str = "sigmoid"
    input_size: int = 96
    epochs: int = 10
    small_epochs: int = 0
    """The first so many epochs run at two thirds of the input size, for speed."""
    batch: int = 128
    rate: float = 0.1
    weight_decay: float = 5e-4
    ema: float = 0.995
    head_epochs: int = 20
    head_rate: float = 1e-3
    alpha: float = 0.02
    rb_loss: float = 1.0
    seed: int = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran train` to a parser."""
    parser.add_argument("stage", choices=("backbone", "heads", "release"))
    parser.add_argument("--ferplus", type=Path, required=True, help="FERPlus, a folder or a zip")
    parser.add_argument("--lists", type=Path, required=True, help="folder that holds FERplus_dir")
    parser.add_argument("--run", type=Path, required=True, help="the run folder; resumed if there")
    parser.add_argument("--out", type=Path, help="where `release` writes the checkpoint")
    parser.add_argument("--init", type=Path, help="backbone in the authors' released layout")
    parser.add_argument("--stop-after", type=int, help="epochs of this call; a later one resumes")
    parser.add_argument("--limit", type=int, help="use only so many training faces (to try it)")
    for name, value in asdict(Recipe()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=None)


def run(args: argparse.Namespace) -> int:
    """Run one stage of training as the command line asked; return the exit status."""
    if args.backbone is not None and args.backbone not in BACKBONES:
        raise BadRequest(
            f"There is no backbone {args.backbone!r}.", hint=f"Use one of {', '.join(BACKBONES)}."
        )
    known = args.run / "config.json"
    base = Recipe(**json.loads(known.read_text())) if known.is_file() else Recipe()
    given = {name: getattr(args, name) for name in asdict(base)}
    recipe = replace(base, **{name: value for name, value in given.items() if value is not None})
    accelerator = Accelerator(
        mixed_precision="bf16" if torch.cuda.is_available() else "no",
        step_scheduler_with_optimizer=False,
    )
    set_seed(recipe.seed)
    if accelerator.is_main_process:
        args.run.mkdir(parents=True, exist_ok=True)
        known.write_text(json.dumps(asdict(recipe), indent=2) + "\n")
    listed = frozenset(read_lists(args.lists).train)
    train = read_ferplus(args.ferplus, "train").chosen(listed).first(args.limit)
    valid = read_ferplus(args.ferplus, "valid").chosen(listed).first(args.limit)
    if args.stage == "backbone":
        train_backbone(
            recipe,
            train,
            valid,
            folder=args.run,
            on=accelerator,
            init=args.init,
            stop_after=args.stop_after,
        )
    elif args.stage == "heads":
        train_heads(recipe, train, valid, folder=args.run, on=accelerator)
    elif args.out is None:
        raise BadRequest("A release needs a folder.", hint="Give --out FOLDER.")
    else:
        from ran.study.release import release

        release(
            asdict(recipe), folder=args.run, out=args.out, ferplus=args.ferplus, lists=args.lists
        )
    return 0


def train_backbone(
    recipe: Recipe,
    train: Faces,
    valid: Faces,
    *,
    folder: Path,
    on: Accelerator,
    init: Path | None = None,
    stop_after: int | None = None,
) -> PlainNetwork:
    """Train backbone and classifier on single random views; resume from `folder` if begun.

    Returns the averaged network of the best epoch on `valid`, also in folder/backbone.pt.
    """
    model = PlainNetwork(recipe.backbone, classes=CLASSES, grey=True)
    _normalise(model, train)
    if init is not None:
        on.print(load_backbone(model, init))
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        model.parameters(),
        recipe.rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    loader = _loader(_pixels(train), _targets(train), batch=recipe.batch)
    model, optimizer, loader = on.prepare(model, optimizer, loader)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.rate, total_steps=recipe.epochs * len(loader), pct_start=0.2
    )
    average = AveragedModel(
        on.unwrap_model(model), multi_avg_fn=get_ema_multi_avg_fn(recipe.ema), use_buffers=True
    )
    on.register_for_checkpointing(schedule, average)
    generator = torch.Generator(on.device)
    state, begun, best = folder / "state", 0, -1.0
    if (folder / "progress.json").is_file():
        on.load_state(str(state))
        progress = json.loads((folder / "progress.json").read_text())
        begun, best = progress["epoch"], progress["best"]
    end = recipe.epochs if stop_after is None else min(recipe.epochs, begun + stop_after)
    for epoch in range(begun, end):
        # A resumed epoch draws what it would have drawn: the seed is the epoch's own.
        generator.manual_seed(recipe.seed * 1000 + epoch * 64 + on.process_index)
        side = recipe.input_size
        if epoch < recipe.small_epochs:
            side = side * 2 // 3
        loss = _backbone_epoch(model, loader, optimizer, schedule, average, generator, side, on)
        accuracy = _plain_accuracy(average.module, valid, recipe.input_size, on)
        on.print(f"epoch {epoch + 1}: loss {loss:.4f}, valid accuracy {accuracy:.4f}")
        if accuracy > best and on.is_main_process:
            torch.save(average.module.state_dict(), folder / "backbone.pt")
        best = max(best, accuracy)
        on.save_state(str(state))
        if on.is_main_process:
            row = {"stage": "backbone", "epoch": epoch + 1, "loss": loss, "valid": accuracy}
            _log(folder, row)
            (folder / "progress.json").write_text(json.dumps({"epoch": epoch + 1, "best": best}))
    on.wait_for_everyone()
    return load_trained_backbone(recipe, folder)


def _backbone_epoch(
    model: nn.Module,
    loader: Any,
    optimizer: Any,
    schedule: Any,
    average: AveragedModel,
    generator: torch.Generator,
    side: int,
    on: Accelerator,
) -> float:
    model.train()
    total, seen = 0.0, 0
    for pixels, targets in tqdm(loader, disable=not on.is_main_process, mininterval=30):
        views = random_views(pixels, side, generator).contiguous(memory_format=torch.channels_last)
        with on.autocast():
            logits = model(views).logits
        loss = F.cross_entropy(logits.float(), targets)
        on.backward(loss)
        on.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        average.update_parameters(on.unwrap_model(model))
        total, seen = total + loss.item() * len(targets), seen + len(targets)
    sums: Tensor = on.reduce(torch.tensor([total, seen], device=on.device))
    return float(sums[0] / sums[1])


def train_heads(
    recipe: Recipe, train: Faces, valid: Faces, *, folder: Path, on: Accelerator
) -> RegionAttentionNetwork:
    """Train both attention modules and the classifier on the frozen backbone's region features.

    Every face is seen as it is and mirrored. Returns the best epoch on `valid`; the network's
    parameters are also in folder/ran.pt, its scores on valid in folder/metrics.jsonl.
    """
    model = RegionAttentionNetwork(
        recipe.backbone,
        classes=CLASSES,
        attention="softmax" if recipe.attention == "softmax" else "sigmoid",
    ).eval()
    trained = load_trained_backbone(recipe, folder)
    model.backbone.load_state_dict(trained.backbone.state_dict())
    model.mean.copy_(trained.mean)
    model.std.copy_(trained.std)
    model.to(memory_format=torch.channels_last).to(on.device)
    views = [
        region_features(model, train, recipe.input_size, mirrored=flip) for flip in (False, True)
    ]
    features, targets = torch.cat(views), _targets(train).repeat(2, 1)
    valid_features = region_features(model, valid, recipe.input_size)
    heads = [model.self_attention, model.relation_attention, model.classifier]
    parameters = [parameter for head in heads for parameter in head.parameters()]
    optimizer = torch.optim.AdamW(parameters, recipe.head_rate, weight_decay=1e-2)
    loader = _loader(features, targets, batch=256)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, recipe.head_epochs * len(loader)
    )
    labels = torch.from_numpy(valid.labels())
    best = -1.0
    for epoch in range(recipe.head_epochs):
        for batch, target in loader:
            output = model.attend(batch.to(on.device))
            answer = F.cross_entropy(output.logits, target.to(on.device))
            biased = region_biased_loss(output.self_weights, alpha=recipe.alpha).mean()
            on.backward(answer + recipe.rb_loss * biased)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
        with torch.no_grad():
            output = model.attend(valid_features.to(on.device))
        accuracy = float((output.logits.argmax(1).cpu() == labels).float().mean())
        margin = float(rb_margin(output.self_weights).mean())
        on.print(f"heads {epoch + 1}: valid accuracy {accuracy:.4f}, mean RB margin {margin:+.3f}")
        if accuracy > best:
            best = accuracy
            torch.save(model.state_dict(), folder / "ran.pt")
        _log(folder, {"stage": "heads", "epoch": epoch + 1, "valid": accuracy, "margin": margin})
    model.load_state_dict(torch.load(folder / "ran.pt", weights_only=True))
    return model.eval()


@torch.no_grad()
def region_features(
    model: RegionAttentionNetwork, faces: Faces, side: int, *, mirrored: bool = False
) -> Tensor:
    """Return the features of every region of every face, f32[N, R, D], on the CPU."""
    boxes, device, rows = pixel_boxes(model.layout, side), model.mean.device, []
    for pixels in tqdm(_pixels(faces).split(32), desc="features", mininterval=10):
        views = as_input(pixels.to(device).flip(-1) if mirrored else pixels.to(device), side)
        rows.append(model.features(crop_regions(views, boxes)).cpu())
    return torch.cat(rows)


def load_trained_backbone(recipe: Recipe, folder: Path) -> PlainNetwork:
    """Return the plain network that the `backbone` stage left in the run folder."""
    path = folder / "backbone.pt"
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint="Run the stage `backbone` first.")
    model = PlainNetwork(recipe.backbone, classes=CLASSES, grey=True)
    model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    return model.eval()


def load_backbone(model: PlainNetwork, path: Path) -> str:
    """Put a backbone in the authors' released layout into `model`; say what was left out.

    Keys may carry the prefix "module."; `fc` and the attention heads are left out by name.

    Raises:
        BadCheckpoint: if the file is missing, holds no state_dict, or lacks a backbone's tensor.
    """
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint="Give --init a .pth.tar file.")
    content = torch.load(path, weights_only=True, map_location="cpu")
    state = content.get("state_dict", content)
    state = {key.removeprefix("module."): value for key, value in state.items()}
    wanted = model.backbone.state_dict()
    missing = sorted(key for key in wanted if key not in state)
    wrong = sorted(k for k in wanted if k in state and state[k].shape != wanted[k].shape)
    if missing or wrong:
        raise BadCheckpoint(
            f"{path} does not hold this backbone: {len(missing)} tensors are missing and "
            f"{len(wrong)} have another shape, first {(missing + wrong)[0]}.",
            hint="Choose the --backbone that the file was trained with.",
        )
    model.backbone.load_state_dict({key: state[key] for key in wanted})
    left = sorted(key for key in state if key not in wanted)
    return f"backbone from {path}; left out: {', '.join(left) or 'nothing'}"


def _normalise(model: PlainNetwork, train: Faces) -> None:
    model.mean.fill_(float(train.pixels.mean() / 255.0))
    model.std.fill_(float(train.pixels.std() / 255.0))


def _pixels(faces: Faces) -> Tensor:
    return torch.from_numpy(faces.pixels).unsqueeze(1)


def _targets(faces: Faces) -> Tensor:
    """Return the votes for the eight expressions as rows that sum to one, f32[N, 8]."""
    votes = torch.from_numpy(faces.votes[:, :CLASSES]).float()
    return votes / votes.sum(1, keepdim=True)


def _loader(inputs: Tensor, targets: Tensor, *, batch: int) -> DataLoader[Any]:
    data = TensorDataset(inputs, targets)
    return DataLoader(data, batch_size=min(batch, len(data)), shuffle=True, drop_last=True)


@torch.no_grad()
def _plain_accuracy(model: nn.Module, faces: Faces, side: int, on: Accelerator) -> float:
    model.eval()
    answers = [
        model(as_input(pixels.to(on.device), side)).logits.argmax(1).cpu()
        for pixels in _pixels(faces).split(128)
    ]
    return float((torch.cat(answers).numpy() == faces.labels()).mean())


def _log(folder: Path, row: dict[str, Any]) -> None:
    row = {"time": round(time.time()), **row}
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
