"""Everything that decides a training run: written into the run folder and onto the card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from ran.errors import BadRequest
from ran.net.attention import ATTENTIONS
from ran.net.backbones import BACKBONES
from ran.net.card import LAYOUT_KINDS, read_json
from ran.study.training.views.augmentation import VIEWS
from ran.writing import write_text

TRAIN_ON = ("train", "train+valid")
STATISTICS = ("frozen", "live")


@dataclass(frozen=True)
class Recipe:
    """The options of a run. A batch counts the faces of one step in all processes together."""

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
    head_ema: float = 0.0
    """Decay of the moving average that `heads` keeps, a step; 0 keeps the parameters themselves."""
    alpha: float = 0.02
    rb_loss: float = 1.0
    seed: int = 7
    joint_epochs: int = 2
    joint_batch: int = 32
    joint_rate: float = 2e-3
    joint_crops: int = 0
    """Crops of one step of `joint`, drawn anew for each beside the whole face; 0: all of them."""
    joint_statistics: str = "frozen"
    """Whether batch normalisation keeps its statistics in `joint`, "frozen", or learns, "live"."""
    head_faces: int = 0
    """Training faces, evenly over all, on whose features `heads` trains; 0: all of them."""
    covers: float = 0.0
    """Share of the views, and of the faces of `heads`, that get a random cover."""
    drop_whole: float = 0.0
    """Share of the faces of `heads` and `joint` for which the whole face is left out."""
    drop_crops: float = 0.0
    """Share of the crops that are left out."""
    exchanged: float = 0.0
    """Share of the crops, and half as many whole faces, that are another face's."""
    alone: float = 0.0
    """Weight of the loss of each region that answers alone."""
    mixture: float = 0.0
    """Weight of minus the log of the regions' own probabilities, mixed by w."""
    responsibility: float = 0.0
    """Weight of how far w is from where the regions' own errors are small."""
    init: str = ""
    """Name of the file whose backbone training began with; empty: it began from random numbers."""
    layouts: str = "fixed"
    """Layouts that the network is released for, the first its own, with a plus between them."""
    train_on: str = "train"
    """"train" keeps the epoch that answers FER2013Valid best; "train+valid" the last one."""
    views: str = "crops"
    """Random views of ran.study.training.views.augmentation.VIEWS."""
    mixup: float = 0.0
    """Share of the views blended with another face's, by a uniform share."""
    cutmix: float = 0.0
    """Share of the views that get a rectangle of another face's."""
    balance: float = 0.0
    """An epoch draws a face in proportion to its class's count to the power of minus this."""
    flip_consistency: float = 0.0
    """Weight of the disagreement with the mirrored view; above 0, both views are trained on."""
    sam: float = 0.0
    """Radius of sharpness-aware minimisation (Foret et al. 2021); 0 leaves it out."""

    @property
    def layout_names(self) -> tuple[str, ...]:
        """Return the layouts by their names, the network's own first."""
        return tuple(self.layouts.split("+"))

    @property
    def asks_regions(self) -> bool:
        """Return whether regions are left out, exchanged or asked alone while RAN is trained."""
        return any(getattr(self, name) > 0 for name in REGION_FIELDS)

    @property
    def trains_on_valid(self) -> bool:
        """Return whether FER2013Valid is trained on too, so that it can choose nothing."""
        return self.train_on == "train+valid"


BACKBONE_FIELDS = (
    "backbone", "input_size", "epochs", "small_epochs", "batch", "rate", "weight_decay", "ema",
    "seed", "init", "train_on", "views", "mixup", "cutmix", "balance", "flip_consistency", "sam",
    "covers",
)  # fmt: skip
"""What a run cannot change once its backbone has begun to train."""
REGION_FIELDS = ("drop_whole", "drop_crops", "exchanged", "alone", "mixture", "responsibility")
"""How `heads` and `joint` ask the regions, beside what the paper asks; 0 leaves each out."""

_LIMITS = {
    "input_size": (32, 512),
    "epochs": (1, 10_000),
    "small_epochs": (0, 10_000),
    "batch": (2, 1e6),  # batch normalisation needs two faces
    "rate": (0, 100),
    "weight_decay": (0, 1),
    "ema": (0, 1),
    "head_epochs": (1, 10_000),
    "head_rate": (0, 100),
    "head_ema": (0, 1),
    "alpha": (0, 1),
    "rb_loss": (0, 1e6),
    "seed": (0, 1e9),
    "joint_epochs": (1, 10_000),
    "joint_batch": (1, 1e6),
    "joint_rate": (0, 100),
    "joint_crops": (0, 5),
    "head_faces": (0, 1e9),
    "covers": (0, 1),
    "drop_whole": (0, 1),
    "drop_crops": (0, 1),
    "exchanged": (0, 1),
    "alone": (0, 1e6),
    "mixture": (0, 1e6),
    "responsibility": (0, 1e6),
    "mixup": (0, 1),
    "cutmix": (0, 1),
    "balance": (0, 1),
    "flip_consistency": (0, 100),
    "sam": (0, 1),
}
"""Smallest and largest value that makes sense."""


