"""Turn a training run into a released checkpoint: the one time that test lists are answered."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from ran.errors import BadRequest
from ran.expressions import FERPLUS
from ran.net.checkpoints import Card, load_checkpoint, save_checkpoint
from ran.net.model import RegionAttentionNetwork
from ran.study.evaluation import evaluate


def release(recipe: dict[str, Any], *, folder: Path, out: Path, ferplus: Path, lists: Path) -> Card:
    """Write the run's RAN as a checkpoint and report the test lists, this once, on its card.

    Args:
        recipe: the fields of ran.study.training.Recipe.
        folder: the run folder, with ran.pt and metrics.jsonl of the stage `heads`.
        out: where the checkpoint goes; its card.json is written twice, last with the scores.
        ferplus: FERPlus' folder or a zip of it.
        lists: the folder that holds FERplus_dir.
    """
    if not (folder / "ran.pt").is_file():
        raise BadRequest(f"{folder} holds no ran.pt.", hint="Run the stage `heads` first.")
    attention = recipe["attention"]
    model = RegionAttentionNetwork(recipe["backbone"], classes=len(FERPLUS), attention=attention)
    model.load_state_dict(torch.load(folder / "ran.pt", weights_only=True, map_location="cpu"))
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    valid = max(row["valid"] for row in rows if row["stage"] == "heads")
    card = Card(
        name=f"RAN {recipe['backbone']}, FERPlus",
        kind="ran",
        backbone=recipe["backbone"],
        classes=FERPLUS,
        input_size=recipe["input_size"],
        grey=True,
        framing="ferplus",
        attention=attention,
        alpha=recipe["alpha"],
        trained_on="FERPlus train, the faces of the RAN authors' list; no pretraining. "
        f"Chosen on FER2013Valid, accuracy {valid:.4f}.",
        licence="Pictures of FER2013 were gathered from the web, research use; labels MIT.",
        recipe=recipe,
        seed=recipe["seed"],
        scores=None,
        note="Attention and classifier were trained on the features of the frozen backbone.",
    )
    # Scored as it will be read back: fp16 on disk, fp32 in use.
    save_checkpoint(out, model, card)
    stored, card = load_checkpoint(out)
    scores = evaluate(stored, recipe["input_size"], ferplus=ferplus, lists=lists)
    card = replace(card, scores=scores)
    (out / "card.json").write_text(json.dumps(asdict(card), indent=2) + "\n")
    return card
