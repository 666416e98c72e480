"""python -m ran predict | evaluate | train | convert."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ran.errors import BadRequest, RanError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 2 after one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m ran", description="Region Attention Networks")
    commands = parser.add_subparsers(dest="command", required=True)
    predict = commands.add_parser("predict", help="answer for every face of a photo")
    predict.add_argument("photo")
    predict.add_argument("--checkpoint")
    predict.add_argument("--device", default="auto")
    predict.add_argument(
        "--hide", action="append", default=[], metavar="PART", help="cover a part, such as mouth"
    )
    predict.add_argument("--json", action="store_true")
    predict.set_defaults(run=_predict)
    evaluate = commands.add_parser("evaluate", help="accuracy on the published test lists")
    evaluate.add_argument("--ferplus", type=Path, required=True)
    evaluate.add_argument("--lists", type=Path, required=True)
    evaluate.add_argument("--checkpoint")
    evaluate.add_argument("--device", default="auto")
    evaluate.add_argument("--json", action="store_true")
    evaluate.set_defaults(run=_evaluate)
    convert = commands.add_parser("convert", help="the authors' .pth.tar to our folder, and back")
    convert.add_argument("source", type=Path)
    convert.add_argument("target", type=Path)
    convert.add_argument("--classes", choices=("ferplus", "affectnet", "rafdb"), default="ferplus")
    convert.set_defaults(run=_convert)
    train = commands.add_parser("train", help="train a RAN on FERPlus")
    train.set_defaults(run=_train)
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["train"]:
        # Training's options need Accelerate: asked for only where it is wanted.
        from ran.study.training import add_arguments

        add_arguments(train)
    args = parser.parse_args(given)
    try:
        args.run(args)
    except RanError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _predict(args: argparse.Namespace) -> None:
    from ran.engine import Engine
    from ran.face.photo import open_photo
    from ran.face.shapes import preset
    from ran.scene import Scene

    photo = open_photo(args.photo)
    engine = Engine.load(args.checkpoint, args.device)
    faces = []
    for face in engine.find_faces(photo):
        shapes = tuple(shape for part in args.hide for shape in preset(part, face))
        answer = engine.predict(Scene(face, shapes))
        faces.append(
            {
                "box": face.box,
                "landmarks": face.landmarks.tolist() if face.landmarks is not None else None,
                **answer.as_json(),
            }
        )
    report = {"faces": faces, "checkpoint": engine.card.name, "device": engine.device}
    if args.json:
        print(json.dumps(report, indent=2))
        return
    for number, row in enumerate(faces, 1):
        best = row["probabilities"][row["expression"]]
        margin = "" if row["rb_margin"] is None else f", RB margin {row['rb_margin']:+.3f}"
        print(f"face {number}: {row['expression']}, probability {best:.2f}{margin}")
        for region in row["regions"]:
            print(
                f"  {region['name']:<14} mu {region['self_weight']:.3f}  "
                f"nu {region['relation_weight']:.3f}  w {region['weight']:.3f}"
            )


def _evaluate(args: argparse.Namespace) -> None:
    from ran.engine import Engine
    from ran.study.evaluation import evaluate

    engine = Engine.load(args.checkpoint, args.device)
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
