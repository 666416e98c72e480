"""Weights in place of a face's own, one click each: whether the answer needs them."""

from __future__ import annotations

from collections.abc import Mapping

from ran.engine import Engine
from ran.engine.turns import TURNS
from ran.explain.regions.intervene import Intervention
from ran.prediction import Prediction
from ran.scene import Scene
from ran.ui.shared import compute
from ran.ui.shared.session import Session
from ran.words import later

UNIFORM, MEAN, ANOTHER, WHOLE = (
    later("uniform w"), later("mean w"), later("another face's w"), later("whole face only"),
)  # fmt: skip
HELP = later(
    "The same face, features and classifier, with other weights in place of w. Uniform: every "
    "region alike. Mean: one fixed set of weights, the mean over FER2013Valid. Another face's: "
    "those of an example face. Whole face only: no crop at all. Where the answer stays, its own "
    "weights decide nothing here; over many faces the Model page has the same as controls."
)


def mean_weights(engine: Engine, answer: Prediction, kind: str) -> dict[str, float] | None:
    """Return the mean weights of many faces by region, if the card has them for these regions.

    kind: of the layout.
    """
    found = engine.card.evidence.get("mean_w", {}).get(kind)
    names = [box.name for box in answer.boxes]
    if found is None or set(found) != set(names):
        return None
    known = {name: value for name in names if (value := found[name]) is not None}
    return known if len(known) == len(names) and sum(known.values()) > 0 else None


def anothers(session: Session, engine: Engine) -> list[float]:
    """Return w of another face cut in the same way: of the example after that in use."""
    faces = [photo.faces[0] for photo in compute.examples(engine).values()]
    own = session.photo_face
    place = faces.index(own) + 1 if own in faces else 0
    lender = next(face for face in (*faces[place:], *faces[:place]) if face != own)
    scene = Scene(lender, layout=session.layout.regions(lender))
    with TURNS.quick():
        return [float(w) for w in engine.predict(scene).weights]


def offered(mean: Mapping[str, float] | None) -> list[str]:
    """Return what can stand in place of w: the mean, where it is known of these regions."""
    return [UNIFORM, *([MEAN] if mean else []), ANOTHER, WHOLE]


def intervention(kind: str, session: Session, engine: Engine, answer: Prediction) -> Intervention:
    """Return what puts other weights in place of an answer's."""
    if kind == WHOLE:
        return Intervention(used=(0,))
    count = len(answer.boxes)
    weights = [1.0 / count] * count
    if kind == MEAN:
        mean = mean_weights(engine, answer, session.layout_name.lower())
        weights = list(mean.values()) if mean else weights
    elif kind == ANOTHER:
        weights = anothers(session, engine)
    total = sum(weights)
    return Intervention(pinned=tuple((place, w / total) for place, w in enumerate(weights)))
