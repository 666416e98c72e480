"""python -m ran explain: which pixels of a face speak for a target, as numbers and as files."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.commands.options.network import add_network, refuse_unused
from ran.commands.options.scenes import add_scene, note_differences, recipe_of, scenes_of
from ran.commands.options.trust import add_trust, trust_facts, trust_in_words
from ran.errors import BadRequest
from ran.writing import is_printed_to, is_standard_output, refuse_same, replacing

if TYPE_CHECKING:
    from ran.explain.heatmap import Heatmap
    from ran.net.regions import Box
    from ran.scene import Scene

FIGURES = (".png", ".svg", ".pdf")


def add_arguments(explain: argparse.ArgumentParser) -> None:
    """Add the options of `python -m ran explain` to a parser."""
    explain.add_argument("photo")
    explain.add_argument(
        "--method", default="grad-cam", metavar="NAME",
        help="grad-cam, saliency, integrated-gradients, ...; another name lists them all",
    )  # fmt: skip
    explain.add_argument(
        "--target", default="predicted", metavar="NAME",
        help="a class, predicted, \"anger - fear\", \"self-attention: Upper left\", rb-margin, ...",
    )  # fmt: skip
    explain.add_argument(
        "--baseline", metavar="NAME", help="black, grey, blurred, mean or noise; black"
    )
    explain.add_argument("--steps", type=int, metavar="N", help="steps, draws or positions")
    explain.add_argument("--seed", type=int, metavar="N", help="of what is drawn; 0")
    explain.add_argument(
        "--face", type=int, metavar="N", help="which face, 1 is the largest; 1 if not given"
    )
    files = explain.add_argument_group("files to write")
    files.add_argument(
        "--out", type=Path, metavar="FILE", help="the map over the face: .png, .svg or .pdf"
    )
    files.add_argument(
        "--bare", action="store_true", help="of --out: the picture alone, without title and scale"
    )
    files.add_argument("--csv", type=Path, metavar="FILE", help="the face's and every region's map")
    files.add_argument("--npz", type=Path, metavar="FILE", help="the same for numpy.load")
    add_trust(explain)
    add_scene(explain)
    add_network(explain)
    explain.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Explain one face of a photo, or that of a recipe."""
    _check_files(args)
    refuse_unused(args, {"bare": (args.out is not None, "--out, the picture that it is about")})
    _refuse_unused(args)
    args.baseline = "black" if args.baseline is None else args.baseline
    args.seed = 0 if args.seed is None else args.seed
    recipe = recipe_of(args)
    if recipe is not None and args.face is not None:
        raise BadRequest(
            "A recipe says already which face --face would choose.",
            hint="Leave out --recipe or --face.",
        )
    from ran.engine import Engine
    from ran.explain.export import heatmap_facts
    from ran.face.photo import open_photo

    photo = open_photo(args.photo)
    engine = Engine.load(args.checkpoint, args.device)
    found = engine.find_faces(photo, upright=recipe is not None and recipe.is_upright)
    scenes = scenes_of(args, recipe, found)
    number = next(iter(scenes)) if recipe is not None or args.face is None else args.face
    if number not in scenes:
        raise BadRequest(
            f"There is no face {number} in this photo.", hint=f"Use 1 to {len(scenes)}."
        )
    scene = scenes[number]
    heatmap = engine.explain(
        scene, args.method, args.target, baseline=args.baseline, steps=args.steps, seed=args.seed
    )
    boxes = engine.layout_of(scene).boxes
    written = _write(args, heatmap, scene, boxes)
    if recipe is not None:
        note_differences(recipe, photo, engine, len(found))
    report = {
        "face": number,
        "box": scene.face.box,
        "roll": scene.face.roll,
        "quarter_turns": scene.face.quarter_turns,
        **heatmap_facts(heatmap),
        "regions": [
            {"name": box.name, "box": list(box.edges), "smallest": float(values.min()),
             "largest": float(values.max())}
            for box, values in zip(boxes, heatmap.regions, strict=True)
        ],
        **trust_facts(args, engine, scene),
        "files": written,
        "checkpoint": engine.card.name,
        **engine.conditions,
    }  # fmt: skip
    words = json.dumps(report, indent=2) if args.json else _in_words(report)
    # A file that goes to standard output has it for itself.
    is_taken = any(is_standard_output(Path(path)) for path in written)
    print(words, file=sys.stderr if is_taken else sys.stdout)


