"""python -m ran predict: the answer for every face of a photo."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from ran.commands.options.network import add_network
from ran.commands.options.scenes import add_scene, note_differences, recipe_of, scenes_of


def add_arguments(predict: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran predict` to a parser."""
    predict.add_argument("photo")
    add_scene(predict)
    add_network(predict)
    predict.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Answer for every face of a photo, or for the one of a recipe."""
    from ran.engine import Engine
    from ran.face.photo import open_photo

    recipe = recipe_of(args)
    photo = open_photo(args.photo)
    engine = Engine.load(args.checkpoint, args.device)
    found = engine.find_faces(photo, upright=recipe is not None and recipe.is_upright)
    scenes = scenes_of(args, recipe, found)
    answers = engine.predict_many(list(scenes.values()))
    if recipe is not None:
        # Only now: a refusal is one line, without notices before it.
        note_differences(recipe, photo, engine, len(found))
        if recipe.alpha is not None:
            answers = [replace(answer, alpha=recipe.alpha) for answer in answers]
    faces = [
        {
            "box": scene.face.box,
            "roll": scene.face.roll,
            "quarter_turns": scene.face.quarter_turns,
            "landmarks": None if scene.face.landmarks is None else scene.face.landmarks.tolist(),
            **answer.as_json(),
        }
        for scene, answer in zip(scenes.values(), answers, strict=True)
    ]
    if args.json:
        report = {"faces": faces, "checkpoint": engine.card.name, **engine.conditions}
        print(json.dumps(report, indent=2))
        return
    for number, row in zip(scenes, faces, strict=True):
        how = scenes[number].face.how_cut
        print(f"face {number}: {f'{how}; ' if how else ''}{_in_words(row)}")


def _in_words(row: dict[str, Any]) -> str:
    words = f"{row['expression']}, probability {row['probabilities'][row['expression']]:.2f}"
    if row["rb_margin"] is not None:
        words += f", RB margin {row['rb_margin']:+.3f}"
    for region in row["regions"]:
        words += (
            f"\n  {region['name']:<18} mu {region['self_weight']:.3f}  "
            f"nu {region['relation_weight']:.3f}  w {region['weight']:.3f}"
        )
        if region["covered"] > 0:
            words += f"  hidden {100 * region['covered']:.0f} %"
    return words
