"""A Question: what is asked of a scene. It travels whole, from the page to the method."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ran.errors import BadRequest
from ran.words import _


@dataclass(frozen=True, eq=False)
class Question:
    """By which method, which number of the answer is explained, against what. Compared by its key.

    method is a name of ran.explain.maps.methods.METHODS; target one that
    ran.explain.targets.read_target takes: a class, "predicted", ...; baseline a name of
    ran.explain.baselines.BASELINES, or a picture u8[S, S, 3] as large as the network's input; steps
    how many steps, draws or positions, None the method's own number; seed of whatever is drawn.
    """

    method: str = "grad-cam"
    target: str = "predicted"
    baseline: str | NDArray[np.uint8] = "black"
    steps: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise BadRequest(
                _("The seed is {seed}.").format(seed=self.seed),
                hint=_("Use a whole number from 0 to 2^63 - 1."),
            )

    @cached_property
    def key(self) -> str:
        """Return a small name of the question: equal questions have equal keys."""
        against = self.baseline
        if not isinstance(against, str):
            pixels = np.ascontiguousarray(against)
            told = repr((pixels.shape, pixels.dtype.str)).encode()
            against = f"picture {hashlib.sha256(told + pixels.tobytes()).hexdigest()}"
        fields = (self.method, self.target, against, self.steps, self.seed)
        return hashlib.sha256(repr(fields).encode()).hexdigest()

    def about(self, target: str) -> Question:
        """Return the same question about another number of the answer."""
        return replace(self, target=target)

    @staticmethod
    def of(
        method: str | Question,
        target: str,
        baseline: str | NDArray[np.uint8],
        steps: int | None,
        seed: int,
    ) -> Question:
        """Return the question of these fields, or `method` where it is a whole question already."""
        if isinstance(method, Question):
            return method
        return Question(method, target, baseline, steps, seed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Question) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
