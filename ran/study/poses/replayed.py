"""Poses replayed from a recipe: its turn or its photos, its cover, its cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ran.engine import Engine
from ran.errors import BadRecipe, BadRequest
from ran.face.detect import Face
from ran.face.photo import open_photo
from ran.recipe import CheckpointRef, LayoutChoice, PhotoRef, PhotosChoice, Recipe, TurnChoice
from ran.study.poses.posed import Cover, Posed, Skipped
from ran.study.poses.sources import of_photos, turned
from ran.words import _


@dataclass(frozen=True, eq=False)
class Replay:
    """What makes the poses of a recipe, what hides them and how they are cut.

    `differs` are sentences about the photo and the checkpoint; of photos, `strangers` says more
    when they were looked at.
    """

    steps: Iterator[Posed | Skipped]
    cover: Cover | None
    layout: LayoutChoice
    differs: tuple[str, ...]


def replay(recipe: Recipe, sources: Sequence[str | Path], *, using: Engine) -> Replay:
    """Begin the poses of a recipe on photos.

    Args:
        recipe: one that was saved on the Poses page.
        sources: the one photo to turn, or the photos.
        using: the engine.

    Raises:
        BadRecipe: if the recipe says nothing of poses, or its cut does not fit.
        BadRequest: if it turns one photo and several are given.
        NoFaceFound: if it turns one photo and that shows no face.
    """
    checkpoint = CheckpointRef.of(using.card)
    if isinstance(recipe.poses, TurnChoice):
        if len(sources) != 1:
            raise BadRequest(
                _("{count} photos are given.").format(count=len(sources)),
                hint=_("The recipe turns one: give that alone."),
            )
        photo = open_photo(sources[0])
        faces = using.find_faces(photo, upright=recipe.is_upright)
        face = faces[recipe.face_among(len(faces))]
        steps: Iterator[Posed | Skipped] = turned(
            face, recipe.poses.yaws, (float(recipe.poses.pitch),), using=using
        )
        differs = recipe.notices(PhotoRef.of(photo), checkpoint, faces=len(faces))
    elif isinstance(recipe.poses, PhotosChoice):
        face = recipe.poses.covered_face()
        steps = of_photos(sources, using=using, upright=recipe.is_upright)
        # Its shapes come with their face's landmarks: that photo is not needed.
        differs = recipe.notices(recipe.photo, checkpoint, faces=recipe.photo.face + 1)
    else:
        raise BadRecipe(
            _("The recipe says nothing of poses."),
            hint=_("Save one on the Poses page, or leave it out."),
        )
    return Replay(steps, cover_on(face, recipe), recipe.layout, differs)


def cover_on(face: Face, recipe: Recipe) -> Cover | None:
    """Return what a recipe hides, as it lies on its face; None is nothing."""
    return Cover(face, recipe.shapes, recipe.fill) if recipe.shapes else None


def strangers(recipe: Recipe, poses: Sequence[Posed]) -> tuple[str, ...]:
    """Say, a sentence each, which photos of a recipe are missing, and which are none of its."""
    if not isinstance(recipe.poses, PhotosChoice):
        return ()
    known = {photo.digest: photo.name for photo in recipe.poses.photos}
    seen = {posed.photo.digest: posed.name for posed in poses if posed.photo is not None}
    said = []
    for names, what in (
        ([name for digest, name in known.items() if digest not in seen], "missing"),
        ([name for digest, name in seen.items() if digest not in known], "not in the recipe"),
    ):
        if names:
            more = f" and {len(names) - 1} more are" if len(names) > 1 else " is"
            said.append(f"{names[0] or 'A photo'}{more} {what}.")
    return tuple(said)
