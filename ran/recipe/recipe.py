"""A recipe: all that was set on the Occlude page, as one small JSON that is read with distrust.

The photo is never in it, only its digest and its name. docs/recipe.md says what each field means.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ran.errors import BadRecipe, BadRequest, BadShape
from ran.face.covers.occlusion import Fill
from ran.face.covers.shape_fields import MAX_POINTS
from ran.face.detect import Face
from ran.face.shapes import (
    MAX_SHAPES,
    Shape,
    check_work,
    count_points,
    drawing_from_json,
    shape_to_json,
)
from ran.net.regions import RegionLayout, fixed_layout, landmark_layout, random_layout
from ran.recipe.claims import (
    AGAIN,
    CHECKPOINT,
    FILL,
    LAYOUT,
    LAYOUTS,
    NOTHING,
    PHOTO,
    SETTINGS,
    check,
    fields,
    is_whole,
    shown,
)
from ran.recipe.poses import PosesChoice, poses_from_json, poses_to_json
from ran.recipe.references import CheckpointRef, PhotoRef
from ran.recipe.strict_json import content_of, parse
from ran.scene import Scene
from ran.words import _

VERSION = 3
"""Says how the photo's face was cut. Versions 1, without poses, and 2, with them, were cut upright:
they are still read, replayed so, and written again as what they were."""


@dataclass(frozen=True)
class LayoutChoice:
    """How a face is to be cut: "own" (as the checkpoint does), "fixed", "random" or "landmark".

    "random" has a `count` and a `seed`, "landmark" a `radius`, in units of the face's side; a
    number that the kind does not have is None.
    """

    kind: str = "own"
    count: int | None = None
    seed: int | None = None
    radius: float | None = None

    def __post_init__(self) -> None:
        check("layout.", vars(self), {"kind": LAYOUT})
        numbers = dict.fromkeys(("count", "seed", "radius"), NOTHING)
        check("layout.", vars(self), {**numbers, **LAYOUTS[self.kind]})
        if self.radius is not None:
            object.__setattr__(self, "radius", float(self.radius))

    def note(self, face: Face) -> str:
        """Return what is to be said of the regions of this face, or nothing."""
        if self.kind == "landmark" and face.landmarks is None:
            return (
                "This face has no landmarks, so it is cut, and stickers lie, where the landmarks "
                "of its framing lie in the median."
            )
        return ""

    def as_json(self) -> dict[str, Any]:
        """Return the kind and the numbers that it has."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def regions(self, face: Face) -> RegionLayout | None:
        """Return the regions of this face; None is the checkpoint's own.

        A face without landmarks is cut round the medians of its framing, and `note` says so.

        Raises:
            BadRecipe: if the landmarks lie far outside the face.
        """
        try:
            if self.kind == "random" and self.count is not None and self.seed is not None:
                return random_layout(self.count, seed=self.seed)
            if self.kind == "landmark" and self.radius is not None:
                return landmark_layout(face.points, radius=self.radius)
        except ValueError as error:
            raise BadRecipe(
                _("The face cannot be cut as the recipe says: {error}.").format(error=error),
                hint=_("Use another photo, or the layout 'fixed' in the recipe."),
            ) from error
        return fixed_layout() if self.kind == "fixed" else None


@dataclass(frozen=True)
class Recipe:
    """All that was set. `alpha` None is the checkpoint's own; `region` is the outlined one.

    With `poses`, the shapes lie on the face of `photo` and are carried to each pose. `cut` says how
    that face was cut out: "straightened" where the head leans, or "upright" as before version 3.
    """

    photo: PhotoRef
    checkpoint: CheckpointRef
    shapes: tuple[Shape, ...] = ()
    fill: Fill = Fill()
    layout: LayoutChoice = field(default_factory=LayoutChoice)
    alpha: float | None = None
    region: int = 0
    poses: PosesChoice | None = None
    cut: str = "straightened"

    def __post_init__(self) -> None:
        check("fill.", vars(self.fill), FILL)
        check("", vars(self), SETTINGS)
        points = count_points(self.shapes)
        if len(self.shapes) > MAX_SHAPES or points > MAX_POINTS:
            raise BadRecipe(
                _("There are {count:,} shapes with {points:,} points.").format(
                    count=len(self.shapes), points=points
                ),
                hint=_(
                    "A recipe holds at most {max_shapes} and {max_points:,}: clear some."
                ).format(max_shapes=MAX_SHAPES, max_points=MAX_POINTS),
            )
        try:
            check_work(self.shapes)
        except BadShape as error:
            raise BadRecipe(error.message, hint=error.hint) from error
        if self.alpha is not None:
            object.__setattr__(self, "alpha", float(self.alpha))

    @property
    def is_upright(self) -> bool:
        """Return whether its photo's face was cut without straightening."""
        return self.cut == "upright"

    def scene(self, face: Face) -> Scene:
        """Return what is shown to a network when the recipe is replayed on this face."""
        return Scene(face, self.shapes, self.fill, self.layout.regions(face))

    def face_among(self, count: int) -> int:
        """Return the number of its face in a photo that shows `count`; where it has fewer, 0."""
        return self.photo.face if self.photo.face < count else 0

    def notices(self, photo: PhotoRef, checkpoint: CheckpointRef, *, faces: int) -> tuple[str, ...]:
        """Say, a sentence each, in what a replay differs from what the recipe was made on.

        Args:
            photo: the photo that it is replayed on.
            checkpoint: the checkpoint in use.
            faces: how many faces the photo shows.
        """
        said, others = [], "so the numbers are not those it was saved with."
        if photo.digest != self.photo.digest:
            name = self.photo.name or "unnamed"
            said.append(f"The recipe was made on another photo, {name}, {others}")
        if self.photo.face >= faces:
            said.append(
                f"The recipe is for face {self.photo.face + 1} and the photo shows {faces}, so the "
                "largest is used."
            )
        if not checkpoint.is_same(self.checkpoint):
            said.append(
                f"The recipe was made with the checkpoint {self.checkpoint.name} and "
                f"{checkpoint.name} is in use, {others}"
            )
        return tuple(said)

    def to_json(self) -> str:
        """Return the recipe as JSON, one line a field."""
        older = 1 if self.poses is None else 2
        values = {
            "version": older if self.is_upright else VERSION,
            "photo": asdict(self.photo),
            "shapes": [shape_to_json(shape) for shape in self.shapes],
            "fill": asdict(self.fill),
            "layout": self.layout.as_json(),
            "alpha": self.alpha,
            "checkpoint": asdict(self.checkpoint),
            "region": self.region,
        }
        if self.poses is not None:
            values["poses"] = poses_to_json(self.poses)
        elif not self.is_upright:
            values["poses"] = None
        if not self.is_upright:
            values["cut"] = self.cut
        rows = (f'  "{name}": {json.dumps(value)}' for name, value in values.items())
        return "{\n" + ",\n".join(rows) + "\n}\n"

    @staticmethod
    def from_json(content: str | bytes) -> Recipe:
        """Read a recipe strictly: its version, its fields and no others, each as it must be.

        Raises:
            BadRecipe: if `content` is anything else, however large, deep or damaged.
        """
        try:
            return _from_values(parse(content))
        except RecursionError as error:
            raise BadRecipe(_("The recipe is nested too deeply."), hint=_(AGAIN)) from error