def read_recipe(folder: Path, changes: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a run folder, or the default one, with what is asked for changed.

    Args:
        folder: may not exist yet.
        changes: new values by field; None leaves the field as it is.

    Raises:
        BadRequest: if config.json cannot be read, a value makes no sense, or a value would change
            that the trained part of the run depends on.
    """
    before = _stored(folder / "config.json")
    recipe = replace(before, **{name: new for name, new in changes.items() if new is not None})
    _check(recipe)
    if (folder / "progress.json").is_file() or (folder / "backbone.pt").is_file():
        for name in BACKBONE_FIELDS:
            old, new = getattr(before, name), getattr(recipe, name)
            if old != new:
                raise BadRequest(
                    f"{folder} has begun with {name} {old!r}, not {new!r}.",
                    hint="Leave the option out to go on, or begin another run folder.",
                )
    return recipe


def read_changes(path: Path) -> dict[str, Any]:
    """Return what a file of options asks for: a JSON object of some fields of a Recipe.

    Raises:
        BadRequest: if it cannot be read or has another field; `read_recipe` checks the values.
    """
    try:
        values = read_json(path)
    except (OSError, ValueError) as error:
        raise BadRequest(
            f"{path} cannot be read as JSON: {error}.", hint="Give a file as in recipes/."
        ) from error
    known = {field.name for field in fields(Recipe)} - {"init"}
    unknown = sorted(set(values) - known) if isinstance(values, dict) else [type(values).__name__]
    if unknown:
        raise BadRequest(
            f"{path} holds {', '.join(unknown)}, which is no option of a run.",
            hint=f"The options are {', '.join(sorted(known))}.",
        )
    return dict(values)


def write_recipe(recipe: Recipe, folder: Path) -> None:
    """Write config.json into the run folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "config.json", json.dumps(asdict(recipe), indent=2) + "\n")


def _stored(path: Path) -> Recipe:
    if not path.is_file():
        return Recipe()
    try:
        return Recipe(**read_json(path))
    except (OSError, ValueError, TypeError) as error:
        raise BadRequest(
            f"{path} is no recipe: {error}.",
            hint=f"Its fields are {', '.join(field.name for field in fields(Recipe))}.",
        ) from error


def _check(recipe: Recipe) -> None:
    for name, allowed in (
        ("backbone", tuple(BACKBONES)),
        ("attention", ATTENTIONS),
        ("train_on", TRAIN_ON),
        ("views", tuple(VIEWS)),
        ("joint_statistics", STATISTICS),
    ):
        value = getattr(recipe, name)
        if value not in allowed:
            raise BadRequest(
                f"There is no {name.replace('_', ' ')} {value!r}.",
                hint=f"Use one of {', '.join(allowed)}.",
            )
    unknown = [name for name in recipe.layout_names if name not in LAYOUT_KINDS]
    if unknown or len(set(recipe.layout_names)) < len(recipe.layout_names):
        raise BadRequest(
            f"layouts is {recipe.layouts!r}.",
            hint=f"Use some of {', '.join(LAYOUT_KINDS)}, once each, with a plus between them.",
        )
    for field in fields(Recipe):
        if field.name not in _LIMITS:
            continue
        low, high = _LIMITS[field.name]
        value = getattr(recipe, field.name)
        number = isinstance(value, int | float) and (field.type == "float" or value == int(value))
        if not (number and low <= value <= high):
            kind = "a number" if field.type == "float" else "a whole number"
            raise BadRequest(
                f"{field.name} is {value!r}.", hint=f"Expected {kind} from {low} to {high:g}."
            )
    least = BACKBONES[recipe.backbone].smallest
    if recipe.input_size < least:
        raise BadRequest(
            f"input_size is {recipe.input_size}.",
            hint=f"{recipe.backbone} needs at least {least} pixels.",
        )
    if recipe.joint_crops > 0 and recipe.flip_consistency > 0:
        raise BadRequest(
            "flip_consistency compares each region with its mirror image, joint_crops leaves some "
            "out.",
            hint="Set one of them to 0.",
        )
    moved = next((name for name in REGION_FIELDS if getattr(recipe, name) > 0), "")
    if recipe.layouts != "fixed":
        moved = moved or "layouts"
    if moved and recipe.flip_consistency > 0:
        raise BadRequest(
            "flip_consistency compares each region with its mirror image, which needs the fixed "
            f"crops, all of them: {moved} does not leave it that.",
            hint=f"Set flip_consistency to 0, or leave {moved} out.",
        )
    if recipe.mixup + recipe.cutmix > 1:
        raise BadRequest(
            f"mixup is {recipe.mixup} and cutmix {recipe.cutmix}.",
            hint="They are shares of the views: together at most 1.",
        )
