"""Depicted: one slot of a paper's figure, with all that its panels show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.explain.heatmap import Heatmap
from ran.explain.regions.shapley import RegionValues
from ran.shown import Shown
from ran.words import _

COLUMN = 3.5
"""Inches of a column of two, in the journals of this field."""
PAGE = 7.16
"""Inches of both columns and what is between them."""
DEFAULT = ("faces", "probabilities", "weights", "margin")
"""The panels of a figure that nobody chose."""
MOST_SLOTS = 4
MOST_FACES = 24
"""Of a gallery or a strip, which have a row or a cell for each."""
_GREY = 128


@dataclass(frozen=True, eq=False)
class Depicted:
    """What was answered, by which network, and what was asked beyond it.

    shown, as it stands beside others; checkpoint, the network's name, and sha256, its parameters'
    hash; photo, the picture's name; heatmap and values, None where no panel needs them; crops
    u8[R, S, S, 3] as the network sees them, likewise.
    """

    shown: Shown
    checkpoint: str
    sha256: str
    photo: str
    heatmap: Heatmap | None = None
    values: RegionValues | None = None
    crops: NDArray[np.uint8] | None = None
    has_face: bool = True
    """Whether the face may be shown; else its map is drawn on grey."""

    @property
    def ground(self) -> NDArray[np.uint8]:
        """Return what its map is drawn on, u8[S, S, 3]."""
        face = self.shown.scene.hidden_pixels()
        return face if self.has_face else np.full_like(face, _GREY)

    @property
    def name(self) -> str:
        """Return the name that stands above the slot."""
        return self.shown.name

    def as_json(self) -> dict[str, Any]:
        """Return the slot's numbers as plain values, as pages and commands print them."""
        return {
            "name": self.name,
            "photo": self.photo,
            "checkpoint": self.checkpoint,
            "sha256": self.sha256,
            "face": self.shown.scene.face.digest,
            **self.shown.answer.as_json(),
        }


def shared_rows(slots: Sequence[Depicted]) -> tuple[str, ...]:
    """Return the names of the regions that all slots have, the first slot's, in its order.

    Raises:
        BadRequest: if there are none but the whole face: then no row compares.
    """
    names = [{box.name for box in one.shown.answer.boxes} for one in slots]
    first = [box.name for box in slots[0].shown.answer.boxes]
    shared = tuple(name for name in first if all(name in other for other in names))
    if len(shared) < 2 and max(len(other) for other in names) > 1:
        raise BadRequest(
            _("These networks cut the face into different regions: no row would compare."),
            hint=_("Choose one layout for all, or leave the panel out."),
        )
    return shared


def shared_classes(slots: Sequence[Depicted]) -> tuple[str, ...]:
    """Return the expressions that all slots tell apart, in the first slot's order."""
    others = [set(one.shown.answer.classes) for one in slots]
    return tuple(
        name for name in slots[0].shown.answer.classes if all(name in other for other in others)
    )
