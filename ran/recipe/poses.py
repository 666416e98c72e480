"""What a recipe says of poses: one photo turned, or photos of one person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ran.errors import BadRecipe
from ran.face.detect import Face
from ran.recipe.claims import PHOTO, PHOTOS, TURN, check, fields, shown
from ran.recipe.references import PhotoRef
from ran.words import _


@dataclass(frozen=True)
class TurnChoice:
    """The face turned to each `step` of yaw, from the first to the last; whole degrees."""

    yaw: tuple[int, int] = (-60, 60)
    step: int = 15
    pitch: int = 0

    def __post_init__(self) -> None:
        check("poses.", vars(self), TURN)

    @property
    def yaws(self) -> tuple[int, ...]:
        """Return the yaws that are turned to, degrees, the smallest first."""
        return tuple(range(self.yaw[0], self.yaw[1] + 1, self.step))


@dataclass(frozen=True)
class PhotosChoice:
    """The largest face of each of these photos.

    `landmarks`, five points in face units, are those of the face that the shapes lie on, from which
    they are carried to the others; None where it has none.
    """

    photos: tuple[PhotoRef, ...]
    landmarks: tuple[tuple[float, float], ...] | None = None

    def __post_init__(self) -> None:
        check("poses.", vars(self), PHOTOS)

    @staticmethod
    def on(face: Face, photos: tuple[PhotoRef, ...]) -> PhotosChoice:
        """Refer to photos, with shapes that lie on `face`."""
        points = None if face.landmarks is None else face.landmarks.tolist()
        return PhotosChoice(photos, None if points is None else tuple((x, y) for x, y in points))

    def covered_face(self) -> Face:
        """Return a stand-in for the face that the shapes lie on: its landmarks, no picture."""
        points = None if self.landmarks is None else np.array(self.landmarks, np.float32)
        return Face(np.zeros((1, 1, 3), np.uint8), landmarks=points)


PosesChoice = TurnChoice | PhotosChoice


def poses_to_json(choice: PosesChoice) -> dict[str, Any]:
    """Return a choice as plain values, its way first."""
    return {"way": "turn" if isinstance(choice, TurnChoice) else "photos", **asdict(choice)}


def poses_from_json(value: Any) -> PosesChoice:
    """Read a choice strictly.

    Raises:
        BadRecipe: if `value` is no choice.
    """
    if not isinstance(value, dict) or "way" not in value:
        fields("poses", value, ("way",))
    if value["way"] == "turn":
        values = fields("poses", value, ("way", *TURN))
        return TurnChoice(_pair(values["yaw"]), values["step"], values["pitch"])
    if value["way"] == "photos":
        values = fields("poses", value, ("way", *PHOTOS))
        photos, points = values["photos"], values["landmarks"]
        if not isinstance(photos, list):
            raise BadRecipe(
                _("The recipe's photos are {photos}.").format(photos=shown(photos)),
                hint=_("Expected a list."),
            )
        return PhotosChoice(
            tuple(PhotoRef(**fields("photo", photo, PHOTO)) for photo in photos),
            tuple(_pair(point) for point in points) if isinstance(points, list) else points,
        )
    raise BadRecipe(
        _("The recipe says poses.way {value}.").format(value=shown(value["way"])),
        hint=_("Expected turn or photos."),
    )


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
