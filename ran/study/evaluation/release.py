"""Turn a training run into released checkpoints: the one time that test lists are answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ran.engine import Engine
from ran.errors import BadRequest
from ran.expressions import FERPLUS
from ran.net.card import COVERED_CONTROLS, COVERED_LISTS, Layout
from ran.net.checkpoints import Card, read_card, save_checkpoint
from ran.study.data.ferplus import Faces, read_ferplus, read_lists
from ran.study.evaluation.accuracy import (
    MEDIAN_RADIUS,
    Scores,
    answers,
    averaged,
    evaluate,
    exam,
    list_scores,
    listed_layout,
    logits,
    on_list,
)
from ran.study.evaluation.comparison import BINS, calibration_error, fitted_temperature, paired
from ran.study.evaluation.photographs import check_photographs
from ran.study.training.options import Recipe, read_recipe
from ran.study.training.run_folder import kept_epoch, load_plain, load_ran
from ran.writing import write_text

INTENDED_USE = (
    "Research and teaching: which regions of a face a network trusts, and what changes when they "
    "are hidden. Not for decisions about a person."
)
LIMITS = (
    "The labels are what most of ten people chose for a small grey picture from the web; who is in "
    "the pictures is not documented, so nothing is known of differences between groups of people. "
    "Contempt, disgust and fear are rare in training and in the tests. An expression label says "
    "what the network answers, not what a person feels."
)


@dataclass(frozen=True, eq=False)
class _Exam:
    """The faces of the test list, the four lists, and who is right: labels i64[N]."""

    faces: Faces
    subsets: Mapping[str, frozenset[str]]
    labels: Tensor


def release(
    recipe: Recipe,
    *,
    folder: Path,
    out: Path,
    ferplus: Path,
    lists: Path,
    plain_out: Path | None = None,
    also: Sequence[Path] = (),
    photographs: int | None = None,
) -> Card:
    """Write the run's RAN and its plain network as checkpoints; report the test lists, this once.

    Both cards are written twice, last with the scores. Returns the RAN's.

    Args:
        recipe: of the run.
        folder: the run folder, with ran.pt and metrics.jsonl of the stage `heads` or `joint`.
        out: where the RAN goes.
        ferplus: FERPlus' folder or a zip of it.
        lists: the folder that holds FERplus_dir.
        plain_out: where the plain network goes; None is beside `out`, "plain" for "ran" in its
            name.
        also: run folders that differ in their seed alone: mean and spread go onto the RAN's card.
        photographs: how many test pictures the photograph check asks; None asks all, 0 leaves it
            out.

    Raises:
        BadRequest: if the run is not trained, or a folder of `also` is of another recipe.
    """
    if plain_out is None:
        if not out.name:
            raise BadRequest(f"{out} has no name of its own.", hint="Give --out a new folder.")
        plain_out = out.with_name(f"plain-{out.name.removeprefix('ran-')}")
    others = [(_same_recipe(recipe, other), other) for other in also]
    kept = kept_epoch(folder)
    faces, subsets = exam(ferplus, lists)
    test = _Exam(faces, subsets, torch.from_numpy(faces.labels()))
    valid = None
    if not recipe.trains_on_valid:
        valid = read_ferplus(ferplus, "valid").chosen(frozenset(read_lists(lists).train))
    card = _card(recipe, kept, several=bool(others))
    plain_card = replace(
        card,
        name=f"Plain {recipe.backbone}, FERPlus",
        kind="plain",
        trained_on=_trained_on(recipe, kept, chosen=""),
        note="The same backbone on the whole face alone, as the stage `backbone` left it: what RAN "
        "is compared with.",
    )
    # Scored as they will be read back: fp16 on disk, fp32 in use.
    save_checkpoint(plain_out, load_plain(recipe, folder), plain_card)
    save_checkpoint(out, load_ran(recipe, folder), card)
    plain, plain_right = _scored(Engine.load(plain_out), test, valid)
    ran, right = _scored(Engine.load(out), test, valid)
    ran = replace(ran, layouts=_layouts(Engine.load(out), ran, recipe.layout_names, test, valid))
    ran = replace(ran, against_plain=_against(right, plain_right, test))
    if others:
        every = [
            ran.scores or {},
            *(_scores(*other, ferplus=ferplus, lists=lists) for other in others),
        ]
        ran = replace(ran, seeds=_spread(every))
    for place, scored in ((plain_out, plain), (out, ran)):
        _write(place, scored)
        if photographs != 0:
            check = check_photographs(Engine.load(place), test.faces, most=photographs)
            _write(place, replace(scored, photographs=check))
    return read_card(out / "card.json")


def rescore(engine: Engine, folder: Path, *, ferplus: Path, lists: Path, photographs: int) -> Card:
    """Answer the test lists with a released checkpoint again, and write its card anew.

    What a release writes and its network alone decides: scores, mirrored, by expression, by
    layout, temperature and calibration, photographs if any are asked; where the card says nothing
    of use and limits, that too. The temperature is fitted to the votes on FER2013Valid unless it
    was trained on: a probability stands for the share of raters who would say so.

    Args:
        engine: of the checkpoint.
        folder: where its card lies.
        ferplus: FERPlus' folder or a zip of it.
        lists: the folder that holds FERplus_dir.
        photographs: how many test pictures the photograph check asks; 0 keeps what the card says.
    """
    faces, subsets = exam(ferplus, lists)
    test = _Exam(faces, subsets, torch.from_numpy(faces.labels()))
    valid = None
    if engine.card.recipe.get("train_on") != "train+valid":
        valid = read_ferplus(ferplus, "valid").chosen(frozenset(read_lists(lists).train))
    card, _ = _scored(engine, test, valid)
    card = replace(
        card,
        intended_use=card.intended_use or INTENDED_USE,
        limits=card.limits or LIMITS,
    )
    names = tuple(card.layouts)
    for name, found in _layouts(engine, card, names, test, valid).items():
        measured = card.layouts[name]
        beside = ("controls", *COVERED_CONTROLS.values(), COVERED_LISTS)
        kept = {key: measured[key] for key in beside if key in measured}
        card = replace(card, layouts={**card.layouts, name: {**found, **kept}})
    if photographs:
        card = replace(card, photographs=check_photographs(engine, test.faces, most=photographs))
    _write(folder, card)
    return card


def _card(recipe: Recipe, kept: Mapping[str, Any], *, several: bool) -> Card:
    return Card(
        name=f"RAN {recipe.backbone}, FERPlus",
        kind="ran",
        backbone=recipe.backbone,
        classes=FERPLUS,
        input_size=recipe.input_size,
        grey=True,
        framing="ferplus",
        attention=recipe.attention,
        alpha=recipe.alpha,
        trained_on=_trained_on(
            recipe, kept, chosen=f", accuracy {kept['valid']:.4f}" if "valid" in kept else ""
        ),
        licence="Pictures of FER2013 were gathered from the web, research use; labels MIT."
        + (" Face backbone: dlib's, CC0 1.0." if recipe.backbone == "dlib29" else ""),
        recipe=_recipe_of(recipe, kept),
        seed=recipe.seed,
        scores=None,
        note=_how(kept) + ("" if several else " One seed: the spread over seeds was not measured."),
        intended_use=INTENDED_USE,
        limits=LIMITS,
    )


def _recipe_of(recipe: Recipe, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the card says of training: of a network begun whole, only what was done here."""
    if "begun" not in kept:
        return asdict(recipe)
    names = ("backbone", "input_size", "alpha", "attention", "layouts", "seed")
    return {"begun": kept["begun"], **{name: getattr(recipe, name) for name in names}}


