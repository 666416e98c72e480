"""python -m ran predict: the answer for every face of a photo."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ran.commands.network import add_network
from ran.errors import BadRequest

if TYPE_CHECKING:
    from ran.engine import Engine
    from ran.face.detect import Face
    from ran.face.photo import Photo
    from ran.net.regions import RegionLayout
    from ran.recipe import Recipe
    from ran.scene import Scene


def add_arguments(predict: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran predict` to a parser."""
    predict.add_argument("photo")
    predict.add_argument(
        "--recipe", metavar="FILE", help="a recipe saved on the Occlude page, for its face alone"
    )
    add_network(predict)
    # An option that is not given leaves no trace: a recipe refuses those that are.
    cover = predict.add_argument_group(
        "what hides the face; parts and rectangles may be repeated",
        argument_default=argparse.SUPPRESS,
    )
    cover.add_argument("--hide", action="append", metavar="PART", help="a part, such as mouth")
    cover.add_argument(
        "--rectangle", action="append", nargs=4, type=float,
        metavar=("X0", "Y0", "X1", "Y1"), help="edges; the face reaches from 0 to 1",
    )  # fmt: skip
    cover.add_argument("--sticker", action="append", metavar="NAME", help="such as sunglasses")
    cover.add_argument(
        "--fill", help="black, grey, mean, noise, blur, colour or a sticker's look; default black"
    )
    cover.add_argument("--colour", nargs=3, type=int, metavar=("R", "G", "B"), help="0 to 255")
    cover.add_argument("--noise-seed", type=int, metavar="N")
    cover.add_argument("--opacity", type=float, metavar="SHARE", help="0 to 1")
    cut = predict.add_argument_group(
        "how the face is cut, if not as the checkpoint's card says",
        argument_default=argparse.SUPPRESS,
    )
    cut.add_argument("--layout", choices=("random", "landmark"))
    cut.add_argument("--crops", type=int, metavar="N", help="random: how many")
    cut.add_argument("--crop-seed", type=int, metavar="N", help="random: where")
    cut.add_argument("--radius", type=float, help="landmark: half a square's side")
    predict.set_defaults(perform=run)


_SCENE: dict[str, Any] = {
    "hide": [], "rectangle": [], "sticker": [], "fill": "black", "colour": None, "noise_seed": 0,
    "opacity": 1.0, "layout": None, "crops": 5, "crop_seed": 0, "radius": 0.25,
}  # fmt: skip
"""The options that make a scene, and what they are when not given."""


def run(args: argparse.Namespace) -> None:
    """Answer for every face of a photo, or for the one of a recipe."""
    from ran.engine import Engine
    from ran.face.photo import open_photo

    recipe = _recipe(args)
    photo = open_photo(args.photo)
    engine = Engine.load(args.checkpoint, args.device)
    found = engine.find_faces(photo)
    if recipe is None:
        options = argparse.Namespace(**{**_SCENE, **vars(args)})
        scenes = {number: _scene(face, options) for number, face in enumerate(found, 1)}
    else:
        index = recipe.face_among(len(found))
        scenes = {index + 1: recipe.scene(found[index])}
    answers = engine.predict_many(list(scenes.values()))
    if recipe is not None:
        # Only now: a refusal is one line, without notices before it.
        _note_differences(recipe, photo, engine, len(found))
        if recipe.alpha is not None:
            answers = [replace(answer, alpha=recipe.alpha) for answer in answers]
    faces = [
        {
            "box": scene.face.box,
            "landmarks": None if scene.face.landmarks is None else scene.face.landmarks.tolist(),
            **answer.as_json(),
        }
        for scene, answer in zip(scenes.values(), answers, strict=True)
    ]
    if args.json:
        report = {"faces": faces, "checkpoint": engine.card.name, "device": engine.device}
        print(json.dumps(report, indent=2))
        return
    for number, row in zip(scenes, faces, strict=True):
        print(f"face {number}: {_in_words(row)}")


def _recipe(args: argparse.Namespace) -> Recipe | None:
    from ran.recipe import read_recipe

    if args.recipe is None:
        return None
    given = [f"--{name.replace('_', '-')}" for name in _SCENE if name in args]
    if given:
        raise BadRequest(
            f"A recipe says already what {', '.join(given)} would set.",
            hint="Leave out --recipe or the other options.",
        )
    return read_recipe(args.recipe)


def _note_differences(recipe: Recipe, photo: Photo, engine: Engine, faces: int) -> None:
    from ran.recipe import CheckpointRef, PhotoRef

    here = PhotoRef.of(photo), CheckpointRef.of(engine.card)
    for notice in recipe.notices(*here, faces=faces):
        print(notice, file=sys.stderr)


def _scene(face: Face, args: argparse.Namespace) -> Scene:
    from ran.face.occlusion import Fill
    from ran.face.parts import preset
    from ran.face.shapes import Rectangle
    from ran.face.stickers import place
    from ran.scene import Scene

    parts = [shape for part in args.hide for shape in preset(part, face)]
    rectangles = [Rectangle(*edges) for edges in args.rectangle]
    stickers = [place(name, face) for name in args.sticker]
    colour = None if args.colour is None else tuple(args.colour)
    fill = Fill(args.fill, colour, args.noise_seed, args.opacity)
    return Scene(face, (*parts, *rectangles, *stickers), fill, _layout(face, args))


def _layout(face: Face, args: argparse.Namespace) -> RegionLayout | None:
    from ran.net.regions import landmark_layout, random_layout

    try:
        if args.layout == "random":
            return random_layout(args.crops, seed=args.crop_seed)
        if args.layout == "landmark" and face.landmarks is not None:
            return landmark_layout(face.landmarks, radius=args.radius)
    except ValueError as error:
        raise BadRequest(
            f"The face cannot be cut so: {error}.", hint="See `python -m ran predict --help`."
        ) from error
    return None


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
