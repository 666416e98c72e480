"""By what an epoch is chosen: accuracy on FER2013Valid, and on a covered copy where covers train.

The mean over every layout that the network is trained for. The test lists choose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ran.net.checkpoints import Network
from ran.net.model import PlainNetwork
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import accuracy, listed_layout
from ran.study.evaluation.covered_list import VALID_SEED, covered_list
from ran.study.training.options import Recipe


def asked_faces(valid: Faces, recipe: Recipe) -> dict[str, Faces]:
    """Return the faces that choose, by name: "valid", and "covered" where the recipe covers."""
    asked = {"valid": valid}
    if recipe.covers > 0:
        asked["covered"] = covered_list(valid, seed=VALID_SEED)
    return asked


def parts(valid: Faces, recipe: Recipe) -> Iterator[tuple[str, Faces, str]]:
    """Yield what a RAN is asked: a name such as "landmark, covered", its faces and its layout."""
    for name, faces in asked_faces(valid, recipe).items():
        for layout in recipe.layout_names:
            yield f"{layout}, {name}", faces, layout


def score(model: Network, valid: Faces, recipe: Recipe) -> tuple[float, dict[str, float]]:
    """Return the accuracy that chooses, in [0, 1], and its parts by name.

    Args:
        model: in eval mode; a plain network sees the whole face alone.
        valid: the faces.
        recipe: its input_size, covers and layouts.
    """
    side = recipe.input_size
    if isinstance(model, PlainNetwork):
        found = {
            name: accuracy(model, faces, side) for name, faces in asked_faces(valid, recipe).items()
        }
    else:
        found = {
            name: accuracy(model, faces, side, layout=listed_layout(layout))
            for name, faces, layout in parts(valid, recipe)
        }
    return sum(found.values()) / len(found), found
