"""python -m ran explain: which pixels of a face speak for a target, as numbers and as files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ran.commands.network import add_network
from ran.commands.scenes import add_scene, note_differences, recipe_of, scenes_of
from ran.commands.trust import add_trust, trust_facts, trust_in_words
from ran.errors import BadRequest
from ran.writing import refuse_same, replacing, write_bytes, write_text

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
        "--baseline", default="black", metavar="NAME", help="black, grey, blurred, mean or noise"
    )
    explain.add_argument("--steps", type=int, metavar="N", help="steps, draws or positions")
    explain.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn")
    explain.add_argument(
        "--face", type=int, metavar="N", help="which face, 1 is the largest; 1 if not given"
    )
    files = explain.add_argument_group("files to write")
    files.add_argument(
        "--out", type=Path, metavar="FILE", help="the map over the face: .png, .svg or .pdf"
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
    recipe = recipe_of(args)
    if recipe is not None and args.face is not None:
        raise BadRequest(
            "A recipe says already which face --face would choose.",
            hint="Leave out --recipe or --face.",
        )
    from ran.engine import Engine
    from ran.explain.files import heatmap_facts
    from ran.face.photo import open_photo

    photo = open_photo(args.photo)
    engine = Engine.load(args.checkpoint, args.device)
    found = engine.find_faces(photo)
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
        **heatmap_facts(heatmap),
        "regions": [
            {"name": box.name, "box": list(box.edges), "smallest": float(values.min()),
             "largest": float(values.max())}
            for box, values in zip(boxes, heatmap.regions, strict=True)
        ],
        **trust_facts(args, engine, scene),
        "files": written,
        "checkpoint": engine.card.name,
        "device": engine.device,
    }  # fmt: skip
    print(json.dumps(report, indent=2) if args.json else _in_words(report))


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
    for path in outputs.values():
        if path is not None and not path.resolve().parent.is_dir():
            raise BadRequest(
                f"The folder of {path} does not exist.", hint="Make it, or choose another."
            )


def _write(
    args: argparse.Namespace, heatmap: Heatmap, scene: Scene, boxes: tuple[Box, ...]
) -> list[str]:
    from ran.explain.files import heatmap_csv, heatmap_npz

    if args.out is not None:
        with replacing(args.out) as fresh:
            _draw(fresh, heatmap, scene)
    if args.csv is not None:
        write_text(args.csv, heatmap_csv(heatmap, [box.name for box in boxes]))
    if args.npz is not None:
        write_bytes(args.npz, heatmap_npz(heatmap, boxes))
    return [str(path) for path in (args.out, args.csv, args.npz) if path is not None]


def _draw(path: Path, heatmap: Heatmap, scene: Scene) -> None:
    from ran.figures import heat_overlay
    from ran.figures.maps import shared_scale

    pixels = scene.hidden_pixels()
    if path.suffix.lower() == ".png":
        scale = shared_scale([heatmap.values])
        picture = heat_overlay(pixels, heatmap.values, scale=scale.full, signed=heatmap.signed)
        picture.save(path, "PNG")
        if scale.is_cut:
            print(f"Full colour is {scale.full:.3g}; few pixels are beyond it.", file=sys.stderr)
        return
    from ran.explain.attribution import METHODS
    from ran.figures.export import write_figure
    from ran.figures.map_figure import map_figure

    title = f"{METHODS[heatmap.method].label}: {heatmap.target}"
    write_figure(map_figure(pixels, heatmap.values, signed=heatmap.signed, title=title), path)


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
    for region in report["regions"]:
        words += f"\n  {region['name']:<18} {region['smallest']:.4g} to {region['largest']:.4g}"
    words += trust_in_words(report)
    return "".join([words, *(f"\n  wrote {path}" for path in report["files"])])
