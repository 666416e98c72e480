"""python -m ran poses: one face at several angles, or how well poses are estimated."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.commands.network import add_network
from ran.errors import BadRequest, NoFaceFound

if TYPE_CHECKING:
    from ran.engine import Engine
    from ran.study.poses import Answered, Posed, Skipped


def add_arguments(poses: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran poses` to a parser."""
    poses.add_argument(
        "photo", nargs="*", help="photos of one person, or a short video; the largest face of each"
    )
    poses.add_argument(
        "--turn", action="store_true",
        help="turn the face of one photo synthetically, from -60 to +60 degrees of yaw",
    )  # fmt: skip
    poses.add_argument("--step", type=int, default=15, metavar="DEGREES", help="of --turn: 15")
    poses.add_argument("--pitch", type=float, nargs="+", default=[0.0], help="of --turn: 0")
    poses.add_argument(
        "--hide", action="append", default=[], metavar="PART",
        help="a part to hide on every pose, such as mouth; may be repeated",
    )  # fmt: skip
    poses.add_argument("--ferplus", type=Path, help="measure: FERPlus' folder, or a zip of it")
    poses.add_argument("--lists", type=Path, help="measure: the folder with FERplus_dir")
    add_network(poses)
    poses.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Answer for each pose, sorted by yaw, or measure the estimates on the published lists."""
    if args.ferplus or args.lists:
        _measure(args)
        return
    if not args.photo:
        raise BadRequest("No photo is given.", hint="Give photos, or --ferplus and --lists.")
    from ran.engine import Engine
    from ran.study.poses import answered, by_yaw

    engine = Engine.load(args.checkpoint, args.device)
    poses, skipped = _poses(args, engine)
    for left_out in skipped:
        print(left_out.reason, file=sys.stderr)
    if not poses:
        raise NoFaceFound(
            f"No face found in any of {len(args.photo)} files.",
            hint="Try photos in which the face is at least 40 pixels wide and not cut off.",
        )
    found = by_yaw(
        answer
        for posed in poses
        for answer in answered([posed], using=engine, cover=_cover(args, posed))
    )
    if args.json:
        report = {
            "poses": [answer.as_json() for answer in found],
            "skipped": [{"source": one.name, "reason": one.reason} for one in skipped],
            "checkpoint": engine.card.name,
            "device": engine.device,
        }
        print(json.dumps(report, indent=2))
        return
    for answer in found:
        print(_in_words(answer))


def _poses(args: argparse.Namespace, engine: Engine) -> tuple[list[Posed], list[Skipped]]:
    from ran.face.photo import open_photo
    from ran.study.poses import Skipped, from_files, turned

    if not args.turn:
        everything = list(from_files(args.photo, using=engine))
        skipped = [one for one in everything if isinstance(one, Skipped)]
        return [one for one in everything if not isinstance(one, Skipped)], skipped
    if len(args.photo) != 1:
        raise BadRequest(f"{len(args.photo)} photos are given.", hint="--turn takes one.")
    if not 1 <= args.step <= 60:
        raise BadRequest(f"The step is {args.step} degrees.", hint="Use 1 to 60.")
    half = range(args.step, 61, args.step)
    yaws = [*(-yaw for yaw in reversed(half)), 0, *half]
    face = engine.find_faces(open_photo(args.photo[0]))[0]
    return list(turned(face, yaws, args.pitch, using=engine)), []


def _cover(args: argparse.Namespace, posed: Posed) -> Any:
    from ran.face.parts import preset
    from ran.study.poses import Cover

    shapes = tuple(shape for part in args.hide for shape in preset(part, posed.face))
    return Cover(posed.face, shapes) if shapes else None


def _in_words(found: Answered) -> str:
    posed, answer = found.posed, found.answer
    words = f"yaw {posed.yaw:+4.0f}  pitch {posed.pitch:+4.0f}  "
    words += f"{answer.expression} {answer.probabilities.max():.2f}"
    if answer.rb_margin is not None:
        words += f"  RB margin {answer.rb_margin:+.3f}"
    weights = "  ".join(
        f"{box.name} {w:.2f}x" for box, w in zip(answer.boxes, answer.relative_weights, strict=True)
    )
    kind = "synthetic" if posed.is_synthetic else posed.name
    doubt = "  (not reliable)" if posed.warning else ""
    return f"{words}  {weights}  {kind}{doubt}"


def _measure(args: argparse.Namespace) -> None:
    from ran.study.pose_lists import measure

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
