"""Train a RAN, or the plain baseline: one readable loop over Accelerate.

Three stages share a run folder. `backbone` trains the network on single random views of faces with
a plain classifier. `heads` freezes it and trains the two attention modules and the classifier on
the features of every region. `joint` goes on with all of it at a low rate, on the six regions of
random views. Soft labels are the votes. The epoch is chosen on FER2013Valid; the test lists are
answered by `release` alone.

A step's batch is that of all processes together, and every face's view in an epoch is the face's
own: N processes take the steps that one would take.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from ran.errors import BadRequest
from ran.net.checkpoints import Network
from ran.net.model import PlainNetwork, RanOutput
from ran.study.augment import DRAWS, random_views
from ran.study.datasets import CLASSES, Faces, read_ferplus, read_lists
from ran.study.evaluation import accuracy
from ran.study.heads import ran_loss, train_heads
from ran.study.pretrained import load_backbone
from ran.study.recipe import Recipe, read_recipe, write_recipe
from ran.study.release import release
from ran.study.runs import kept_epoch, load_ran, log

if TYPE_CHECKING:
    from accelerate import Accelerator

STAGES = ("backbone", "heads", "joint", "release")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran train` to a parser."""
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--ferplus", type=Path, required=True, help="FERPlus, a folder or a zip")
    parser.add_argument("--lists", type=Path, required=True, help="folder that holds FERplus_dir")
    # torchrun takes `--run` for a start of its own `--run-path`: under it, say --folder.
    parser.add_argument(
        "--run", "--folder", type=Path, required=True, help="the run folder; resumed if there"
    )
    parser.add_argument("--out", type=Path, help="where `release` writes the checkpoint")
    parser.add_argument("--init", type=Path, help="backbone in the authors' released layout")
    parser.add_argument("--stop-after", type=int, help="epochs of this call; a later one resumes")
    parser.add_argument("--limit", type=int, help="use only so many faces (to try it)")
    for name, value in asdict(Recipe()).items():
        if name != "init":
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=None)


