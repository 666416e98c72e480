"""python -m ran cohort: a row for every face of thousands of pictures, as Parquet."""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path

from ran.commands.options.network import add_network, refuse_unused, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran cohort` to a parser."""
    parser.add_argument(
        "source", help="a folder, a CSV or Parquet table with a column path, a zip, a tar, or the "
        "word examples",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--framed", action="store_true",
        help="pictures are faces already, framed as the network was trained",
    )  # fmt: skip
    how.add_argument("--detect", action="store_true", help="look for faces; the usual")
    parser.add_argument(
        "--cover", action="append", default=[], metavar="NAME",
        help="a sticker or part on every face, beside the clean face; once or more",
    )  # fmt: skip
    parser.add_argument("--fill", default="look", help="black, grey, mean, noise, blur or look")
    parser.add_argument("--layout", choices=("fixed", "landmark"), help="else the card's own")
    parser.add_argument(
        "--save", default="mu,nu,w,margin", metavar="NAMES",
        help="of mu,nu,w,margin,logits,shapley,pose,shift, with commas between",
    )  # fmt: skip
    parser.add_argument("--shard", default="1/1", metavar="N/OF", help="this part of the whole")
    parser.add_argument("--batch", type=int, metavar="N", help="pictures of a part; else 500")
    parser.add_argument(
        "--engine", choices=("here", "ray"), default="here",
        help="who answers: this process, or workers on Ray, each with a network of its own",
    )  # fmt: skip
    parser.add_argument(
        "--address", help="with --engine ray: of a cluster that runs; else one is begun here"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="with --engine ray: how many; else as many as fit"
    )
    parser.add_argument(
        "--fast", choices=("fp32", "int8"),
        help="answer by OpenVINO on the CPU: fp32, or int8 where the card says that it answers "
        "alike on this kind of CPU; needs the extra [fast]",
    )  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on where it ended")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be asked, and ask nothing"
    )
    add_network(parser)
    parser.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Write a cohort; progress goes to standard error, what came out to standard output."""
    from tqdm import tqdm

    from ran.engine import Engine
    from ran.face.covers.occlusion import Fill
    from ran.recipe import LayoutChoice
    from ran.study.cohort.pictures_from import open_source
    from ran.study.cohort.rows import Wanted
    from ran.study.cohort.tables_on_disk import PICTURES_A_PART, Shard, write_cohort

    import_module("pyarrow")  # what is missing is told before anything is begun
    on_ray = args.engine == "ray"
    refuse_unused(args, dict.fromkeys(("address", "workers"), (on_ray, "--engine ray")))
    layout = LayoutChoice()
    if args.layout is not None:
        layout = LayoutChoice(args.layout, radius=0.25 if args.layout == "landmark" else None)
    wanted = Wanted(
        tuple(args.cover), Fill(args.fill), layout, args.framed,
        tuple(name.strip() for name in args.save.split(",") if name.strip()),
    )  # fmt: skip
    shard, source = Shard.named(args.shard), open_source(args.source)
    count = len(source.pictures)
    for name, reason in source.left_out[:3]:
        say(f"{name}: {reason}; it is left out.")
    if args.dry_run:
        parts = -(-count // max(1, args.batch or PICTURES_A_PART))
        told = {"pictures": count, "left_out": len(source.left_out), "parts": parts,
                "own_parts": sum(shard.owns(number) for number in range(parts))}  # fmt: skip
        print(json.dumps(told) if args.json else f"{count:,} pictures in {parts} parts")
        return
    workers = None
    if on_ray:
        from ran.study.cohort.on_ray import RayWorkers

        # Workers stand in a folder of their own: paths are told whole.
        source_path, checkpoint = (
            str(Path(given).resolve()) if given is not None and Path(given).exists() else given
            for given in (args.source, args.checkpoint)
        )
        workers = RayWorkers(
            source_path, checkpoint, args.device, args.address, args.workers, args.fast
        )
    engine = Engine.load(args.checkpoint, args.device)
    if args.fast is not None:
        from ran.engine.fast.quickened import quickened

        if args.fast == "int8":
            say("int8 is made of the network, which takes about a minute.")
        engine = quickened(engine, args.fast)
    last = None
    work = write_cohort(
        engine, source, wanted, args.out, shard=shard, resume=args.resume, batch=args.batch,
        workers=workers,
    )  # fmt: skip
    with tqdm(desc="pictures", mininterval=1) as bar:
        for last in work:
            bar.total = last.of
            bar.set_postfix(rows=last.rows, errors=last.errors, refresh=False)
            bar.update(last.done - bar.n)
    rows, errors = (0, 0) if last is None else (last.rows, last.errors)
    told = {"pictures": count, "rows": rows, "errors": errors + len(source.left_out)}
    print(json.dumps(told) if args.json else f"{rows:,} rows below {args.out}, {errors:,} errors")
