"""python -m ran testset: covered and turned faces of any data set, as a manifest."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.commands.options.network import refuse_unused
from ran.errors import BadRequest

if TYPE_CHECKING:
    from ran.study.data.splits import DataSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran testset` to a parser."""
    parser.add_argument("path", type=Path, help="a data set: see `python -m ran data check`")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--kinds", default="stickers,parts,rectangles,turned",
        help="with commas between; also real: faces that are hidden or turned already",
    )  # fmt: skip
    parser.add_argument(
        "--lists", type=Path,
        help="with real: the folder with the authors' lists; says how far the choice agrees",
    )  # fmt: skip
    parser.add_argument("--severity", default="1..5", help="1 to 5, such as 3 or 2..4")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faces", type=int, metavar="N", help="evenly over the split; else all")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Write DIR/manifest.parquet; no picture is copied."""
    from ran.study.data import testset
    from ran.study.data.opened import open_data

    import_module("pyarrow")  # what is missing is told before anything is begun
    if args.faces is not None and args.faces < 1:
        raise BadRequest(f"{args.faces} faces make no test set.", hint="Use 1 or more.")
    kinds = tuple(name.strip() for name in args.kinds.split(",") if name.strip())
    made_up, is_real = tuple(name for name in kinds if name != testset.REAL), testset.REAL in kinds
    refuse_unused(args, {"lists": (is_real, "--kinds real")})
    data = open_data(args.path)
    rows: list[dict[str, Any]] = []
    agreed: Mapping[str, dict[str, float]] = {}
    if made_up or not is_real:
        wanted = testset.TestSet(made_up, _severities(args.severity), args.seed)
        rows += testset.rows_of(data, wanted, most=args.faces)
    if is_real:
        real, agreed = _real(data, args)
        rows += real
    if not rows:
        raise BadRequest(
            "No face of this data set is hidden or turned, as far as can be told.",
            hint="Ask for other kinds.",
        )
    args.out.mkdir(parents=True, exist_ok=True)
    made = {
        "version": testset.VERSION, "data": str(args.path.resolve()), "layout": data.layout,
        "split": data.judged, "kinds": kinds, "severities": _severities(args.severity),
        "seed": args.seed, "faces": args.faces,
    }  # fmt: skip
    path = args.out / "manifest.parquet"
    testset.write(path, rows, made)
    told = {"faces": len({row["name"] for row in rows}), "rows": len(rows), "manifest": str(path)}
    if is_real:
        told["agreement"] = agreed
    if args.json:
        print(json.dumps(told))
        return
    print(f"{len(rows):,} rows of {told['faces']:,} faces: {path}")
    for name, found in agreed.items():
        print(f"{name}: {agreed_words(found)}")


def _real(
    data: DataSet, args: argparse.Namespace
) -> tuple[list[dict[str, Any]], Mapping[str, dict[str, float]]]:
    """Return the faces that are hidden or turned already, and how far the authors agree."""
    from ran.engine import Engine
    from ran.net.checkpoints import DEFAULT, WEIGHTS
    from ran.study.data.occluded import Occluded
    from ran.study.data.real_sets import chosen_rows

    engine = Engine.load()
    detector = Occluded.read(WEIGHTS / DEFAULT, engine.card.sha256)
    return chosen_rows(data, engine, detector, args.lists, most=args.faces)


def agreed_words(found: Mapping[str, float]) -> str:
    """Return in words how far a choice agrees with a list."""
    return (
        f"{found['chosen']:.0f} of {found['n']:.0f} chosen, {found['listed']:.0f} listed, "
        f"{found['both']:.0f} both: precision {100 * found['precision']:.0f} %, recall "
        f"{100 * found['recall']:.0f} %, area under the ROC curve {found['auc']:.2f}"
    )


def _severities(text: str) -> tuple[int, ...]:
    """Return the severities of a text such as "3" or "2..4".

    Raises:
        BadRequest: if it is none.
    """
    low, dots, high = text.partition("..")
    if not low.isdecimal() or (dots and not high.isdecimal()):
        raise BadRequest(f"There is no severity {text!r}.", hint="Write 3, or 2..4.")
    return tuple(range(int(low), int(high if dots else low) + 1))