def run(args: argparse.Namespace) -> None:
    """Run one stage of training as the command line asked."""
    for option in ("stop_after", "limit"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise BadRequest(f"--{option.replace('_', '-')} is {value}.", hint="Give 1 or more.")
    changes = {name: getattr(args, name) for name in asdict(Recipe())}
    changes["init"] = None if args.init is None else args.init.name
    recipe = read_recipe(args.run, changes)
    on = _accelerator()
    if args.stage != "release":
        _train(recipe, args, on)
    elif args.out is None:
        raise BadRequest("A release needs a folder.", hint="Give --out FOLDER.")
    elif on.is_main_process:
        release(recipe, folder=args.run, out=args.out, ferplus=args.ferplus, lists=args.lists)
    on.end_training()


def _accelerator() -> Accelerator:
    try:
        from accelerate import Accelerator
    except ImportError as error:
        raise BadRequest(
            "Training needs Accelerate, which is not installed.",
            hint="Run `pip install -r requirements-train.txt`.",
        ) from error
    has_gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    on_cpu = os.environ.get("RAN_DEVICE") == "cpu" or not has_gpu
    half = torch.cuda.is_available() and not on_cpu
    return Accelerator(cpu=on_cpu, mixed_precision="bf16" if half else "no")


def _train(recipe: Recipe, args: argparse.Namespace, on: Accelerator) -> None:
    listed = frozenset(read_lists(args.lists).train)
    train, valid = (
        read_ferplus(args.ferplus, split).chosen(listed).first(args.limit)
        for split in ("train", "valid")
    )
    if not len(train) or not len(valid):
        raise BadRequest(
            f"No face of {args.lists} is in {args.ferplus}.", hint="Give the lists of FERPlus."
        )
    # The same in all processes: they begin with equal networks.
    torch.manual_seed(recipe.seed)
    stage = None
    if args.stage == "backbone":
        stage = backbone_stage(recipe, args.run, train, init=args.init)
    elif args.stage == "joint":
        stage = joint_stage(recipe, args.run)
    if on.is_main_process:
        write_recipe(recipe, args.run)
    if stage is not None:
        fit(stage, recipe, train, valid, folder=args.run, on=on, stop_after=args.stop_after)
    # One pass over the faces, then seconds: the main process does it alone.
    elif on.is_main_process:
        train_heads(recipe, train, valid, folder=args.run, device=on.device)


@dataclass(frozen=True)
class Stage:
    """What `fit` trains, by which loss, and where the run folder keeps it.

    scale: of the random views, as in random_views. `place` holds progress.json and state/, `kept`
    the averaged network of the best epoch, written only where valid accuracy exceeds `to_beat`.
    """

    name: str
    model: Network
    loss: Callable[[RanOutput, Tensor], Tensor]
    epochs: int
    batch: int
    rate: float
    place: Path
    kept: Path
    scale: tuple[float, float]
    to_beat: float = -1.0
    small_epochs: int = 0
    frozen_statistics: bool = False


def backbone_stage(
    recipe: Recipe, folder: Path, train: Faces, *, init: Path | None = None
) -> Stage:
    """Return the stage that trains backbone and plain classifier on single random views."""
    model = PlainNetwork(recipe.backbone, classes=CLASSES, grey=True)
    model.mean.fill_(float(train.pixels.mean() / 255.0))
    model.std.fill_(float(train.pixels.std() / 255.0))
    if init is not None:
        tqdm.write(load_backbone(model, init))
    elif recipe.init and not (folder / "progress.json").is_file():
        raise BadRequest(
            f"{folder} is to begin with the backbone of {recipe.init}.", hint="Give it as --init."
        )
    return Stage(
        name="backbone",
        model=model,
        loss=lambda output, targets: F.cross_entropy(output.logits, targets),
        epochs=recipe.epochs,
        batch=recipe.batch,
        rate=recipe.rate,
        place=folder,
        kept=folder / "backbone.pt",
        scale=(0.7, 1.2),
        small_epochs=recipe.small_epochs,
    )


def joint_stage(recipe: Recipe, folder: Path) -> Stage:
    """Return the stage that goes on with the whole RAN of ran.pt, on all regions of random views.

    Batch normalisation keeps the statistics that the backbone was trained with.
    """
    return Stage(
        name="joint",
        model=load_ran(recipe, folder),
        loss=lambda output, targets: ran_loss(output, targets, recipe),
        epochs=recipe.joint_epochs,
        batch=recipe.joint_batch,
        rate=recipe.joint_rate,
        place=folder / "joint",
        kept=folder / "ran.pt",
        # Crops of a view already show less of the face; the whole face is region 0.
        scale=(0.85, 1.2),
        to_beat=kept_epoch(folder)["valid"],
        frozen_statistics=True,
    )


def fit(
    stage: Stage,
    recipe: Recipe,
    train: Faces,
    valid: Faces,
    *,
    folder: Path,
    on: Accelerator,
    stop_after: int | None = None,
) -> None:
    """Train one stage, from where it was left; each epoch ends in metrics.jsonl and a state."""
    model: Any = stage.model.to(on.device).to(memory_format=torch.channels_last)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema), use_buffers=True)
    if on.num_processes > 1 and on.device.type == "cuda":
        # On CPUs each process has the batch statistics of its own share: torch syncs GPUs alone.
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    optimizer: Any = torch.optim.SGD(
        model.parameters(),
        stage.rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    model, optimizer = on.prepare(model, optimizer)
    batch = _whole_batch(min(stage.batch, len(train)), on)
    steps = len(train) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, stage.rate, total_steps=stage.epochs * steps, pct_start=0.2
    )
    on.register_for_checkpointing(schedule, average)
    begun, best = _resume(stage, on)
    if schedule.total_steps != stage.epochs * steps:
        raise BadRequest(
            f"{stage.place} has begun as {schedule.total_steps} steps, not {stage.epochs * steps}.",
            hint="Give the faces, the epochs and the batch that it has begun with.",
        )
    pixels = torch.from_numpy(train.pixels).unsqueeze(1).to(on.device)
    targets = train.shares().to(on.device)
    end = stage.epochs if stop_after is None else min(stage.epochs, begun + stop_after)
    for epoch in range(begun, end):
        model.train(not stage.frozen_statistics)  # nothing but batch normalisation minds
        side = recipe.input_size * 2 // 3 if epoch < stage.small_epochs else recipe.input_size
        total = torch.zeros((), device=on.device)
        for rows, draws in _epoch(len(train), batch, seed=recipe.seed * 1000 + epoch, on=on):
            views = random_views(pixels[rows], side, draws, scale=stage.scale)
            output = model(views.contiguous(memory_format=torch.channels_last))
            loss = stage.loss(output, targets[rows])
            on.backward(loss)
            on.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
            average.update_parameters(on.unwrap_model(model))
            total += loss.detach()
        mean = float(on.reduce(total / steps, "mean"))
        if not math.isfinite(mean):
            raise BadRequest(
                f"The loss of {stage.name} is {mean} in epoch {epoch + 1}.",
                hint="Begin again with a lower rate.",
            )
        if on.is_main_process:
            averaged = cast(Network, average.module.eval())
            share = accuracy(averaged, valid, recipe.input_size)
            tqdm.write(f"{stage.name} {epoch + 1}: loss {mean:.4f}, valid accuracy {share:.4f}")
            if share > best:
                best = share
                torch.save(averaged.state_dict(), stage.kept)
            row = {"stage": stage.name, "epoch": epoch + 1, "faces": len(train)}
            log(folder, {**row, "loss": mean, "valid": share})
            _save(stage, on, {"epoch": epoch + 1, "best": best, "processes": on.num_processes})
    on.wait_for_everyone()


