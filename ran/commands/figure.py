"""ran figure: a photo's face, or several, as a figure for a paper, with its LaTeX beside it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ran.commands.options.network import add_network, refuse_unused
from ran.commands.options.slots import Slot, add_slots, slots_of
from ran.errors import BadRequest
from ran.writing import refuse_same, replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ran.figures.paper.depicted import Depicted

_MAPS = ("method", "baseline")


def add_arguments(figure: argparse.ArgumentParser) -> None:
    """Add the options of `ran figure` to a parser."""
    figure.add_argument(
        "--out", type=Path, required=True, metavar="FILE",
        help="the figure, .pdf, .svg or .png; its LaTeX goes beside it as .tex",
    )  # fmt: skip
    shown = figure.add_argument_group("what it shows")
    shown.add_argument(
        "--panel", metavar="NAMES",
        help="of faces,probabilities,weights,maps,shapley,margin; all but maps and shapley else",
    )  # fmt: skip
    shown.add_argument(
        "--layout", dest="arrangement", choices=("gallery", "strip"),
        help="in place of panels: faces with every region in the colour of its weight, or a row of "
        "crops for each face",
    )  # fmt: skip
    shown.add_argument(
        "--width", default="3.5in", metavar="WIDTH", help="3.5in (of a column), 89mm, 252pt, ..."
    )
    shown.add_argument("--method", metavar="NAME", help="of the panel maps; grad-cam")
    shown.add_argument("--baseline", metavar="NAME", help="of the panel maps; black")
    shown.add_argument(
        "--target", metavar="NAME",
        help="of the panel maps, and the expression that shapley is for; else the first answer",
    )  # fmt: skip
    add_slots(figure, layout_option="--regions")
    add_network(figure)
    figure.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Draw the figure that was asked for and write it, with its caption as LaTeX."""
    from ran.figures.paper import captions, composed, ink
    from ran.figures.paper.depicted import MOST_FACES, MOST_SLOTS

    ink.check_ending(args.out)
    width = ink.inches(args.width)
    names = _panels(args)
    panels = composed.panels_named(names) if args.arrangement is None else ()
    tex = args.out.with_suffix(".tex")
    recipe = None if args.recipe is None else Path(args.recipe)
    inputs = {"the photo": Path(args.photo), "the recipe": recipe}
    inputs |= {f"the photo {path}": Path(path) for path in args.against}
    refuse_same({"--out": args.out, "its LaTeX": tex}, inputs)
    slots = slots_of(args, MOST_SLOTS if args.arrangement is None else MOST_FACES)
    about, depicted = _depicted(args, slots, names)
    draw: Callable[[], Figure]
    if args.arrangement is None:
        draw = partial(composed.panelled, depicted, panels, width=width, about=about)
    else:
        draw = partial(getattr(composed, args.arrangement), depicted, width=width)
    words = captions.caption(depicted, names, about=about, layout=args.arrangement)
    with ExitStack() as files:
        ink.write_drawn(draw, files.enter_context(replacing(args.out)))
        text = captions.whole_tex(args.out.name, depicted, width=width, words=words)
        files.enter_context(replacing(tex)).write_text(text, encoding="utf-8")
    written = [str(args.out), str(tex)]
    if args.json:
        report = {
            "slots": [one.as_json() for one in depicted], "caption": words, "files": written,
            "target": about, **slots[0].engine.conditions,
        }  # fmt: skip
        print(json.dumps(report, indent=2))
        return
    print("\n".join([words, *(f"  wrote {path}" for path in written)]))


def _panels(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the names of the panels that were asked for; none where there is a layout."""
    from ran.figures.paper.depicted import DEFAULT

    refuse_unused(args, {"panel": (args.arrangement is None, "a figure without --layout")})
    if args.arrangement is not None:
        names: tuple[str, ...] = ()
    elif args.panel is None:
        asked = any(getattr(args, name) is not None for name in _MAPS)
        names = (*DEFAULT, "maps") if asked else DEFAULT
    else:
        names = tuple(name.strip() for name in args.panel.split(","))
    has_maps, has_values = "maps" in names, "shapley" in names
    needs = dict.fromkeys(_MAPS, (has_maps, "the panel maps"))
    refuse_unused(args, needs | {"target": (has_maps or has_values, "the panel maps or shapley")})
    return names


def _depicted(
    args: argparse.Namespace, slots: list[Slot], names: tuple[str, ...]
) -> tuple[str, list[Depicted]]:
    """Return the expression that the figure is about, and all slots with what its panels need."""
    from ran.explain.question import Question

    answer = slots[0].engine.predict(slots[0].scene)
    target = args.target if args.target not in (None, "predicted") else answer.expression
    about = target if target in answer.classes else answer.expression
    lacking = [one.engine.card.name for one in slots if about not in one.engine.card.classes]
    if "shapley" in names and (lacking or target != about):
        raise BadRequest(
            f"The panel shapley is for an expression that all networks tell apart, got {target!r}.",
            hint=f"Use one of {', '.join(answer.classes)}, or leave the panel out.",
        )
    question = None
    if "maps" in names:
        question = Question(args.method or "grad-cam", target, args.baseline or "black")
    return about, [
        one.depicted(
            question=question, has_values="shapley" in names, has_crops=args.arrangement == "strip"
        )
        for one in slots
    ]
