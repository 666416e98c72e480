"""The run folder: what one stage of training leaves for the next, for a release and for a reader.

config.json is the recipe, metrics.jsonl one line an epoch, backbone.pt the averaged network of the
best epoch of the stage `backbone`, ran.pt the best RAN of the stages `heads` and `joint`.
progress.json and state/ resume `backbone`; joint/ holds the same for `joint`.
"""

from __future__ import annotations

import json
import math
import pickle
import struct
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ran.errors import BadCheckpoint, BadRequest
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.net.released import write_pickled
from ran.study.data.ferplus import CLASSES
from ran.study.training.options import Recipe


@dataclass(frozen=True)
class Allowance:
    """What one call may take: it stops between two epochs or parts, and a later one goes on.

    epochs: of `backbone` or `joint`, None for all; ends: of time.monotonic().
    """

    epochs: int | None = None
    ends: float = math.inf

    @staticmethod
    def of(epochs: int | None, minutes: float | None) -> Allowance:
        """Return what a call may take from now on; None is no limit."""
        return Allowance(epochs, math.inf if minutes is None else time.monotonic() + 60 * minutes)

    def is_over(self, seconds: float = 0.0) -> bool:
        """Return whether what takes so many seconds would end too late."""
        return time.monotonic() + seconds > self.ends


def log(folder: Path, row: dict[str, Any]) -> None:
    """Append one line to metrics.jsonl, with the time in seconds since 1970."""
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"time": round(time.time()), **row}) + "\n")


def kept_epoch(folder: Path) -> dict[str, Any]:
    """Return the line of metrics.jsonl for the epoch that ran.pt holds.

    It is the best on FER2013Valid since the stage `heads` last began: each stage writes ran.pt
    where an epoch beats all before it. Where the schedule was fixed beforehand, it is the last one
    that was kept.

    Raises:
        BadRequest: if the stage `heads` has not been run.
    """
    path = folder / "metrics.jsonl"
    lines = path.read_text().splitlines() if path.is_file() else []
    rows = [row for row in map(json.loads, lines) if row["stage"] in ("heads", "joint")]
    starts = [i for i, row in enumerate(rows) if (row["stage"], row["epoch"]) == ("heads", 1)]
    if not starts or not (folder / "ran.pt").is_file():
        raise BadRequest(f"{folder} holds no trained RAN.", hint="Run the stage `heads` first.")
    rows = rows[starts[-1] :]
    kept: dict[str, Any]
    if all("valid" in row for row in rows):
        kept = max(rows, key=lambda row: row["valid"])
    else:
        kept = [row for row in rows if row["kept"]][-1]
    return kept


def load_plain(recipe: Recipe, folder: Path) -> PlainNetwork:
    """Return the plain network that the stage `backbone` left, in eval mode on the CPU."""
    model = PlainNetwork(recipe.backbone, classes=CLASSES, grey=True)
    _load(model, folder / "backbone.pt", stage="backbone")
    return model.eval()


def load_ran(recipe: Recipe, folder: Path) -> RegionAttentionNetwork:
    """Return the RAN that the stages `heads` and `joint` left, in eval mode on the CPU."""
    model = untrained_ran(recipe)
    _load(model, folder / "ran.pt", stage="heads")
    return model.eval()


def untrained_ran(recipe: Recipe) -> RegionAttentionNetwork:
    """Return a RAN as the recipe says, with random parameters."""
    return RegionAttentionNetwork(
        recipe.backbone,
        classes=CLASSES,
        attention="softmax" if recipe.attention == "softmax" else "sigmoid",
    )


def save_tensors(content: object, path: Path) -> None:
    """Write what `read_tensors` returns again, whole or not at all."""
    write_pickled(path, content)


def read_tensors(path: Path) -> Any:
    """Return what torch.save wrote, tensors and plain values alone, on the CPU.

    Raises:
        ValueError: if it is damaged or holds anything else.
    """
    try:
        with warnings.catch_warnings():
            # PyTorch warns of damaged pickles before it refuses them.
            warnings.simplefilter("ignore")
            return torch.load(path, weights_only=True, map_location="cpu")
    # A damaged pickle makes PyTorch's reader stumble over anything.
    except (
        OSError, RuntimeError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError,
        AssertionError, EOFError, MemoryError, pickle.UnpicklingError, struct.error,
    ) as error:  # fmt: skip
        raise ValueError(f"{path} is not a PyTorch file of tensors and plain values") from error


def _load(model: nn.Module, path: Path, *, stage: str) -> None:
    if not path.is_file():
        raise BadCheckpoint(f"{path} does not exist.", hint=f"Run the stage `{stage}` first.")
    try:
        model.load_state_dict(read_tensors(path))
    except (ValueError, TypeError, RuntimeError) as error:
        raise BadCheckpoint(
            f"{path} is damaged or of another network.", hint=f"Run the stage `{stage}` again."
        ) from error
