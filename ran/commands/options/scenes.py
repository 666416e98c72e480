"""The options that make a scene of each face of a photo: what hides it, how it is cut, a recipe."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ran.commands.options.network import refuse_unused, say
from ran.errors import BadRecipe, BadRequest

if TYPE_CHECKING:
    from ran.engine import Engine
    from ran.face.detect import Face
    from ran.face.photo import Photo
    from ran.net.regions import RegionLayout
    from ran.recipe import LayoutChoice, Recipe
    from ran.scene import Scene

_SCENE: dict[str, Any] = {
    "hide": [], "rectangle": [], "sticker": [], "fill": "black", "colour": None, "noise_seed": 0,
    "opacity": 1.0, "layout": None, "crops": 5, "crop_seed": 0, "radius": 0.25,
}  # fmt: skip
"""The options that make a scene, and what they are when not given."""


def add_scene(command: argparse.ArgumentParser, *, layout_option: str = "--layout") -> None:
    """Add the options of every command that shows a photo's faces to a network.

    `layout_option` names the regions' layout where the command has another of that name.
    """
    command.set_defaults(layout_option=layout_option)
    command.add_argument(
        "--recipe", metavar="FILE", help="a recipe saved on the Occlude page, for its face alone"
    )
    # An option that is not given leaves no trace: a recipe refuses those that are.
    cover = command.add_argument_group(
        "what hides the face; parts and rectangles may be repeated",
        argument_default=argparse.SUPPRESS,
    )
    cover.add_argument("--hide", action="append", metavar="PART", help="a part, such as mouth")
    cover.add_argument(
        "--rectangle", action="append", nargs=4, type=float,
        metavar=("X0", "Y0", "X1", "Y1"), help="edges; the face reaches from 0 to 1",
    )  # fmt: skip
    cover.add_argument("--sticker", action="append", metavar="NAME", help="such as sunglasses")
    cover.add_argument(
        "--fill", help="black, grey, mean, noise, blur, colour or a sticker's look; default black"
    )
    cover.add_argument("--colour", nargs=3, type=int, metavar=("R", "G", "B"), help="0 to 255")
    cover.add_argument("--noise-seed", type=int, metavar="N")
    cover.add_argument("--opacity", type=float, metavar="SHARE", help="0 to 1")
    cut = command.add_argument_group(
        "how the face is cut, if not as the checkpoint's card says",
        argument_default=argparse.SUPPRESS,
    )
    cut.add_argument(layout_option, dest="layout", choices=("fixed", "random", "landmark"))
    cut.add_argument("--crops", type=int, metavar="N", help="random: how many")
    cut.add_argument("--crop-seed", type=int, metavar="N", help="random: where")
    cut.add_argument("--radius", type=float, help="landmark: half a square's side")


def recipe_of(args: argparse.Namespace) -> Recipe | None:
    """Return the recipe that was given, or None.

    Raises:
        BadRecipe: if it cannot be read.
        BadRequest: if options are given beside it.
    """
    from ran.recipe import read_recipe

    if args.recipe is None:
        return None
    options = {"layout": args.layout_option}
    given = [options.get(name, f"--{name.replace('_', '-')}") for name in _SCENE if name in args]
    if given:
        raise BadRequest(
            f"A recipe says already what {', '.join(given)} would set.",
            hint="Leave out --recipe or the other options.",
        )
    return read_recipe(args.recipe)


def scenes_of(
    args: argparse.Namespace, recipe: Recipe | None, found: list[Face]
) -> dict[int, Scene]:
    """Return the scene of every face by its number from 1, or of the recipe's face alone."""
    if recipe is not None:
        index = recipe.face_among(len(found))
        if note := recipe.layout.note(found[index]):
            say(note)
        return {index + 1: recipe.scene(found[index])}
    _refuse_unused(args)
    options = argparse.Namespace(**{**_SCENE, **vars(args)})
    return {number: _scene(face, options) for number, face in enumerate(found, 1)}


def _refuse_unused(args: argparse.Namespace) -> None:
    """Refuse options that would change nothing, rather than pass them over.

    Raises:
        BadRequest: naming the option and what it needs.
    """
    given = vars(args)
    covered = any(given.get(name) for name in ("hide", "rectangle", "sticker"))
    layout, fill = given.get("layout"), given.get("fill")
    needs = {
        "fill": (covered, "something that hides the face: --hide, --rectangle or --sticker"),
        "opacity": (covered, "something that hides the face: --hide, --rectangle or --sticker"),
        "colour": (fill == "colour", "--fill colour"),
        "noise_seed": (fill == "noise", "--fill noise"),
        "crops": (layout == "random", f"{args.layout_option} random"),
        "crop_seed": (layout == "random", f"{args.layout_option} random"),
        "radius": (layout == "landmark", f"{args.layout_option} landmark"),
    }
    refuse_unused(args, {name: need for name, need in needs.items() if name in given})


def note_differences(recipe: Recipe, photo: Photo, engine: Engine, faces: int) -> None:
    """Say on standard error what differs from when the recipe was saved."""
    from ran.recipe import CheckpointRef, PhotoRef

    here = PhotoRef.of(photo), CheckpointRef.of(engine.card)
    for notice in recipe.notices(*here, faces=faces):
        say(notice)


def _scene(face: Face, args: argparse.Namespace) -> Scene:
    from ran.face.covers.occlusion import Fill
    from ran.face.covers.parts import preset
    from ran.face.covers.stickers import place
    from ran.face.shapes import Rectangle
    from ran.scene import Scene

    parts = [shape for part in args.hide for shape in preset(part, face)]
    rectangles = [Rectangle(*edges) for edges in args.rectangle]
    stickers = [place(name, face) for name in args.sticker]
    colour = None if args.colour is None else tuple(args.colour)
    fill = Fill(args.fill, colour, args.noise_seed, args.opacity)
    return Scene(face, (*parts, *rectangles, *stickers), fill, _layout(face, args))


def layout_choice(args: argparse.Namespace) -> LayoutChoice:
    """Return how the options say that faces are cut.

    Raises:
        BadRequest: if a number is none that the kind can have.
    """
    from ran.recipe import LayoutChoice

    options = argparse.Namespace(**{**_SCENE, **vars(args)})
    kind = options.layout or "own"
    numbers = {
        "random": {"count": options.crops, "seed": options.crop_seed},
        "landmark": {"radius": options.radius},
    }
    try:
        return LayoutChoice(kind, **numbers.get(kind, {}))
    except BadRecipe as error:
        raise _cut_refused(error) from error


def _cut_refused(error: BadRecipe) -> BadRequest:
    said = error.message.removeprefix("The recipe says layout.")
    return BadRequest(f"The face cannot be cut so: {said}", hint=error.hint)


def _layout(face: Face, args: argparse.Namespace) -> RegionLayout | None:
    choice = layout_choice(args)
    try:
        regions = choice.regions(face)
    except BadRecipe as error:
        raise _cut_refused(error) from error
    if note := choice.note(face):
        say(note)
    return regions
