"""python -m ran predict | evaluate | train | convert."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ran.commands import predict
from ran.commands.network import add_network
from ran.errors import BadRequest, RanError
from ran.expressions import CLASS_ORDERS, FERPLUS


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
    predict.add_arguments(commands.add_parser("predict", help="answer for every face of a photo"))
    evaluate = commands.add_parser("evaluate", help="accuracy on the published test lists")
    evaluate.add_argument("--ferplus", type=Path, required=True, help="its folder, or a zip of it")
    evaluate.add_argument("--lists", type=Path, required=True, help="the folder with FERplus_dir")
    evaluate.add_argument("--flip", action="store_true", help="ask the mirrored face too")
    evaluate.add_argument(
        "--photographs", type=int, metavar="N",
        help="lay N test pictures on a canvas, find the faces and compare the answers instead",
    )  # fmt: skip
    add_network(evaluate)
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
        from ran.commands.train import add_arguments

        add_arguments(train)
    return parser


def _evaluate(args: argparse.Namespace) -> None:
    from ran.engine import Engine
    from ran.study.evaluation import evaluate, exam
    from ran.study.photographs import check_photographs

    engine = Engine.load(args.checkpoint, args.device)
    if engine.card.classes != FERPLUS:
        raise BadRequest(
            f"The checkpoint answers {', '.join(engine.card.classes)}.",
            hint=f"FERPlus' lists need {', '.join(FERPLUS)}, in this order.",
        )
    if args.photographs is not None:
        faces, _ = exam(args.ferplus, args.lists)
        check = check_photographs(engine, faces, most=args.photographs)
        print(json.dumps(check, indent=2) if args.json else _sentence(check))
        return
    scores = evaluate(
        engine.model, engine.card.input_size, ferplus=args.ferplus, lists=args.lists,
        flip=args.flip,
    )  # fmt: skip
    if args.json:
        print(json.dumps(scores, indent=2))
        return
    for name, score in scores.items():
        print(f"{name:<10} {score['n']:>5.0f} faces  accuracy {100 * score['accuracy']:.2f} %")


def _sentence(check: dict[str, float]) -> str:
    return (
        f"{check['found']:.0f} of {check['n']:.0f} faces found; of these "
        f"{100 * check['agreement']:.1f} % have the answer of the picture itself; accuracy "
        f"{100 * check['accuracy']:.2f} %, of the pictures themselves {100 * check['direct']:.2f} %"
    )


def _convert(args: argparse.Namespace) -> None:
    from ran.net.checkpoints import convert

    if args.target.exists():
        raise BadRequest(f"{args.target} exists.", hint="Choose a name that is free.")
    convert(args.source, args.target, classes=args.classes)


def _train(args: argparse.Namespace) -> None:
    from ran.commands.train import run

    run(args)


if __name__ == "__main__":
    sys.exit(main())
