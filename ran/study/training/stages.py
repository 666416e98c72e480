"""The stages that run as epochs over random views: `backbone` and `joint`, as values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ran.errors import BadRequest
from ran.net.checkpoints import Network
from ran.net.model import PlainNetwork, RanOutput
from ran.study.data.ferplus import CLASSES, Faces
from ran.study.evaluation.accuracy import as_input
from ran.study.training.objective import plain_loss, ran_loss
from ran.study.training.options import Recipe
from ran.study.training.run_folder import kept_epoch, load_ran
from ran.study.training.start.dlib_file import settle
from ran.study.training.start.initial_backbone import is_dlib, load_backbone

_SCALES = {"crops": ((0.7, 1.2), (0.85, 1.2)), "photographs": ((0.75, 1.3), (0.75, 1.3))}
"""Smallest and largest scale of a view, in `backbone` and in `joint`.

Crops of a view already show less of the face; the whole face is region 0.
"""
SETTLED_ON = 512
"""Faces, evenly over all, on which dlib's backbone gets statistics to be trained on with."""


@dataclass(frozen=True)
class Stage:
    """What `fit` trains, by which loss, and where the run folder keeps it.

    scale: of the random views. `place` holds progress.json and state/, `kept` the averaged network
    of the best epoch, written only where valid accuracy exceeds `to_beat`; of the last epoch where
    the recipe trains on FER2013Valid too. layouts: kinds of crops that steps draw from, none of
    them for the whole face alone. crops: that a step sees beside the whole face; 0: all.
    asks_regions: whether regions are left out, exchanged and asked alone, instead of `loss`.
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
    layouts: tuple[str, ...] = ()
    crops: int = 0
    asks_regions: bool = False


def backbone_stage(
    recipe: Recipe, folder: Path, train: Faces, *, init: Path | None = None
) -> Stage:
    """Return the stage that trains backbone and plain classifier on single random views."""
    model = PlainNetwork(recipe.backbone, classes=CLASSES, grey=True)
    model.mean.fill_(float(train.pixels.mean() / 255.0))
    model.std.fill_(float(train.pixels.std() / 255.0))
    if init is not None:
        tqdm.write(load_backbone(model, init))
        if is_dlib(init):
            some = np.linspace(0, len(train) - 1, min(SETTLED_ON, len(train))).round().astype(int)
            pixels = torch.from_numpy(train.pixels[some]).unsqueeze(1)
            settle(model, as_input(pixels, recipe.input_size))
    elif recipe.init and not (folder / "progress.json").is_file():
        raise BadRequest(
            f"{folder} is to begin with the backbone of {recipe.init}.", hint="Give it as --init."
        )
    return Stage(
        name="backbone",
        model=model,
        loss=plain_loss,
        epochs=recipe.epochs,
        batch=recipe.batch,
        rate=recipe.rate,
        place=folder,
        kept=folder / "backbone.pt",
        scale=_SCALES[recipe.views][0],
        small_epochs=recipe.small_epochs,
    )


def joint_stage(recipe: Recipe, folder: Path) -> Stage:
    """Return the stage that goes on with the whole RAN of ran.pt, on all regions of random views.

    Batch normalisation keeps the statistics that the backbone was trained with, unless the recipe
    says that they are live.
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
        scale=_SCALES[recipe.views][1],
        to_beat=kept_epoch(folder).get("valid", -1.0),
        frozen_statistics=recipe.joint_statistics == "frozen",
        layouts=recipe.layout_names,
        crops=recipe.joint_crops,
        asks_regions=recipe.asks_regions,
    )


def is_done(stage: str, recipe: Recipe, folder: Path) -> bool:
    """Return whether a stage has run to its end in this folder, as long as the recipe says."""
    if stage == "heads":
        path = folder / "metrics.jsonl"
        rows = (
            [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
        )
        heads = [row["epoch"] for row in rows if row["stage"] == "heads"]
        return bool(heads) and heads[-1] == recipe.head_epochs and (folder / "ran.pt").is_file()
    place, epochs = {
        "backbone": (folder, recipe.epochs),
        "joint": (folder / "joint", recipe.joint_epochs),
    }[stage]
    path = place / "progress.json"
    return path.is_file() and bool(json.loads(path.read_text())["epoch"] == epochs)
