"""How a recipe refers to what it does not hold: the photo and the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from ran.face.photo import Photo
from ran.net.card import Card
from ran.recipe.claims import CHECKPOINT, PHOTO, check, is_digest, one_line


@dataclass(frozen=True)
class PhotoRef:
    """Which photo a recipe was made on: Photo.digest, its name, and the face, 0 the largest."""

    digest: str
    name: str
    face: int = 0

    def __post_init__(self) -> None:
        check("photo.", vars(self), PHOTO)

    @staticmethod
    def of(photo: Photo, face: int = 0) -> PhotoRef:
        """Refer to a face of an open photo."""
        return PhotoRef(photo.digest, one_line(photo.name), face)


@dataclass(frozen=True)
class CheckpointRef:
    """Which checkpoint a recipe was made with; `sha256` is empty where its card states none."""

    name: str
    sha256: str = ""

    def __post_init__(self) -> None:
        check("checkpoint.", vars(self), CHECKPOINT)

    @staticmethod
    def of(card: Card) -> CheckpointRef:
        """Refer to the checkpoint of a card."""
        return CheckpointRef(one_line(card.name), card.sha256 if is_digest(card.sha256) else "")

    def is_same(self, other: CheckpointRef) -> bool:
        """Compare by hash, or by name where one of the two has no hash."""
        if self.sha256 and other.sha256:
            return self.sha256 == other.sha256
        return self.name == other.name