def _how(kept: Mapping[str, Any]) -> str:
    if "begun" in kept:
        return (
            f"Begun whole with {kept['begun']}: a face backbone, trained on whole faces, then on "
            "all regions under covers, three such networks averaged, attention and classifier once "
            "more on frozen features (docs/training.md)."
        )
    later = ", then all of it together." if kept["stage"] == "joint" else "."
    return f"Attention and classifier were trained on the features of the frozen backbone{later}"


def _trained_on(recipe: Recipe, kept: Mapping[str, Any], *, chosen: str) -> str:
    # The first runs did not log how many.
    faces = f"{kept['faces']:,}" if "faces" in kept else "the"
    splits = "FERPlus train and valid" if recipe.trains_on_valid else "FERPlus train"
    begun = f"begun with the backbone of {recipe.init}. " if recipe.init else "no pretraining. "
    if "begun" in kept:
        begun = "from dlib's face backbone (3 million faces, for identity). "
    how = (
        "The schedule was fixed beforehand."
        if recipe.trains_on_valid
        else f"Chosen on FER2013Valid{chosen}."
    )
    return f"{splits}, {faces} faces of the RAN authors' list; {begun}{how}"


def _scored(engine: Engine, test: _Exam, valid: Faces | None) -> tuple[Card, Tensor]:
    """Return the card with all that one network reaches, and which test faces it has right."""
    model, side = engine.model, engine.card.input_size
    temperature, fitted_on = 1.0, 0
    if valid is not None:
        temperature = fitted_temperature(logits(model, valid, side), valid.shares())
        fitted_on = len(valid)
    answered = logits(model, test.faces, side)
    both = averaged(
        answered / temperature, logits(model, test.faces, side, mirrored=True) / temperature
    )
    right = answered.argmax(1) == test.labels
    card = replace(
        engine.card,
        temperature=temperature,
        scores=list_scores(right, test.faces, test.subsets),
        flipped=list_scores(both.argmax(1) == test.labels, test.faces, test.subsets),
        per_class={
            name: _class_score(right[test.labels == number])
            for number, name in enumerate(engine.card.classes)
            if bool((test.labels == number).any())
        },
        calibration={
            "bins": BINS,
            "ece": calibration_error((answered / temperature).softmax(1), test.labels),
            "ece_before": calibration_error(answered.softmax(1), test.labels),
            "fitted_on": fitted_on,
        },
    )
    return card, right