def _refuse_unused(args: argparse.Namespace) -> None:
    """Refuse a baseline or a seed with which the map would be the same."""
    from ran.explain.maps.methods import method_named

    method, is_checked = method_named(args.method), args.check is not None
    draws = method.counts == "draws" or (method.uses_baseline and args.baseline == "noise")
    refuse_unused(
        args,
        {
            "baseline": (
                method.uses_baseline or is_checked,
                "a method with a baseline, or --check",
            ),
            "seed": (draws or is_checked, "a method that draws, the baseline noise, or --check"),
        },
    )


def _check_files(args: argparse.Namespace) -> None:
    """Refuse what cannot be written before anything is computed."""
    if args.out is not None and args.out.suffix.lower() not in FIGURES:
        raise BadRequest(
            f"--out writes {', '.join(FIGURES)}, got {args.out.name!r}.",
            hint="Choose one of these endings.",
        )
    outputs = {"--out": args.out, "--csv": args.csv, "--npz": args.npz}
    recipe = None if args.recipe is None else Path(args.recipe)
    refuse_same(outputs, {"the photo": Path(args.photo), "the recipe": recipe})
    for words, path in outputs.items():
        if path is None:
            continue
        is_output = is_standard_output(path)
        if is_output and args.json:
            raise BadRequest(
                f"{words} would write into the JSON on standard output.",
                hint="Leave out --json, or choose a file.",
            )
        if not is_output and is_printed_to(path):
            raise BadRequest(
                f"{words} would write over standard output, {path}.", hint="Choose another name."
            )
        if not Path(os.path.realpath(path)).parent.is_dir():
            raise BadRequest(
                f"The folder of {path} does not exist.", hint="Make it, or choose another."
            )


def _write(
    args: argparse.Namespace, heatmap: Heatmap, scene: Scene, boxes: tuple[Box, ...]
) -> list[str]:
    from ran.explain.export import heatmap_csv, heatmap_npz

    with ExitStack() as files:
        # All or none: each takes its place only when the last is written.
        if args.out is not None:
            _draw(files.enter_context(replacing(args.out)), heatmap, scene, is_bare=args.bare)
        if args.csv is not None:
            table = heatmap_csv(heatmap, [box.name for box in boxes])
            files.enter_context(replacing(args.csv)).write_bytes(table.encode())
        if args.npz is not None:
            files.enter_context(replacing(args.npz)).write_bytes(heatmap_npz(heatmap, boxes))
    return [str(path) for path in (args.out, args.csv, args.npz) if path is not None]


def _draw(path: Path, heatmap: Heatmap, scene: Scene, *, is_bare: bool) -> None:
    from ran.explain.maps.methods import METHODS
    from ran.figures import heat_overlay
    from ran.figures.maps import shared_scale
    from ran.figures.paper import composed, ink

    pixels = scene.hidden_pixels()
    scale = shared_scale([heatmap.values])
    if scale.is_cut:
        print(f"Full colour is {scale.full:.3g}; few pixels are beyond it.", file=sys.stderr)
    if is_bare and path.suffix.lower() == ".png":  # pixel by pixel, as large as the face
        picture = heat_overlay(pixels, heatmap.values, scale=scale.full, signed=heatmap.signed)
        picture.save(path, "PNG")
        return
    title = f"{METHODS[heatmap.method].label}: {heatmap.target}"
    ink.write_drawn(
        lambda: composed.one_map(pixels, heatmap, title=title, side=3.0, is_bare=is_bare), path
    )


def _in_words(report: dict[str, Any]) -> str:
    words = f"face {report['face']}: {report['method']} of {report['target']}"
    if report["baseline"] is not None:
        words += f", against {report['baseline']}"
    if report["steps"] is not None:
        words += f", {report['steps']} steps"
    words += f"\n  values {report['smallest']:.4g} to {report['largest']:.4g}"
    if report["gap"] is not None:
        words += (
            f"\n  sum {report['sum']:.4g}, change of the target {report['total']:.4g}, "
            f"gap {report['gap']:.2g} ({100 * report['gap_share']:.1f} %)"
        )
    if report["local_gaps"] is not None:
        words += f", piece by piece {report['local_gaps']:.2g}"
    if report["error"] is not None:
        words += f", standard error of the sum {report['error']:.2g}"
    for region in report["regions"]:
        words += f"\n  {region['name']:<18} {region['smallest']:.4g} to {region['largest']:.4g}"
    words += trust_in_words(report)
    return "".join([words, *(f"\n  wrote {path}" for path in report["files"])])
