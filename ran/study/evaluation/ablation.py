"""What each part of RAN is worth: its heads trained again and again on one backbone's features.

The backbone is frozen and the budget small: each region is computed once for all variants, on the
faces as they are, and every variant trains its own attention and classifier on the regions it
sees. All is reported on FER2013Valid, after the last epoch; the test lists are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ran.errors import BadRequest
from ran.expressions import FERPLUS as EXPRESSIONS
from ran.face.framing import FERPLUS
from ran.net.attention import rb_margin, weighted_mean
from ran.net.checkpoints import bundled, load_checkpoint
from ran.net.model import RanOutput, RegionAttentionNetwork
from ran.net.regions import Box, RegionLayout, fixed_layout, landmark_layout, random_layout
from ran.study.data.ferplus import CLASSES, Faces
from ran.study.evaluation.ablation_table import WITH_RB_LOSS, WITHOUT_RB_LOSS, AblationTable, Row
from ran.study.training.features import compute_features, read_features
from ran.study.training.heads import head_epochs, with_trained_backbone
from ran.study.training.objective import plain_loss, ran_loss
from ran.study.training.options import Recipe
from ran.study.training.run_folder import Allowance

SEEDS = (0, 1, 2)
"""Of the heads; the backbone is one and the same, and so are the random boxes."""
BOX_SEED = 0
EDGES = tuple(round(-1.0 + 0.02 * step, 2) for step in range(101))
"""Of the histogram of RB margins: mu lies in (0, 1), a margin in (-1, 1)."""


@dataclass(frozen=True)
class Variant:
    """One way to build and train the heads, and what is different in it.

    crops: how many regions beside the whole face; 0 is the whole face alone.
    """

    name: str
    layout: str = "fixed"
    crops: int = 5
    attention: str = "sigmoid"
    relation: bool = True
    alpha: float = 0.02
    rb_loss: float = 1.0


VARIANTS = (
    Variant(WITH_RB_LOSS),
    Variant(WITHOUT_RB_LOSS, rb_loss=0.0),
    Variant("α = 0.1", alpha=0.1),
    Variant("Softmax convention", attention="softmax"),
    Variant("Softmax, α = 0.1", attention="softmax", alpha=0.1),
    Variant("No relation-attention", relation=False),
    Variant("Whole face alone", crops=0),
    Variant("Fixed, 3 crops", crops=3),
    Variant("Random, 3 crops", layout="random", crops=3),
    Variant("Random, 5 crops", layout="random", crops=5),
    Variant("Random, 8 crops", layout="random", crops=8),
    Variant("Landmark, 5 crops", layout="landmark"),
)
"""The paper's own form first; of fixed crops there are five, and three without the centred ones."""


def layout_of(variant: Variant) -> RegionLayout:
    """Return the regions that a variant sees.

    Random boxes are drawn once for all faces, the first three and five of the same eight. FERPlus'
    pictures come without landmarks, and MTCNN finds some of the faces only, so the framing's median
    landmarks stand for each face's own.
    """
    if variant.layout == "random":
        layout = random_layout(variant.crops, seed=BOX_SEED)
    elif variant.layout == "landmark":
        layout = landmark_layout(np.array(FERPLUS.landmarks, np.float32))
    else:
        layout = fixed_layout()
    return RegionLayout(layout.boxes[: 1 + variant.crops], layout.kind)


def union_of(variants: Sequence[Variant]) -> RegionLayout:
    """Return every box that some variant sees, each once, the whole face first."""
    boxes: dict[tuple[float, ...], Box] = {}
    for variant in variants:
        for box in layout_of(variant).boxes:
            boxes.setdefault(box.edges, box)
    return RegionLayout(tuple(boxes.values()))


