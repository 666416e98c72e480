"""python -m ran train: the stages of a run, its release, and what its parts are worth."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ran.commands.options.network import refuse_unused
from ran.errors import BadRequest
from ran.study.training.options import Recipe, read_changes, read_recipe

COMMANDS = ("begin", "backbone", "heads", "joint", "all", "release", "ablate")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran train` to a parser."""
    parser.add_argument("stage", choices=COMMANDS)
    parser.add_argument("--ferplus", type=Path, required=True, help="FERPlus, a folder or a zip")
    parser.add_argument("--lists", type=Path, required=True, help="folder that holds FERplus_dir")
    # torchrun takes `--run` for a start of its own `--run-path`: under it, say --folder.
    parser.add_argument(
        "--run", "--folder", type=Path, required=True, help="the run folder; resumed if there"
    )
    parser.add_argument("--config", type=Path, help="a JSON file of options, as in recipes/")
    parser.add_argument("--out", type=Path, help="where `release` writes the RAN")
    parser.add_argument("--plain-out", type=Path, help="where `release` writes the plain network")
    parser.add_argument(
        "--also", type=Path, nargs="+", default=[], help="run folders of other seeds, for `release`"
    )
    parser.add_argument(
        "--photographs", type=int, help="test faces of the photograph check of `release`; 0: none"
    )
    parser.add_argument("--checkpoint", help="whose backbone `ablate` uses; else the run's")
    parser.add_argument(
        "--init",
        type=Path,
        help="begin with its backbone: a .pth.tar, a checkpoint's folder, dlib's .dat, or `dlib`, "
        "the installed one; `begin`: with all of a file's network",
    )
    parser.add_argument("--stop-after", type=int, help="epochs of this call; a later one resumes")
    parser.add_argument(
        "--stop-after-minutes", type=float, help="time of this call; a later one resumes"
    )
    parser.add_argument("--limit", type=int, help="use only so many faces (to try it)")
    for name, value in asdict(Recipe()).items():
        if name != "init":
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=None)


def run(args: argparse.Namespace) -> None:
    """Run what the command line asked."""
    from ran.study.training.fit import STAGES, accelerator, listed_faces, train_stage
    from ran.study.training.run_folder import Allowance
    from ran.study.training.stages import is_done
    from ran.study.training.start.dlib_file import INSTALLED, installed
    from ran.study.training.start.initial_backbone import name_of

    _check(args)
    if args.init == Path(INSTALLED) and not args.init.exists():
        args.init = installed()
    allowance = Allowance.of(args.stop_after, args.stop_after_minutes)
    changes: dict[str, Any] = {} if args.config is None else read_changes(args.config)
    changes |= {
        name: value
        for name in asdict(Recipe())
        if name != "init" and (value := getattr(args, name)) is not None
    }
    changes["init"] = None if args.init is None else name_of(args.init)
    recipe = read_recipe(args.run, changes)
    on = accelerator()
    if args.stage == "begin":
        if on.is_main_process:
            from ran.study.training.start.whole_network import begin

            begin(recipe, args.init, *listed_faces(args.ferplus, args.lists, args.limit),
                  folder=args.run, device=on.device)  # fmt: skip
    elif args.stage == "release":
        if on.is_main_process:
            _release(recipe, args)
    elif args.stage == "ablate":
        if on.is_main_process:
            _ablate(recipe, args, allowance, on.device)
    else:
        stages = STAGES if args.stage == "all" else (args.stage,)
        if len(stages) > 1 and on.num_processes > 1:
            raise BadRequest(
                "Several processes cannot run all stages in one call.",
                hint="Run backbone, heads and joint one by one.",
            )
        train, valid = listed_faces(args.ferplus, args.lists, args.limit)
        for stage in stages:
            if len(stages) > 1 and is_done(stage, recipe, args.run):
                continue
            if not train_stage(
                stage, recipe, train, valid, folder=args.run, on=on, init=args.init,
                allowance=allowance,
            ):  # fmt: skip
                break
    on.end_training()


def _check(args: argparse.Namespace) -> None:
    for option in ("stop_after", "stop_after_minutes", "limit", "photographs"):
        value, least = getattr(args, option), 0 if option == "photographs" else 1
        if value is not None and not value >= least:
            raise BadRequest(
                f"--{option.replace('_', '-')} is {value}.", hint=f"Give {least} or more."
            )
    released = (args.stage == "release", "the stage release")
    trained = args.stage in ("begin", "backbone", "all"), "the stage begin, backbone or all"
    refuse_unused(
        args,
        {
            **dict.fromkeys(("out", "plain_out", "also", "photographs"), released),
            "checkpoint": (args.stage == "ablate", "the stage ablate"),
            "init": trained,
            "stop_after": (args.stage not in ("release", "ablate"), "a stage that trains"),
            "stop_after_minutes": (args.stage != "release", "a stage that trains"),
        },
    )
    if args.stage == "begin" and args.init is None:
        raise BadRequest("There is nothing to begin with.", hint="Give --init FILE.")
    if args.stage == "release" and args.out is None:
        raise BadRequest("A release needs a folder.", hint="Give --out FOLDER.")


def _release(recipe: Recipe, args: argparse.Namespace) -> None:
    from ran.study.evaluation.release import release

    release(
        recipe, folder=args.run, out=args.out, plain_out=args.plain_out, also=args.also,
        ferplus=args.ferplus, lists=args.lists, photographs=args.photographs,
    )  # fmt: skip


def _ablate(recipe: Recipe, args: argparse.Namespace, allowance: Any, device: Any) -> None:
    from ran.study.evaluation.ablation import ablate, backbone_of, checkpoint_backbone
    from ran.study.training.fit import listed_faces

    train, valid = listed_faces(args.ferplus, args.lists, args.limit)
    if args.checkpoint is None:
        model, about = backbone_of(recipe, args.run)
    else:
        model, recipe, about = checkpoint_backbone(args.checkpoint, recipe)
    ablate(
        model.to(device), recipe, train, valid, folder=args.run, about=about, allowance=allowance
    )
