"""python -m ran poses: one face at several angles, or how well poses are estimated."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.commands.options.network import add_network, one_line, refuse_unused, say
from ran.errors import BadRequest, NoFaceFound

if TYPE_CHECKING:
    from ran.engine import Engine
    from ran.recipe import Recipe
    from ran.study.poses.posed import Answered, Posed, Skipped


def add_arguments(poses: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran poses` to a parser."""
    poses.add_argument(
        "photo", nargs="*", help="photos of one person, or a short video; the largest face of each"
    )
    poses.add_argument(
        "--turn", action="store_true",
        help="turn the face of one photo synthetically, from -60 to +60 degrees of yaw",
    )  # fmt: skip
    poses.add_argument("--step", type=int, metavar="DEGREES", help="of --turn: 15")
    poses.add_argument(
        "--pitch", nargs="+", action=_Pitches, default=[], metavar="DEGREES", help="of --turn: 0"
    )
    poses.add_argument(
        "--recipe", metavar="FILE",
        help="a recipe saved on the Poses page: its turn of one photo, or its photos; its cover",
    )  # fmt: skip
    poses.add_argument(
        "--hide", action="append", default=[], metavar="PART",
        help="a part to hide on every pose, such as mouth; may be repeated",
    )  # fmt: skip
    poses.add_argument("--ferplus", type=Path, help="measure: FERPlus' folder, or a zip of it")
    poses.add_argument("--lists", type=Path, help="measure: the folder with FERplus_dir")
    poses.add_argument(
        "--choose", action="store_true",
        help="with --ferplus: compare the ways of estimating on FER2013Valid, by mirror images",
    )  # fmt: skip
    add_network(poses)
    poses.set_defaults(perform=run)


