"""python -m ran data check: what a data set holds, and what is wrong with it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.commands.network import add_network

if TYPE_CHECKING:
    from ran.study.data.splits import DataSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands of `python -m ran data` to a parser."""
    commands = parser.add_subparsers(dest="what", required=True)
    check = commands.add_parser("check", help="its layout, splits, classes and faults")
    check.add_argument(
        "path", type=Path,
        help="a folder, zip or table: FERPlus, RAF-DB, AffectNet, FER2013, folders named by "
        "class, or a manifest with path and label",
    )  # fmt: skip
    add_network(check)
    check.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Check a data set; faults are told, and end nothing."""
    from ran.engine import Engine
    from ran.study.data.check import checked
    from ran.study.data.opened import open_data

    data = open_data(args.path)
    found = checked(data, Engine.load(args.checkpoint, args.device))
    print(json.dumps(as_json(found), indent=2) if args.json else _words(found))


def as_json(data: DataSet) -> dict[str, Any]:
    """Return what a data set holds as plain values."""
    return {
        "layout": data.layout,
        "splits": {name: len(split) for name, split in data.splits.items()},
        "classes": data.counts(),
        "faults": [fault.as_json() for fault in data.faults],
    }


def _words(data: DataSet) -> str:
    splits = ", ".join(f"{name} {len(split):,}" for name, split in data.splits.items())
    classes = ", ".join(f"{name} {count:,}" for name, count in data.counts().items())
    faults = "\n".join(f"- {fault.words}" for fault in data.faults) or "No fault was found."
    return f"{data.layout}: {splits}\n{classes}\n{faults}"
