"""The options that put faces or networks side by side, and what a figure or a report shows."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ran.commands.options.scenes import (
    add_scene,
    layout_choice,
    note_differences,
    recipe_of,
    scenes_of,
)
from ran.errors import BadRequest

if TYPE_CHECKING:
    from ran.engine import Engine
    from ran.explain.question import Question
    from ran.figures.paper.depicted import Depicted
    from ran.recipe import Recipe
    from ran.scene import Scene


@dataclass(frozen=True, eq=False)
class Slot:
    """One face under one network: its name beside the others, the photo's, and the answer to it."""

    name: str
    photo: str
    engine: Engine
    scene: Scene
    recipe: Recipe

    def depicted(
        self, *, question: Question | None = None, has_values: bool = False, has_crops: bool = False
    ) -> Depicted:
        """Return the slot as figures take it; what is not asked for is not computed."""
        from ran.figures.paper.depicted import Depicted
        from ran.shown import Shown

        answer = self.engine.predict(self.scene)
        if self.recipe.alpha is not None:
            answer = replace(answer, alpha=self.recipe.alpha)
        return Depicted(
            Shown(self.name, self.scene, answer),
            self.engine.card.name,
            self.engine.card.sha256 or "",
            self.photo,
            None if question is None else self.engine.explain(self.scene, question),
            self.engine.region_values(self.scene) if has_values else None,
            self.engine.regions_seen(self.scene) if has_crops else None,
        )


def add_slots(command: argparse.ArgumentParser, layout_option: str = "--layout") -> None:
    """Add the photo, what stands beside it, what hides it, and how it is cut."""
    command.add_argument("photo")
    command.add_argument(
        "--face", type=int, metavar="N", help="which face, 1 is the largest; 1 if not given"
    )
    beside = command.add_argument_group("beside it; either may be repeated")
    beside.add_argument(
        "--against", action="append", default=[], metavar="PHOTO",
        help="the largest face of another photo, hidden and cut alike",
    )  # fmt: skip
    beside.add_argument(
        "--against-checkpoint", action="append", default=[], metavar="C",
        help="the same under another network: a folder of ours or the authors' .pth.tar",
    )  # fmt: skip
    add_scene(command, layout_option=layout_option)


def slots_of(args: argparse.Namespace, most: int) -> list[Slot]:
    """Return the slots that the options ask for: of one photo that is hidden, clean and covered.

    Several photos stand under each of several networks. Notices go to standard error.

    Raises:
        BadRequest: if there are more than `most`, or the photo has no such face.
    """
    from ran.engine import Engine

    recipe = recipe_of(args)
    if recipe is not None and args.face is not None:
        raise BadRequest(
            "A recipe says already which face --face would choose.",
            hint="Leave out --recipe or --face.",
        )
    count = (1 + len(args.against)) * (1 + len(args.against_checkpoint))
    if count > most:
        raise BadRequest(
            f"These options put {count} faces side by side, and it shows {most} at most.",
            hint="Leave some of --against or --against-checkpoint out.",
        )
    engines = [
        Engine.load(checkpoint, args.device)
        for checkpoint in (args.checkpoint, *args.against_checkpoint)
    ]
    photos = [args.photo, *args.against]
    slots = [
        _slot(args, recipe, engine, path, is_first=not number, photos=photos, engines=engines)
        for number, path in enumerate(photos)
        for engine in engines
    ]
    if len(slots) == 1 and slots[0].scene.shapes:
        (one,) = slots
        return [
            replace(one, name="clean", scene=one.scene.clean(),
                    recipe=replace(one.recipe, shapes=())),
            replace(one, name="covered"),
        ]  # fmt: skip
    return _told_apart(slots)


def _slot(
    args: argparse.Namespace, recipe: Recipe | None, engine: Engine, path: str, *,
    is_first: bool, photos: list[str], engines: list[Engine],
) -> Slot:  # fmt: skip
    from ran.face.photo import open_photo
    from ran.recipe import CheckpointRef, PhotoRef
    from ran.recipe import recipe_of as made_recipe

    photo = open_photo(path)
    found = engine.find_faces(photo, upright=recipe is not None and recipe.is_upright)
    number = 1
    if recipe is not None and not is_first:
        scene = recipe.scene(found[0])
    else:
        scenes = scenes_of(args, recipe, found)
        if is_first:
            number = next(iter(scenes)) if recipe is not None or args.face is None else args.face
        if number not in scenes:
            raise BadRequest(
                f"There is no face {number} in this photo.", hint=f"Use 1 to {len(scenes)}."
            )
        scene = scenes[number]
    if recipe is not None and is_first and engine is engines[0]:
        note_differences(recipe, photo, engine, len(found))
    # As recipes write it: a name may hold what no text can.
    shown = PhotoRef.of(photo).name
    names = [Path(shown).stem] if len(photos) > 1 else []
    names += [engine.card.name] if len(engines) > 1 else []
    own = made_recipe(
        scene, PhotoRef.of(photo, number - 1), checkpoint=CheckpointRef.of(engine.card),
        layout=layout_choice(args) if recipe is None else recipe.layout,
        alpha=None if recipe is None else recipe.alpha,
        region=0 if recipe is None else recipe.region,
        cut="straightened" if recipe is None else recipe.cut,
    )  # fmt: skip
    return Slot(", ".join(names) or Path(shown).stem, shown, engine, scene, own)


def _told_apart(slots: list[Slot]) -> list[Slot]:
    """Return slots of one name with a number after it."""
    counts, seen = Counter(one.name for one in slots), Counter[str]()
    made = []
    for one in slots:
        seen[one.name] += 1
        is_alone = counts[one.name] == 1
        made.append(one if is_alone else replace(one, name=f"{one.name} ({seen[one.name]})"))
    return made
