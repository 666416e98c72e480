"""What a visitor kept, with what of it lives in memory alone: the scene and a small picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from ran.recipe.shelf import Kept
from ran.scene import Scene

_NUMBERS = count(1)


@dataclass(eq=False)
class Shelved:
    """Something on the shelf.

    scene: what the network was shown, None where a file that was read brings no face. photo: its
    name. picture: a small one as a data URL, or "". number: part of its widgets' keys.
    """

    kept: Kept
    photo: str
    scene: Scene | None = None
    picture: str = ""
    number: int = field(default_factory=lambda: next(_NUMBERS))

    @property
    def name(self) -> str:
        """Return its name among the faces of the Compare page."""
        return f"{self.photo} ({self.kept.page} {self.number})"
