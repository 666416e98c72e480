"""python -m ran predict | evaluate | train | convert."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ran.errors import BadRequest, RanError
from ran.expressions import CLASS_ORDERS, FERPLUS

if TYPE_CHECKING:
    from ran.engine import Engine
    from ran.face.detect import Face
    from ran.face.photo import Photo
    from ran.net.regions import RegionLayout
    from ran.recipe import Recipe
    from ran.scene import Scene


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 2 after one line on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        args = _parser(for_training=given[:1] == ["train"]).parse_args(given)
        args.perform(args)
    except RanError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    return 0


class _Parser(argparse.ArgumentParser):
    """A parser that refuses like everything else here: in one line, with the next step."""

    def error(self, message: str) -> NoReturn:
        raise BadRequest(f"{message[:1].upper()}{message[1:]}.", hint=f"See `{self.prog} --help`.")


def _parser(*, for_training: bool) -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m ran", description="Region Attention Networks")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_predict(commands.add_parser("predict", help="answer for every face of a photo"))
    evaluate = commands.add_parser("evaluate", help="accuracy on the published test lists")
    evaluate.add_argument("--ferplus", type=Path, required=True, help="its folder, or a zip of it")
    evaluate.add_argument("--lists", type=Path, required=True, help="the folder with FERplus_dir")
    _add_network(evaluate)
    evaluate.set_defaults(perform=_evaluate)
    convert = commands.add_parser("convert", help="the authors' .pth.tar to our folder, and back")
    convert.add_argument("source", type=Path)
    convert.add_argument("target", type=Path)
    convert.add_argument("--classes", choices=tuple(CLASS_ORDERS), default="ferplus")
    convert.set_defaults(perform=_convert)
    train = commands.add_parser("train", help="train a RAN on FERPlus")
    train.set_defaults(perform=_train)
    if for_training:
        # Its options come with torch: asked for only where they are wanted.
        from ran.study.training import add_arguments

        add_arguments(train)
    return parser


def _add_network(command: argparse.ArgumentParser) -> None:
    command.add_argument("--checkpoint", help="a folder of ours or the authors' .pth.tar")
    command.add_argument("--device", default="auto", help="cuda, cuda:1, mps or cpu")
    command.add_argument("--json", action="store_true", help="print JSON and nothing else")


def _add_predict(predict: argparse.ArgumentParser) -> None:
    predict.add_argument("photo")
    predict.add_argument(
        "--recipe", metavar="FILE", help="a recipe saved on the Occlude page, for its face alone"
    )
    _add_network(predict)
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
    cover.add_argument("--fill", help="black, grey, mean, noise, blur or colour; default black")
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
    predict.set_defaults(perform=_predict)


_SCENE: dict[str, Any] = {
    "hide": [], "rectangle": [], "fill": "black", "colour": None, "noise_seed": 0, "opacity": 1.0,
    "layout": None, "crops": 5, "crop_seed": 0, "radius": 0.25,
}  # fmt: skip
"""The options that make a scene, and what they are when not given."""


def _predict(args: argparse.Namespace) -> None:
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
    from ran.scene import Scene

    parts = [shape for part in args.hide for shape in preset(part, face)]
    rectangles = [Rectangle(*edges) for edges in args.rectangle]
    colour = None if args.colour is None else tuple(args.colour)
    fill = Fill(args.fill, colour, args.noise_seed, args.opacity)
    return Scene(face, (*parts, *rectangles), fill, _layout(face, args))


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


def _evaluate(args: argparse.Namespace) -> None:
    from ran.engine import Engine
    from ran.study.evaluation import evaluate

    engine = Engine.load(args.checkpoint, args.device)
    if engine.card.classes != FERPLUS:
        raise BadRequest(
            f"The checkpoint answers {', '.join(engine.card.classes)}.",
            hint=f"FERPlus' lists need {', '.join(FERPLUS)}, in this order.",
        )
    scores = evaluate(engine.model, engine.card.input_size, ferplus=args.ferplus, lists=args.lists)
    if args.json:
        print(json.dumps(scores, indent=2))
        return
    for name, score in scores.items():
        print(f"{name:<10} {score['n']:>5.0f} faces  accuracy {100 * score['accuracy']:.2f} %")


def _convert(args: argparse.Namespace) -> None:
    from ran.net.checkpoints import convert

    if args.target.exists():
        raise BadRequest(f"{args.target} exists.", hint="Choose a name that is free.")
    convert(args.source, args.target, classes=args.classes)


def _train(args: argparse.Namespace) -> None:
    from ran.study.training import run

    run(args)


if __name__ == "__main__":
    sys.exit(main())