def recipe_of(
    scene: Scene,
    photo: PhotoRef,
    *,
    checkpoint: CheckpointRef,
    layout: LayoutChoice,
    alpha: float | None = None,
    region: int = 0,
    cut: str = "straightened",
) -> Recipe:
    """Return the recipe that gives an equal scene when it is replayed on the scene's face.

    Raises:
        ValueError: if the scene is not cut as `layout` says.
    """
    if layout.regions(scene.face) != scene.layout:
        raise ValueError(
            f"the scene is not cut as {layout} says; give the choice that its layout came from"
        )
    return Recipe(photo, checkpoint, scene.shapes, scene.fill, layout, alpha, region, cut=cut)


def read_recipe(path: str | Path) -> Recipe:
    """Read a recipe from a file.

    Raises:
        BadRecipe: if there is no such file, or it holds no recipe.
    """
    return Recipe.from_json(content_of(Path(path)))


def _from_values(values: Any) -> Recipe:
    names: tuple[str, ...] = _JSON
    if isinstance(values, dict) and "version" in values:
        # Before the fields, which are others in another version.
        version = values["version"]
        if not is_whole(version, 1, VERSION):
            raise BadRecipe(
                _("The recipe has version {version}.").format(version=shown(version)),
                hint=_("Versions 1 to 3 are read here: update this program, or save it again."),
            )
        names += {1: (), 2: ("poses",), 3: ("poses", "cut")}[version]
    values = fields("", values, ("version", *names))
    return Recipe(
        photo=PhotoRef(**fields("photo", values["photo"], PHOTO)),
        checkpoint=CheckpointRef(**fields("checkpoint", values["checkpoint"], CHECKPOINT)),
        shapes=_shapes(values["shapes"]),
        fill=_fill(fields("fill", values["fill"], FILL)),
        layout=_layout(values["layout"]),
        alpha=values["alpha"],
        region=values["region"],
        poses=_poses(values) if "poses" in names else None,
        cut=values["cut"] if "cut" in names else "upright",
    )


def _poses(values: dict[str, Any]) -> PosesChoice | None:
    if values["version"] == VERSION and values["poses"] is None:
        return None
    return poses_from_json(values["poses"])


def _shapes(value: Any) -> tuple[Shape, ...]:
    if not isinstance(value, list):
        raise BadRecipe(
            _("The recipe's shapes are {value}.").format(value=shown(value)),
            hint=_("Expected a list."),
        )
    try:
        return drawing_from_json(value)
    except BadShape as error:
        raise BadRecipe(_within(error.message), hint=error.hint) from error


def _fill(values: dict[str, Any]) -> Fill:
    if isinstance(values["colour"], list):
        values = {**values, "colour": tuple(values["colour"])}
    check("fill.", values, FILL)
    try:
        return Fill(**values)
    except BadRequest as error:
        raise BadRecipe(_within(error.message), hint=error.hint) from error


def _within(message: str) -> str:
    return f"In the recipe, {message[:1].lower()}{message[1:]}"


def _layout(value: Any) -> LayoutChoice:
    if not isinstance(value, dict) or "kind" not in value:
        fields("layout", value, ("kind",))
    check("layout.", value, {"kind": LAYOUT})
    return LayoutChoice(**fields("layout", value, ("kind", *LAYOUTS[value["kind"]])))


_JSON = ("photo", "shapes", "fill", "layout", "alpha", "checkpoint", "region")
