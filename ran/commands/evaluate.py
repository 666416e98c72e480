"""python -m ran evaluate: accuracy on the published lists, on any data set, on photographs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ran.commands.options.network import add_network, refuse_unused
from ran.errors import BadRequest
from ran.expressions import FERPLUS

if TYPE_CHECKING:
    from ran.engine import Engine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran evaluate` to a parser."""
    parser.add_argument("--ferplus", type=Path, help="its folder, or a zip of it")
    parser.add_argument(
        "--data", type=Path,
        help="any data set instead: see `python -m ran data check`; its own classes and labels",
    )  # fmt: skip
    parser.add_argument(
        "--lists", type=Path, help="the folder with FERplus_dir, RAF_DB_dir, AffectNet_dir"
    )
    parser.add_argument("--against", help="with --data: a second checkpoint, with a paired test")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="with --data: a row a list")
    parser.add_argument("--latex", type=Path, metavar="FILE", help="with --data: rows of a table")
    parser.add_argument("--flip", action="store_true", help="ask the mirrored face too")
    parser.add_argument(
        "--photographs", type=int, metavar="N",
        help="lay N test pictures on a canvas, find the faces and compare the answers instead",
    )  # fmt: skip
    parser.add_argument(
        "--controls", action="store_true",
        help="on FER2013Valid instead: how much attention is worth, by layout, with other weights "
        "in place of the network's own",
    )  # fmt: skip
    parser.add_argument(
        "--covered", nargs="?", type=int, const=1, choices=(1, 2), metavar="LIST",
        help="with --controls: every face under one cover, drawn by a seed: covered list 1, or 2, "
        "the app's own stickers, parts and rectangles",
    )  # fmt: skip
    parser.add_argument(
        "--fast", choices=("int8",),
        help="on FER2013Valid instead: how many faces int8 by OpenVINO answers as the network "
        "does, on this kind of CPU; needs the extra [fast]",
    )  # fmt: skip
    parser.add_argument(
        "--onto-card", action="store_true",
        help="write all that a release reports into the checkpoint's card.json; with --controls or "
        "--fast, that alone",
    )  # fmt: skip
    add_network(parser)
    parser.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Score a checkpoint and print what it reaches."""
    from ran.engine import Engine
    from ran.study.evaluation.accuracy import exam, reports
    from ran.study.evaluation.photographs import check_photographs

    if args.controls and args.photographs is not None:
        raise BadRequest(
            "--photographs and --controls are two questions.", hint="Ask one after the other."
        )
    if args.data is None and (args.ferplus is None or args.lists is None):
        raise BadRequest(
            "There is nothing to answer.", hint="Give --ferplus and --lists, or --data."
        )
    is_data = args.data is not None
    lone = dict.fromkeys(("against", "csv", "latex"), (is_data, "--data"))
    names = ("ferplus", "photographs", "onto_card", "flip", "covered", "fast")
    refuse_unused(args, lone | (dict.fromkeys(names, (False, "no --data")) if is_data else {}))
    refuse_unused(
        args,
        {
            "flip": (
                not args.onto_card and args.photographs is None and not args.controls,
                "neither --photographs nor --controls nor --onto-card",
            ),
            "covered": (args.controls, "--controls"),
            "fast": (
                not args.controls and args.photographs is None and not args.flip,
                "neither --controls nor --photographs nor --flip",
            ),
        },
    )
    engine = Engine.load(args.checkpoint, args.device)
    if is_data:
        _judge(engine, args)
        return
    if engine.card.classes != FERPLUS:
        raise BadRequest(
            f"The checkpoint answers {', '.join(engine.card.classes)}.",
            hint=f"FERPlus' lists need {', '.join(FERPLUS)}, in this order.",
        )
    if args.controls:
        _controls(engine, args)
        return
    if args.fast is not None:
        _fast(engine, args)
        return
    if args.onto_card:
        _onto_card(engine, args)
        return
    if args.photographs is not None:
        faces, _ = exam(args.ferplus, args.lists)
        check = check_photographs(engine, faces, most=args.photographs)
        print(json.dumps(check, indent=2) if args.json else _sentence(check))
        return
    found = reports(
        engine.model, engine.card.input_size, ferplus=args.ferplus, lists=args.lists,
        flip=args.flip,
    )  # fmt: skip
    if args.json:
        print(json.dumps(found, indent=2))
        return
    for name, said in found.items():
        shares = {key: f"{100 * value:.2f}" for key, value in said.items() if key not in ("n",
                  "confusion")}  # fmt: skip
        print(
            f"{name:<10} {said['n']:>5} faces  accuracy {shares['accuracy']} % "
            f"({shares['low']} to {shares['high']})  balanced {shares['balanced']} %  "
            f"macro F1 {shares['macro_f1']} %  commonest class {shares['majority']} %"
        )
    print(_matrix(found["ferplus"]["confusion"]))


def _judge(engine: Engine, args: argparse.Namespace) -> None:
    """Judge a network, and another if one is given, on a data set."""
    from ran.engine import Engine
    from ran.study.data.opened import open_data
    from ran.study.evaluation.data_sets import against, controls, judge, reported
    from ran.study.evaluation.reports_written import as_csv, as_latex, in_words
    from ran.writing import write_text

    data = open_data(args.data)
    judged = judge(engine, data)
    found = reported(judged, args.lists)
    if args.against is not None:
        other = judge(Engine.load(args.against, args.device), data)
        found["against"] = against(judged, other, args.lists)
    if args.controls:
        found["controls"] = controls(engine, data, judged)
    if args.csv is not None:
        write_text(args.csv, as_csv(found))
    if args.latex is not None:
        write_text(args.latex, as_latex(found, engine.card.name))
    print(json.dumps(found, indent=2) if args.json else in_words(found, judged.classes))


def _matrix(counts: list[list[int]]) -> str:
    """Return a confusion matrix in words: a row a class, its shares in percent, then its faces."""
    names = [name[:9] for name in FERPLUS]
    lines = [f"\n{'labelled, answered, %':<22}" + "".join(f"{name:>10}" for name in names)]
    for name, row in zip(FERPLUS, counts, strict=True):
        total = sum(row)
        shares = "".join(f"{100 * count / total if total else 0:>10.1f}" for count in row)
        lines.append(f"{name:<22}{shares}  of {total}")
    return "\n".join(lines)


def _controls(engine: Engine, args: argparse.Namespace) -> None:
    from ran.explain.regions.controls import LEARNT
    from ran.net.checkpoints import write_controls
    from ran.study.evaluation.control_table import control_table, valid_faces
    from ran.study.evaluation.covered_list import COVERED_LISTS, VALID_SEED

    folder = folder_of(args) if args.onto_card else None
    faces = valid_faces(args.ferplus, args.lists)
    covered = None
    if args.covered is not None:
        faces = COVERED_LISTS[args.covered](faces, seed=VALID_SEED)
        covered = args.covered, faces.key
    tables = {
        layout: control_table(engine.model, faces, engine.card.input_size, layout=layout)
        for layout in engine.card.trained_layouts
    }
    if folder is not None:
        write_controls(folder, tables, covered=covered)
    if args.json:
        print(json.dumps(tables, indent=2))
        return
    for layout, table in tables.items():
        under = "" if args.covered is None else f", covered list {args.covered}"
        print(f"{layout} crops, FER2013Valid{under}, {len(faces):,} faces")
        for name, row in table.items():
            cost = f"  {100 * row['difference']:+.2f}  p {row['p']:.2g}"
            moved = "" if name == LEARNT else cost
            print(f"  {name:<22} {100 * row['accuracy']:.2f} %{moved}")


def _fast(engine: Engine, args: argparse.Namespace) -> None:
    from ran.engine.fast.gates import passes
    from ran.net.checkpoints import write_evidence
    from ran.study.evaluation.control_table import valid_faces
    from ran.study.evaluation.fast_gate import fast_table

    folder = folder_of(args) if args.onto_card else None
    table = fast_table(engine, valid_faces(args.ferplus, args.lists))
    if folder is not None:
        write_evidence(folder, {"fast": {**engine.card.evidence.get("fast", {}), **table}})
    if args.json:
        print(json.dumps(table, indent=2))
        return
    for name, row in table.items():
        n, alike, accuracy, own = (
            row[column] or 0.0 for column in ("n", "agreement", "accuracy", "accuracy_fp32")
        )
        print(
            f"{name}: {n:.0f} faces of FER2013Valid, {100 * alike:.2f} % with the same answer; "
            f"accuracy {100 * accuracy:.2f} %, in fp32 {100 * own:.2f} %: "
            f"{'passes' if passes(row) else 'refused'}"
        )


def folder_of(args: argparse.Namespace) -> Path:
    """Return the folder whose card is written: the checkpoint given, or the bundled one.

    Raises:
        BadRequest: if it is no folder.
    """
    from ran.net.checkpoints import DEFAULT, WEIGHTS

    folder = Path(args.checkpoint or WEIGHTS / DEFAULT)
    if not folder.is_dir():
        raise BadRequest(
            f"{folder} has no card.", hint="Convert it with `python -m ran convert` first."
        )
    return folder


def _onto_card(engine: Engine, args: argparse.Namespace) -> None:
    from ran.study.evaluation.release import rescore

    folder = folder_of(args)
    card = rescore(
        engine, folder, ferplus=args.ferplus, lists=args.lists, photographs=args.photographs or 0
    )
    print(json.dumps(card.scores, indent=2) if args.json else f"{folder / 'card.json'} is written")


def _sentence(check: dict[str, float]) -> str:
    return (
        f"{check['found']:.0f} of {check['n']:.0f} faces found; of these "
        f"{100 * check['agreement']:.1f} % have the answer of the picture itself; accuracy "
        f"{100 * check['accuracy']:.2f} %, of the pictures themselves {100 * check['direct']:.2f} %"
    )
