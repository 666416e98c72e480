"""Train a RAN, or the plain baseline: one readable loop over Accelerate.

Three stages share a run folder. `backbone` trains the network on single random views of faces with
a plain classifier. `heads` freezes it and trains the two attention modules and the classifier on
the features of every region. `joint` goes on with all of it at a low rate, on the six regions of
random views. Soft labels are the votes. The epoch is chosen on FER2013Valid, or fixed beforehand;
the test lists are answered by `release` alone.

A step's batch is that of all processes together, and every face's view in an epoch is the face's
own: N processes take the steps that one would take.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from ran.errors import BadRequest
from ran.net.checkpoints import Network
from ran.net.model import RanOutput
from ran.study.data.ferplus import Faces, read_ferplus, read_lists
from ran.study.training.answering import AskedNetwork, asked_loss
from ran.study.training.batches import Batch, epoch_batches, step_boxes, views_of
from ran.study.training.choice import score
from ran.study.training.heads import train_heads
from ran.study.training.objective import flip_disagreement, mirror_order
from ran.study.training.options import Recipe, write_recipe
from ran.study.training.run_folder import Allowance, log, save_tensors
from ran.study.training.sharpness_aware import uphill
from ran.study.training.stages import Stage, backbone_stage, is_done, joint_stage
from ran.writing import write_text

if TYPE_CHECKING:
    from accelerate import Accelerator

STAGES = ("backbone", "heads", "joint")


def accelerator() -> Accelerator:
    """Return what places a network on the device, and on all processes of torchrun."""
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


def listed_faces(ferplus: Path, lists: Path, limit: int | None) -> tuple[Faces, Faces]:
    """Return the listed faces of FER2013Train and FER2013Valid, the first `limit` of each."""
    listed = frozenset(read_lists(lists).train)
    train, valid = (
        read_ferplus(ferplus, split).chosen(listed).first(limit) for split in ("train", "valid")
    )
    if not len(train) or not len(valid):
        raise BadRequest(f"No face of {lists} is in {ferplus}.", hint="Give the lists of FERPlus.")
    return train, valid


def train_stage(
    stage: str,
    recipe: Recipe,
    train: Faces,
    valid: Faces,
    *,
    folder: Path,
    on: Accelerator,
    init: Path | None = None,
    allowance: Allowance,
) -> bool:
    """Run one of STAGES from where it was left; return whether it has come to its end."""
    if recipe.trains_on_valid:
        train = train.with_all(valid)
    # The same in all processes: they begin with equal networks.
    torch.manual_seed(recipe.seed)
    if stage == "backbone":
        made = backbone_stage(recipe, folder, train, init=init)
    elif stage == "joint":
        made = joint_stage(recipe, folder)
    if on.is_main_process:
        write_recipe(recipe, folder)
    if stage != "heads":
        fit(made, recipe, train, valid, folder=folder, on=on, allowance=allowance)
        return is_done(stage, recipe, folder)
    # One pass over the faces, then seconds: the main process does it alone.
    return on.is_main_process and train_heads(
        recipe, train, valid, folder=folder, device=on.device, allowance=allowance
    )


def fit(
    stage: Stage,
    recipe: Recipe,
    train: Faces,
    valid: Faces,
    *,
    folder: Path,
    on: Accelerator,
    allowance: Allowance,
) -> None:
    """Train one stage, from where it was left; each epoch ends in metrics.jsonl and a state."""
    model: Any = stage.model.to(on.device).to(memory_format=torch.channels_last)
    order = mirror_order(stage.model.layout).to(on.device)
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
    if stage.asks_regions:
        model = AskedNetwork(model, recipe)
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
    labels = torch.from_numpy(train.labels()).to(on.device)
    for epoch in _epochs(stage, begun, allowance, on):
        model.train(not stage.frozen_statistics)  # nothing but batch normalisation minds
        side = recipe.input_size * 2 // 3 if epoch < stage.small_epochs else recipe.input_size
        total = torch.zeros((), device=on.device)
        seed = recipe.seed * 1000 + epoch
        regions = step_boxes(stage.layouts, side, stage.crops, seed=seed)
        for part in epoch_batches(
            labels, batch, recipe, seed=seed,
            share=(on.process_index, on.num_processes), quiet=not on.is_main_process,
        ):  # fmt: skip
            views, soft = views_of(part, pixels, targets, recipe, side=side, scale=stage.scale)
            boxes = next(regions).to(on.device)
            loss = partial(_loss, stage, recipe, model, views, boxes, soft, part, order)
            total += _step(loss, recipe, model, optimizer, on)
            schedule.step()
            trained = on.unwrap_model(model)
            average.update_parameters(trained.network if stage.asks_regions else trained)
        mean = float(on.reduce(total / steps, "mean"))
        if not math.isfinite(mean):
            raise BadRequest(
                f"The loss of {stage.name} is {mean} in epoch {epoch + 1}.",
                hint="Begin again with a lower rate.",
            )
        if on.is_main_process:
            row = {"stage": stage.name, "epoch": epoch + 1, "faces": len(train), "loss": mean}
            averaged = cast(Network, average.module.eval())
            best = _keep(averaged, stage, recipe, valid, row, best)
            log(folder, row)
            _save(stage, on, {"epoch": epoch + 1, "best": best, "processes": on.num_processes})
    on.wait_for_everyone()


def _epochs(stage: Stage, begun: int, allowance: Allowance, on: Accelerator) -> Iterator[int]:
    """Yield the epochs that are left, as long as the next one is likely to fit the allowance."""
    most = stage.epochs if allowance.epochs is None else begun + allowance.epochs
    seconds = 0.0
    for epoch in range(begun, min(stage.epochs, most)):
        # One process whose time is over stops all: none may wait for another.
        over = torch.tensor(float(allowance.is_over(seconds)), device=on.device)
        if float(on.reduce(over, "sum")) > 0:
            tqdm.write(f"{stage.name}: the time is over after epoch {epoch} of {stage.epochs}")
            return
        started = time.monotonic()
        yield epoch
        # The next epoch and what it takes to begin a call.
        seconds = 1.1 * (time.monotonic() - started)


def _loss(
    stage: Stage,
    recipe: Recipe,
    model: Any,
    views: Tensor,
    boxes: Tensor,
    targets: Tensor,
    batch: Batch,
    order: Tensor,
) -> Tensor:
    """Return what one step makes small, a scalar."""
    views = views.contiguous(memory_format=torch.channels_last)
    if stage.asks_regions:
        asked = model(views, boxes, batch.regions[..., : len(boxes)])
        return asked_loss(asked, targets, recipe)
    if recipe.flip_consistency == 0:
        return stage.loss(model(views, boxes), targets)
    both = model(torch.cat([views, views.flip(-1)]), boxes)
    output, mirrored = (
        RanOutput(*half) for half in zip(*(value.chunk(2) for value in both), strict=True)
    )
    own = 0.5 * (stage.loss(output, targets) + stage.loss(mirrored, targets))
    return own + recipe.flip_consistency * flip_disagreement(output, mirrored, order)


def _step(
    loss: Callable[[], Tensor], recipe: Recipe, model: Any, optimizer: Any, on: Accelerator
) -> Tensor:
    """Take one step down the loss; return the loss before it."""
    first = loss()
    on.backward(first)
    if recipe.sam > 0:
        with uphill(model.parameters(), recipe.sam):
            on.backward(loss())
    on.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return first.detach()


def _keep(
    averaged: Network, stage: Stage, recipe: Recipe, valid: Faces, row: dict[str, Any], best: float
) -> float:
    """Write the averaged network if the epoch is to be kept, say so in `row`; return the best."""
    said = f"{stage.name} {row['epoch']}: loss {row['loss']:.4f}"
    if recipe.trains_on_valid:
        # Faces that were trained on say nothing of how good an epoch is: the last one counts.
        row["kept"] = row["epoch"] == stage.epochs
        tqdm.write(said)
    else:
        row["valid"], row["parts"] = score(averaged, valid, recipe)
        row["kept"] = row["valid"] > best
        best = max(best, row["valid"])
        tqdm.write(f"{said}, valid accuracy {row['valid']:.4f}")
    if row["kept"]:
        save_tensors(averaged.state_dict(), stage.kept)
    return best


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
    write_text(stage.place / "progress.json", json.dumps(progress))
