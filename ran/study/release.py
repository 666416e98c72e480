"""Turn a training run into a released checkpoint: the one time that test lists are answered."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from ran.expressions import FERPLUS
from ran.net.checkpoints import Card, load_checkpoint, save_checkpoint
from ran.study.evaluation import evaluate
from ran.study.recipe import Recipe
from ran.study.runs import kept_epoch, load_ran


def release(recipe: Recipe, *, folder: Path, out: Path, ferplus: Path, lists: Path) -> Card:
    """Write the run's RAN as a checkpoint and report the test lists, this once, on its card.

    Args:
        recipe: of the run.
        folder: the run folder, with ran.pt and metrics.jsonl of the stage `heads` or `joint`.
        out: where the checkpoint goes; its card.json is written twice, last with the scores.
        ferplus: FERPlus' folder or a zip of it.
        lists: the folder that holds FERplus_dir.
    """
    kept, model = kept_epoch(folder), load_ran(recipe, folder)
    # The first runs did not log how many.
    faces = f"{kept['faces']:,}" if "faces" in kept else "the"
    card = Card(
        name=f"RAN {recipe.backbone}, FERPlus",
        kind="ran",
        backbone=recipe.backbone,
        classes=FERPLUS,
        input_size=recipe.input_size,
        grey=True,
        framing="ferplus",
        attention=recipe.attention,
        alpha=recipe.alpha,
        trained_on=f"FERPlus train, {faces} faces of the RAN authors' list; "
        + (f"begun with the backbone of {recipe.init}. " if recipe.init else "no pretraining. ")
        + f"Chosen on FER2013Valid, accuracy {kept['valid']:.4f}.",
        licence="Pictures of FER2013 were gathered from the web, research use; labels MIT.",
        recipe=asdict(recipe),
        seed=recipe.seed,
        scores=None,
        note="Attention and classifier were trained on the features of the frozen backbone"
        + (", then all of it together." if kept["stage"] == "joint" else "."),
    )
    # Scored as it will be read back: fp16 on disk, fp32 in use.
    save_checkpoint(out, model, card)
    stored, card = load_checkpoint(out)
    scores = evaluate(stored, recipe.input_size, ferplus=ferplus, lists=lists)
    card = replace(card, scores=scores)
    (out / "card.json").write_text(json.dumps(asdict(card), indent=2) + "\n")
    return card