class _Pitches(argparse.Action):
    """Takes the numbers; what follows them is a photo that stands after the option."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        numbers: list[float] = []
        for place, value in enumerate(values):
            try:
                numbers.append(float(value))
            except ValueError:
                if not numbers:
                    parser.error(f"{option_string} needs a number, got {value!r}")
                namespace.after_pitch = list(values[place:])
                break
        namespace.pitch = numbers


def run(args: argparse.Namespace) -> None:
    """Answer for each pose, or measure the estimates on the published lists.

    Frames of films come in the order of time, other poses by yaw.
    """
    args.photo = [*args.photo, *getattr(args, "after_pitch", [])]
    recipe = _recipe(args)
    is_measured = bool(args.ferplus or args.lists or args.choose)
    refuse_unused(
        args,
        {
            "step": (args.turn, "--turn"),
            "pitch": (args.turn, "--turn"),
            "turn": (not is_measured, "a photo, and neither --ferplus nor --lists"),
            "hide": (not is_measured, "a photo, and neither --ferplus nor --lists"),
            "checkpoint": (not is_measured, "a photo, and neither --ferplus nor --lists"),
        },
    )
    if is_measured and args.device != "auto":
        raise BadRequest(
            "--device needs a photo, and neither --ferplus nor --lists.",
            hint="Give it, or leave out --device.",
        )
    if is_measured:
        (_choose if args.choose else _measure)(args)
        return
    if not args.photo:
        raise BadRequest("No photo is given.", hint="Give photos, or --ferplus and --lists.")
    from ran.engine import Engine
    from ran.study.poses.posed import in_order

    engine = Engine.load(args.checkpoint, args.device)
    found, skipped, differs = (
        _asked(args, engine) if recipe is None else _replayed(recipe, args.photo, engine)
    )
    for left_out in skipped:
        if found or len(skipped) > 1:  # alone, it is the refusal
            say(left_out.reason)
    if not found:
        if len(skipped) == 1:  # a refusal, and what to do, in its own words
            raise NoFaceFound(skipped[0].reason, hint="")
        raise NoFaceFound(
            f"No pose came of {', '.join(args.photo[:3])}{' …' if len(args.photo) > 3 else ''}.",
            hint="The lines above say why, one a file." if skipped else "Give another photo.",
        )
    for sentence in differs:
        say(sentence)
    found = in_order(found)
    if args.json:
        report = {
            "poses": [answer.as_json() for answer in found],
            "skipped": [{"source": one.name, "reason": one.reason} for one in skipped],
            "checkpoint": engine.card.name,
            **engine.conditions,
        }
        print(json.dumps(report, indent=2))
        return
    for answer in found:
        print(_in_words(answer))


def _recipe(args: argparse.Namespace) -> Recipe | None:
    from ran.recipe import read_recipe

    if args.recipe is None:
        return None
    options = ("turn", "step", "pitch", "hide", "ferplus", "lists", "choose")
    given = [f"--{name}" for name in options if getattr(args, name)]
    if given:
        raise BadRequest(
            f"A recipe says already what {', '.join(given)} would set.",
            hint="Leave out --recipe or the other options.",
        )
    return read_recipe(args.recipe)


def _replayed(
    recipe: Recipe, photos: list[str], engine: Engine
) -> tuple[list[Answered], list[Skipped], tuple[str, ...]]:
    from ran.study.poses.posed import Skipped, answered
    from ran.study.poses.replayed import replay, strangers

    begun = replay(recipe, photos, using=engine)
    steps = list(begun.steps)
    poses = [step for step in steps if not isinstance(step, Skipped)]
    found = list(answered(poses, using=engine, cover=begun.cover, layout=begun.layout))
    if recipe.alpha is not None:
        found = [one.with_alpha(recipe.alpha) for one in found]
    skipped = [step for step in steps if isinstance(step, Skipped)]
    return found, skipped, (*begun.differs, *strangers(recipe, poses))


def _asked(
    args: argparse.Namespace, engine: Engine
) -> tuple[list[Answered], list[Skipped], tuple[str, ...]]:
    from ran.study.poses.posed import answered

    poses, skipped = _poses(args, engine)
    found = [
        answer
        for posed in poses
        for answer in answered([posed], using=engine, cover=_cover(args, posed))
    ]
    return found, skipped, ()


def _poses(args: argparse.Namespace, engine: Engine) -> tuple[list[Posed], list[Skipped]]:
    from ran.face.photo import open_photo
    from ran.study.poses.posed import Skipped
    from ran.study.poses.sources import from_files, turned

    if not args.turn:
        everything = list(from_files(args.photo, using=engine))
        skipped = [one for one in everything if isinstance(one, Skipped)]
        return [one for one in everything if not isinstance(one, Skipped)], skipped
    if len(args.photo) != 1:
        raise BadRequest(f"{len(args.photo)} photos are given.", hint="--turn takes one.")
    step = 15 if args.step is None else args.step
    if not 1 <= step <= 60:
        raise BadRequest(f"The step is {step} degrees.", hint="Use 1 to 60.")
    half = range(step, 61, step)
    yaws = [*(-yaw for yaw in reversed(half)), 0, *half]
    face = engine.find_faces(open_photo(args.photo[0]))[0]
    return list(turned(face, yaws, args.pitch or [0.0], using=engine)), []


def _cover(args: argparse.Namespace, posed: Posed) -> Any:
    from ran.face.covers.parts import preset
    from ran.study.poses.posed import Cover

    shapes = tuple(shape for part in args.hide for shape in preset(part, posed.face))
    return Cover(posed.face, shapes) if shapes else None


def _in_words(found: Answered) -> str:
    posed, answer = found.posed, found.answer
    words = "" if posed.moment is None else f"{posed.moment.seconds:5.1f} s  "
    words += f"yaw {posed.yaw:+4.0f}  pitch {posed.pitch:+4.0f}  "
    words += f"{answer.expression} {answer.probabilities.max():.2f}"
    if answer.rb_margin is not None:
        words += f"  RB margin {answer.rb_margin:+.3f}"
    weights = "  ".join(
        f"{box.name} {w:.2f}x" for box, w in zip(answer.boxes, answer.relative_weights, strict=True)
    )
    kind = "synthetic" if posed.is_synthetic else one_line(posed.name)
    doubt = "  (not reliable)" if posed.warning else ""
    return f"{words}  {weights}  {kind}{doubt}"


def _choose(args: argparse.Namespace) -> None:
    from ran.face.detector import default_detector
    from ran.study.data.ferplus import read_ferplus
    from ran.study.poses.estimator_choice import as_json, compare

    if not args.ferplus or args.lists or args.photo:
        raise BadRequest(
            "To choose, --ferplus is needed, and neither a list nor a photo.",
            hint="See `python -m ran poses --help`.",
        )
    ways, medians = compare(read_ferplus(args.ferplus, "valid"), default_detector())
    if args.json:
        command = "python -m ran poses --ferplus ZIP --choose --json"
        print(json.dumps({"command": command, **as_json(ways, medians)}, indent=2))
        return
    for way in ways:
        print(
            f"{way.solver:9s}  camera at {way.focal:g}  {way.rounds} rounds  agreement "
            f"{way.agreement:.4f}  apart {way.apart:.1f}°  lost {way.lost} of {way.of}"
        )


def _measure(args: argparse.Namespace) -> None:
    from ran.study.poses.published_lists import measure

    if not (args.ferplus and args.lists) or args.photo:
        raise BadRequest(
            "To measure, both --ferplus and --lists are needed, and no photo.",
            hint="See `python -m ran poses --help`.",
        )
    result = measure(args.ferplus, args.lists)
    if args.json:
        command = "python -m ran poses --ferplus ZIP --lists DIR --json"
        print(json.dumps({"command": command, "separation": result.as_json()}, indent=2))
        return
    print(
        f"AUC {result.auc:.3f} ± {result.error:.3f} (|yaw| alone {result.auc_yaw:.3f}), "
        f"{result.turned} faces of pose45 against {result.frontal} outside pose30"
    )
    print(
        f"not found, and in neither: {result.lost_turned} and {result.lost_frontal}: "
        f"{', '.join(result.lost)}"
    )