def _epoch(
    faces: int, batch: int, *, seed: int, on: Accelerator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield this process's share of each shuffled batch: rows i64[N] and their f32[N, DRAWS].

    Order and draws depend on the seed alone: a resumed epoch, or one shared by several processes,
    is what it would have been.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(faces, generator=generator)[: faces // batch * batch].to(on.device)
    draws = torch.rand(faces, DRAWS, generator=generator).to(on.device)
    for rows in tqdm(order.split(batch), disable=not on.is_main_process, mininterval=30):
        mine = rows[on.process_index :: on.num_processes]
        yield mine, draws[mine]


def _whole_batch(batch: int, on: Accelerator) -> int:
    """Return the largest batch up to `batch` that all processes share equally."""
    processes: int = on.num_processes
    if batch < processes:
        raise BadRequest(
            f"{processes} processes cannot share a batch of {batch}.",
            hint="Start fewer, or give a larger batch.",
        )
    return batch - batch % processes


def _resume(stage: Stage, on: Accelerator) -> tuple[int, float]:
    """Load the state of a stage that has begun; return its epochs so far and its best accuracy."""
    path = stage.place / "progress.json"
    if not path.is_file():
        return 0, stage.to_beat
    progress = json.loads(path.read_text())
    before = progress.get("processes", 1)
    if before != on.num_processes:
        raise BadRequest(
            f"{stage.place} has begun with {before} processes, not {on.num_processes}.",
            hint=f"Go on with torchrun --nproc_per_node {before}, or begin another run folder.",
        )
    on.load_state(str(stage.place / "state"))
    return progress["epoch"], progress["best"]


def _save(stage: Stage, on: Accelerator, progress: dict[str, Any]) -> None:
    """Write state/ and progress.json; an interruption leaves the state of the epoch before."""
    fresh = stage.place / "state.new"
    shutil.rmtree(fresh, ignore_errors=True)
    on.save_state(str(fresh))
    shutil.rmtree(stage.place / "state", ignore_errors=True)
    fresh.rename(stage.place / "state")
    (stage.place / "progress.json").write_text(json.dumps(progress))
