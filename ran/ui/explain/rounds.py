"""A round: one step of the same explanation for each of several faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ran.explain.heatmap import Explaining, Heatmap


@dataclass(frozen=True)
class Round:
    """One step of the same explanation for each face."""

    faces: tuple[Explaining, ...]

    @property
    def done(self) -> int:
        """Return the steps done, over all faces."""
        return sum(face.done for face in self.faces)

    @property
    def of(self) -> int:
        """Return how many steps there are, over all faces."""
        return sum(face.of for face in self.faces)

    @property
    def maps(self) -> tuple[Heatmap | None, ...]:
        """Return each face's map so far."""
        return tuple(face.heatmap for face in self.faces)

    @property
    def is_even(self) -> bool:
        """Return whether all faces are equally far, so that their maps compare."""
        return len({(face.done, face.of) for face in self.faces}) == 1


def in_turn(explanations: Sequence[Iterator[Explaining]]) -> Iterator[Round]:
    """Take one step of each explanation, then the next: half done, the maps still compare.

    One that needs fewer steps, because it was known, keeps its last.
    """
    latest: list[Explaining | None] = [None] * len(explanations)
    while any(step is None or step.done < step.of for step in latest):
        for face, explanation in enumerate(explanations):
            latest[face] = next(explanation, latest[face])
        steps = tuple(step for step in latest if step is not None)
        yield Round(steps)
