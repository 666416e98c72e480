"""python -m ran testset: covered and turned faces of any data set, as a manifest."""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path

from ran.errors import BadRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran testset` to a parser."""
    parser.add_argument("path", type=Path, help="a data set: see `python -m ran data check`")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--kinds", default="stickers,parts,rectangles,turned", help="with commas between"
    )
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
    wanted = testset.TestSet(kinds, _severities(args.severity), args.seed)
    data = open_data(args.path)
    rows = list(testset.rows_of(data, wanted, most=args.faces))
    args.out.mkdir(parents=True, exist_ok=True)
    made = {
        "version": testset.VERSION, "data": str(args.path.resolve()), "layout": data.layout,
        "split": data.judged, "kinds": kinds, "severities": wanted.severities, "seed": args.seed,
        "faces": args.faces,
    }  # fmt: skip
    path = args.out / "manifest.parquet"
    testset.write(path, rows, made)
    told = {"faces": len({row["name"] for row in rows}), "rows": len(rows), "manifest": str(path)}
    print(
        json.dumps(told) if args.json else f"{len(rows):,} rows of {told['faces']:,} faces: {path}"
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