def _layouts(
    engine: Engine, card: Card, names: Sequence[str], test: _Exam, valid: Faces | None
) -> dict[str, Layout]:
    """Return what the card says of each layout; its own was scored already."""
    found: dict[str, Layout] = {}
    for name in names if len(names) > 1 else ():
        layout, side = listed_layout(name), card.input_size
        scores = card.scores
        temperature: float | None = card.temperature
        if name != card.layout:
            temperature = None
            if valid is not None:
                answered = logits(engine.model, valid, side, layout=layout)
                temperature = fitted_temperature(answered, valid.shares())
            right = answers(engine.model, test.faces, side, layout=layout) == test.labels
            scores = list_scores(right, test.faces, test.subsets)
        found[name] = {
            "radius": MEDIAN_RADIUS if name == "landmark" else None,
            "temperature": temperature,
            "scores": scores,
            "controls": None,
        }
    return found


def _class_score(right: Tensor) -> dict[str, float]:
    return {"n": len(right), "accuracy": float(right.double().mean())}


def _against(ran: Tensor, plain: Tensor, test: _Exam) -> dict[str, dict[str, float]]:
    table = {}
    for name, members in test.subsets.items():
        rows = on_list(test.faces, members)
        row = paired(ran[rows], plain[rows])
        table[name] = {
            "n": row["n"],
            "difference": row["difference"],
            "ran_only": row["first_only"],
            "plain_only": row["second_only"],
            "p": row["p"],
        }
    return table


def _same_recipe(recipe: Recipe, folder: Path) -> Recipe:
    other = read_recipe(folder, {})
    if replace(other, seed=recipe.seed) != recipe or other.seed == recipe.seed:
        raise BadRequest(
            f"{folder} is no run of the same recipe with another seed.",
            hint="Give runs that differ in --seed alone.",
        )
    return other


def _scores(recipe: Recipe, folder: Path, *, ferplus: Path, lists: Path) -> Scores:
    """Answer the test lists with a run that is released as part of a mean alone."""
    tqdm.write(f"seed {recipe.seed}, {folder}")
    return evaluate(load_ran(recipe, folder), recipe.input_size, ferplus=ferplus, lists=lists)


def _spread(every: Sequence[Scores]) -> dict[str, dict[str, float]]:
    table = {}
    for name in every[0]:
        values = [scores[name]["accuracy"] for scores in every]
        table[name] = {
            "n": len(values),
            "mean": float(np.mean(values)),
            "spread": float(np.std(values, ddof=1)),
        }
    return table


def _write(folder: Path, card: Card) -> None:
    write_text(folder / "card.json", json.dumps(asdict(card), indent=2) + "\n")
