"""What is read of an answer when a cover moves: the same numbers for maps and for curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ran.engine import Engine
from ran.prediction import Prediction
from ran.scene import Scene

PROBABILITY, KEPT, MARGIN = "probability", "kept", "margin"
READINGS = (PROBABILITY, KEPT, MARGIN)
"""Of an answer, beside a region's w: the probability of what is answered for the face without the
cover, whether that is still the answer, and the RB margin."""


@dataclass(frozen=True, eq=False)
class Reading:
    """An answer under a cover, read against what is answered without it."""

    answer: Prediction
    expression: str

    def of(self, name: str) -> float | None:
        """Return a number of READINGS, or of a region by its name its w relative to uniform.

        None where the network has no such number: a plain one has no margin, a layout no region of
        this name.
        """
        if name == PROBABILITY:
            place = self.answer.classes.index(self.expression)
            return float(self.answer.probabilities[place])
        if name == KEPT:
            return float(self.answer.expression == self.expression)
        if name == MARGIN:
            return self.answer.rb_margin
        names = [box.name for box in self.answer.boxes]
        if name not in names:
            return None
        return float(self.answer.relative_weights[names.index(name)])


def read(engine: Engine, scenes: Sequence[Scene], expression: str) -> tuple[Reading, ...]:
    """Return the readings of scenes of one face, asked together."""
    return tuple(Reading(answer, expression) for answer in engine.predict_many(scenes))
