"""python -m ran data check: what a data set holds, and what is wrong with it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.commands.options.network import add_network

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
    occluded = commands.add_parser(
        "occluded", help="fit the detector of occluded faces to the authors' list of FERPlus"
    )
    occluded.add_argument("path", type=Path, help="FERPlus")
    occluded.add_argument("--lists", type=Path, required=True, help="the folder with FERplus_dir")
    occluded.add_argument(
        "--write", action="store_true", help="put it beside the bundled network, not only try it"
    )
    occluded.add_argument("--json", action="store_true", help="print JSON and nothing else")
    occluded.set_defaults(perform=fit_occluded)


def run(args: argparse.Namespace) -> None:
    """Check a data set; faults are told, and end nothing."""
    from ran.engine import Engine
    from ran.study.data.check import checked
    from ran.study.data.opened import open_data

    data = open_data(args.path)
    found = checked(data, Engine.load(args.checkpoint, args.device))
    print(json.dumps(as_json(found), indent=2) if args.json else _words(found))


def fit_occluded(args: argparse.Namespace) -> None:
    """Fit the detector of occluded faces, and say how far it agrees over five folds."""
    import numpy as np

    from ran.commands.testset import agreed_words
    from ran.engine import Engine
    from ran.errors import BadRequest
    from ran.face.detect import Face
    from ran.net.checkpoints import DEFAULT, WEIGHTS
    from ran.study.data.lists import considered, listed, name_of
    from ran.study.data.occluded import agreement, cross_validated, features_of, fit
    from ran.study.data.opened import open_data
    from ran.study.data.splits import square

    data, engine = open_data(args.path), Engine.load()
    members = listed(args.lists, data.layout).get("occlusion", frozenset())
    among, split = considered(args.lists, data.layout), data.splits[data.judged]
    rows = [
        number for number, name in enumerate(split.names) if among is None or name_of(name) in among
    ]
    own = np.array([name_of(split.names[number]) in members for number in rows], bool)
    if own.sum() < 10 or (~own).sum() < 10:
        raise BadRequest(
            f"{int(own.sum())} faces of this data set are on an occlusion list.",
            hint="Give FERPlus, and the authors' lists as they ship them.",
        )
    features = features_of(
        engine,
        [Face.from_pixels(square(split.read(number)), framing=engine.card.framing)
         for number in rows],
    )  # fmt: skip
    sure = cross_validated(features, own)
    found = agreement(sure, sure >= np.sort(sure)[-int(own.sum())], own)
    if args.write:
        fit(features, own).write(WEIGHTS / DEFAULT, engine.card.sha256)
    print(json.dumps(found, indent=2) if args.json else f"five folds: {agreed_words(found)}")


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
