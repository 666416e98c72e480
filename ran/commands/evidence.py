"""python -m ran evidence: what the pages' measures do on many faces."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ran.commands.options.network import add_network, refuse_unused
from ran.errors import BadRequest

PARTS = ("attention", "leaving", "answers", "controls", "badges", "turned")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran evidence` to a parser."""
    parser.add_argument("--ferplus", type=Path, help="its folder, or a zip of it")
    parser.add_argument("--lists", type=Path, help="the folder with FERplus_dir")
    parser.add_argument(
        "--tables", action="store_true",
        help="measure nothing: what the card says already, as tables in Markdown",
    )  # fmt: skip
    parser.add_argument(
        "--measure", action="append", choices=PARTS,
        help="one part, once or more; all without it. answers, controls and turned ask the test "
        "lists",
    )  # fmt: skip
    parser.add_argument(
        "--faces", type=int, metavar="N", help="of FER2013Valid; else as many as each part needs"
    )
    parser.add_argument(
        "--onto-card", action="store_true", help="write it into the checkpoint's card.json"
    )
    add_network(parser)
    parser.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Measure a checkpoint, part by part; what is done is printed, and written if that is asked."""
    from ran.commands.evaluate import folder_of
    from ran.engine import Engine
    from ran.net.checkpoints import write_evidence
    from ran.study.evidence.measured import PARTS as MEASURED
    from ran.study.evidence.measured import Study

    if args.tables:
        _print_tables(args)
        return
    if args.ferplus is None or args.lists is None:
        raise BadRequest(
            "There are no faces to measure on.", hint="Give --ferplus and --lists, or --tables."
        )
    if args.faces is not None and args.faces < 4:
        raise BadRequest(f"{args.faces} faces tell nothing.", hint="Use 4 or more.")
    folder = folder_of(args) if args.onto_card else None
    study = Study(Engine.load(args.checkpoint, args.device), args.ferplus, args.lists, args.faces)
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for name in args.measure or PARTS:
        part = MEASURED[name](study)
        found |= part
        if folder is not None:
            write_evidence(folder, part)
        if not args.json:
            for measure, table in part.items():
                print(f"{measure}\n{_table(table)}\n", flush=True)
    if args.json:
        print(json.dumps(found, indent=2))


def _print_tables(args: argparse.Namespace) -> None:
    """Print what a card says of many faces."""
    from ran.commands.evaluate import folder_of
    from ran.net.card import read_card
    from ran.study.evidence.tables import tables

    measuring = ("ferplus", "lists", "measure", "faces", "onto_card")
    refuse_unused(args, dict.fromkeys(measuring, (False, "a measurement, without --tables")))
    card = read_card(folder_of(args) / "card.json")
    if args.json:
        print(json.dumps(card.evidence, indent=2))
        return
    for name, table in tables(card).items():
        print(f"{name}\n\n{table}\n")


def _table(rows: dict[str, dict[str, float | None]]) -> str:
    """Return a table in words: a row a line, each number behind the name of its column."""
    return "\n".join(
        f"  {name:<34}" + "  ".join(f"{column} {_number(value)}" for column, value in row.items())
        for name, row in rows.items()
    )


def _number(value: float | None) -> str:
    if value is None:
        return "not known"
    return f"{value:,.0f}" if isinstance(value, int) else f"{value:.3f}"
