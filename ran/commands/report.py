"""ran report: a photo's face, or several, or a cohort, as one file of HTML that opens offline."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ran.commands.options.network import add_network, refuse_unused
from ran.commands.options.slots import add_slots, slots_of
from ran.errors import BadRequest
from ran.writing import refuse_same, write_text

_ENDINGS = (".html", ".htm")
_FOR_ALL = ("command", "perform", "photo", "out", "checkpoint", "device", "json", "layout_option")
"""What is taken of a cohort too."""


def add_arguments(report: argparse.ArgumentParser) -> None:
    """Add the options of `ran report` to a parser."""
    report.add_argument("--out", type=Path, required=True, metavar="FILE", help="the report, .html")
    report.add_argument(
        "--no-photo", action="store_true", help="without the face: maps are drawn on grey"
    )
    maps = report.add_argument_group("which pixels speak for a target")
    maps.add_argument(
        "--method", action="append", metavar="NAME", help="may be repeated, or none; grad-cam"
    )
    maps.add_argument("--baseline", metavar="NAME", help="of methods that have one; black")
    maps.add_argument(
        "--target", metavar="NAME",
        help="of the maps, and the expression that Shapley values are for; else the first answer",
    )  # fmt: skip
    add_slots(report)
    add_network(report)
    report.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Ask the network all that the report tells, and write it."""
    if Path(args.photo).is_dir():
        _report_cohort(args)
        return
    methods = _methods(args)
    _check(args)
    from ran.figures.paper.depicted import MOST_SLOTS
    from ran.report.of_scene import Told, as_json, scene_report

    slots = slots_of(args, MOST_SLOTS)
    answer = slots[0].engine.predict(slots[0].scene)
    target = "predicted" if args.target is None else args.target
    about = target if target in answer.classes else answer.expression
    asked = about if target == "predicted" else target
    maps = [
        [
            one.engine.explain(one.scene, name, asked, baseline=args.baseline or "black")
            for one in slots
        ]
        for name in methods
    ]
    engines = {one.engine.card.name: one.engine for one in slots}
    told = Told(
        [
            one.depicted(
                has_values=len(one.engine.layout_of(one.scene).boxes) > 1
                and about in one.engine.card.classes
            )
            for one in slots
        ],
        about, maps,
        {one.name: one.recipe.to_json() for one in slots},
        [
            (engine.card, engine.model.parameter_count)
            for engine in engines.values()
        ],
        slots[0].engine.conditions, has_photo=not args.no_photo,
    )  # fmt: skip
    write_text(args.out, scene_report(told))
    if args.json:
        print(json.dumps({**as_json(told), "files": [str(args.out)]}, indent=2))
        return
    for one in told.slots:
        answer = one.shown.answer
        print(f"{one.name}: {answer.expression} {float(answer.probabilities.max()):.2f}")
    print(f"  wrote {args.out}")


def _report_cohort(args: argparse.Namespace) -> None:
    """Write the report of what `ran cohort` wrote into a folder."""
    from ran.net.checkpoints import load_checkpoint
    from ran.report.of_cohort import Surveyed, as_json, cohort_report
    from ran.study.cohort.tables_on_disk import made_in, read_cohort, read_errors

    asked = dict.fromkeys(vars(args), (False, "a photo; a cohort has been asked already"))
    for name in _FOR_ALL:
        asked.pop(name, None)
    refuse_unused(args, asked)
    _check_ending(args.out)
    folder = Path(args.photo)
    made = made_in(folder)
    rows = read_cohort(folder).to_pylist()
    if not rows:
        raise BadRequest(f"No picture of {folder} gave a row.", hint="See its errors.parquet.")
    model, card = load_checkpoint(args.checkpoint)
    is_same = card.sha256 == made.get("sha256")
    if args.checkpoint is not None and not is_same:
        raise BadRequest(
            f"{folder} was answered by another network, {made.get('checkpoint')}.",
            hint="Choose its checkpoint, or leave out --checkpoint.",
        )
    count = model.parameter_count
    told = Surveyed(
        folder.resolve().name, rows, read_errors(folder), made, (card, count) if is_same else None
    )
    write_text(args.out, cohort_report(told))
    if args.json:
        print(json.dumps({**as_json(told), "files": [str(args.out)]}, indent=2))
        return
    print(f"{len(rows):,} rows\n  wrote {args.out}")


def _methods(args: argparse.Namespace) -> list[str]:
    """Return the methods that were asked for, each once.

    Raises:
        BadRequest: if one is none, or an option would change nothing.
    """
    from ran.explain.maps.methods import method_named

    names = ["grad-cam"] if args.method is None else list(dict.fromkeys(args.method))
    if "none" in names:
        if len(names) > 1:
            raise BadRequest("--method none stands beside others.", hint="Leave out one of them.")
        names = []
    found = [method_named(name) for name in names]
    uses = any(method.uses_baseline for method in found)
    refuse_unused(args, {"baseline": (uses, "a method with a baseline")})
    return names


def _check_ending(out: Path) -> None:
    if out.suffix.lower() not in _ENDINGS:
        raise BadRequest(
            f"A report is written as .html, got {out.name!r}.", hint="Choose this ending."
        )


def _check(args: argparse.Namespace) -> None:
    _check_ending(args.out)
    recipe = None if args.recipe is None else Path(args.recipe)
    inputs = {"the photo": Path(args.photo), "the recipe": recipe}
    refuse_same(
        {"--out": args.out}, inputs | {f"the photo {path}": Path(path) for path in args.against}
    )