def ablate(
    model: RegionAttentionNetwork,
    recipe: Recipe,
    train: Faces,
    valid: Faces,
    *,
    folder: Path,
    about: str,
    variants: Sequence[Variant] = VARIANTS,
    allowance: Allowance | None = None,
) -> bool:
    """Train the heads of every variant and write folder/ablation.json; return whether it was done.

    Args:
        model: its backbone is used as it is, frozen, in eval mode.
        recipe: its input_size, head_epochs and head_rate.
        train: what the heads are trained on.
        valid: what they are asked.
        folder: the run folder; features are kept in its folder ablation/ for a later call.
        about: a sentence that says whose backbone it is.
        variants: what is compared.
        allowance: work stops between two parts of the features when it is over.
    """
    union, places = union_of(variants), {"valid": valid, "train": train}
    for name, faces in places.items():
        if not compute_features(
            model, faces, recipe.input_size, place=folder / "ablation" / name, layout=union,
            allowance=allowance,
        ):  # fmt: skip
            tqdm.write("ablate: the time is over; run it again to go on with the features")
            return False
    features, valid_features = (
        read_features(folder / "ablation" / name, len(faces))
        for name, faces in (("train", train), ("valid", valid))
    )
    index = {box.edges: number for number, box in enumerate(union.boxes)}
    rows, margins = [], {}
    for variant in variants:
        seen = [index[box.edges] for box in layout_of(variant).boxes]
        outputs = [
            _trained(
                variant, recipe, seed, features[:, seen], train.shares(), valid_features[:, seen]
            )
            for seed in SEEDS
        ]
        row = _row(variant, outputs, torch.from_numpy(valid.labels()))
        rows.append(row)
        tqdm.write(f"{variant.name}: valid accuracy {row.accuracy:.4f} ± {row.spread:.4f}")
        if variant.name in (WITH_RB_LOSS, WITHOUT_RB_LOSS):
            margins[variant.name] = _histogram(rb_margin(outputs[0].self_weights))
    AblationTable(
        about=about,
        input_size=recipe.input_size,
        epochs=recipe.head_epochs,
        faces=len(train),
        valid=len(valid),
        seeds=SEEDS,
        rows=tuple(rows),
        edges=EDGES,
        margins=margins,
    ).write(folder)
    return True


def backbone_of(recipe: Recipe, folder: Path) -> tuple[RegionAttentionNetwork, str]:
    """Return an untrained RAN on a run's backbone, and a sentence that says whose it is."""
    return with_trained_backbone(recipe, folder), (
        f"Backbone: {recipe.backbone} of this checkpoint's run, before joint fine-tuning."
    )


def checkpoint_backbone(
    checkpoint: str, recipe: Recipe
) -> tuple[RegionAttentionNetwork, Recipe, str]:
    """Return a released RAN, a recipe at its input size, and a sentence that says whose it is."""
    model, card = load_checkpoint(bundled().get(checkpoint, checkpoint))
    if not isinstance(model, RegionAttentionNetwork) or card.classes != EXPRESSIONS:
        raise BadRequest(
            f"{card.name} is no RAN for FERPlus' expressions.", hint="Give another checkpoint."
        )
    recipe = replace(recipe, backbone=card.backbone, input_size=card.input_size)
    return model, recipe, f"Backbone: {card.backbone} of the checkpoint {card.sha256[:12]}…."


def _trained(
    variant: Variant, recipe: Recipe, seed: int, features: Tensor, targets: Tensor, asked: Tensor
) -> RanOutput:
    """Return what the variant's heads, trained on `features`, answer for `asked`."""
    torch.manual_seed(seed)
    model = RegionAttentionNetwork(
        recipe.backbone,
        classes=CLASSES,
        attention="softmax" if variant.attention == "softmax" else "sigmoid",
    )
    chosen = replace(recipe, seed=seed, alpha=variant.alpha, rb_loss=variant.rb_loss)
    answer: Callable[[Tensor], RanOutput] = model.attend
    if not variant.relation:
        answer = partial(attend_without_relation, model)
    # One region has no margin, so no region-biased loss.
    loss = partial(ran_loss, recipe=chosen) if variant.crops else plain_loss

    def step_loss(some: Tensor, soft: Tensor) -> Tensor:
        return loss(answer(some), soft)

    for _ in head_epochs(model, features, targets, chosen, loss=step_loss):
        pass
    with torch.no_grad():
        return answer(asked.float())


def attend_without_relation(model: RegionAttentionNetwork, features: Tensor) -> RanOutput:
    """Answer with self-attention alone, every nu 1: then P is [F_m : F_m]."""
    mu = model.self_attention(features)
    anchor = weighted_mean(features, mu)
    logits = model.classifier(torch.cat([anchor, anchor], dim=-1))
    return RanOutput(logits, mu, torch.ones_like(mu), mu / mu.sum(1, keepdim=True), features)


def _row(variant: Variant, outputs: Sequence[RanOutput], labels: Tensor) -> Row:
    accuracies = [float((o.logits.argmax(1) == labels).double().mean()) for o in outputs]
    margin = above = None
    if variant.crops:
        margins = torch.stack([rb_margin(output.self_weights) for output in outputs])
        margin = float(margins.mean())
        above = float((margins >= variant.alpha).double().mean())
    return Row(
        **asdict(variant),
        accuracy=float(np.mean(accuracies)),
        spread=float(np.std(accuracies, ddof=1)),
        margin=margin,
        above_alpha=above,
    )


def _histogram(margins: Tensor) -> tuple[int, ...]:
    return tuple(np.histogram(margins.numpy(), bins=EDGES)[0].tolist())
