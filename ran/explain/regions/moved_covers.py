"""The same cover elsewhere and in other fills: what attention on its place does then.

The reference that "did attention leave the cover?" is answered against. A weight can fall for other
reasons than the cover on it: any cover makes weights move, and so does what it is filled with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ran.explain.regions.attention_shift import AttentionShift
from ran.words import later

PLACES = 20
"""To how many other places a cover is moved: 5 % of them lie beyond each end of their middle."""
CANDIDATES = 200
"""Places that are drawn, to choose those that hide little of what the cover hides."""
MOST_OVERLAP = 0.5
"""The share of the cover that another place may hide too, where there are enough such places."""
LEAST_CHANGE = 0.0025
"""A smaller change of the share of attention, a quarter of a point, says nothing."""
LEAST_SPREAD = 0.05
"""Where the regions' covered shares differ by less, attention has nowhere to go."""
FILLS = ("black", "noise", "blur")
"""What a cover is filled with once more, beside its own fill."""
LEFT, CAME, CANNOT_TELL = later("Yes"), later("No"), later("Cannot tell")
_COARSE = 32


@dataclass(frozen=True)
class Reference:
    """The changes of the share of attention under the same cover elsewhere, the middle 90 %.

    fills: the change under the cover in its place, by what else it is filled with.
    """

    low: float
    high: float
    fills: tuple[tuple[str, float], ...] = ()

    @staticmethod
    def of(
        before: NDArray[np.float32],
        moved: NDArray[np.float32],
        covered: NDArray[np.float32],
        filled: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> Reference:
        """Return the reference for a cover.

        Args:
            before: f32[R], the weights w of the clean face.
            moved: f32[N, R], those under the cover at N other places.
            covered: f32[R] in [0, 1], the share of each region that the cover hides at its own.
            filled: f32[R] by fill, those under the cover at its own place in other fills.
        """

        def changes(weights: NDArray[np.float32]) -> NDArray[np.float64]:
            found = (weights.astype(float) - before.astype(float)) @ covered.astype(float)
            return np.asarray(found)

        low, high = np.quantile(changes(moved), [0.05, 0.95])
        fills = tuple((fill, float(changes(w))) for fill, w in (filled or {}).items())
        return Reference(float(low), float(high), fills)


def verdict(shift: AttentionShift, covered: NDArray[np.float32], reference: Reference) -> str:
    """Return whether attention left the cover: LEFT, CAME to it, or CANNOT_TELL.

    It left where its share on the cover fell by LEAST_CHANGE and further than under the same cover
    at 95 % of the other places; it came where it rose so. Nothing can be told where the regions are
    covered almost alike, nor where it went the other way under the same cover in another fill: then
    the fill decides, not the cover.

    Args:
        shift: of the cover at its own place.
        covered: f32[R] in [0, 1], the covered share of each region.
        reference: of the same cover.
    """
    if np.ptp(covered) < LEAST_SPREAD:
        return CANNOT_TELL
    fills = [change for _fill, change in reference.fills]
    if shift.change < min(reference.low, -LEAST_CHANGE) and max(fills, default=0.0) <= LEAST_CHANGE:
        return LEFT
    if (
        shift.change > max(reference.high, LEAST_CHANGE)
        and min(fills, default=0.0) >= -LEAST_CHANGE
    ):
        return CAME
    return CANNOT_TELL


def moved_covers(
    face: NDArray[np.uint8], hidden: NDArray[np.uint8], mask: NDArray[np.float32], *, seed: int = 0
) -> Iterator[NDArray[np.uint8]]:
    """Yield the face under the same cover at PLACES other places, u8[S, S, 3] each.

    The cover is shifted, over the edges where it must be, and mirrored in half of the cases: it
    hides as many pixels as at its own place, by what it looks like there. Equal seeds give equal
    places.

    Args:
        face: u8[S, S, 3].
        hidden: u8[S, S, 3], the face under the cover.
        mask: f32[S, S] in [0, 1], the hidden share of each pixel.
        seed: of the places.
    """
    share = mask[..., None].astype(float)
    seen = face.astype(float)
    # hidden = (1 - share) face + share colour, for the colour.
    colour = np.where(share > 0, (hidden - (1.0 - share) * seen) / np.maximum(share, 0.02), 0.0)
    for down, across, mirrored in _places(mask, seed):
        there, look = (
            np.roll(value[:, ::-1] if mirrored else value, (down, across), (0, 1))
            for value in (share, colour)
        )
        picture = (1.0 - there) * seen + there * look
        yield picture.round().clip(0, 255).astype(np.uint8)


def _places(mask: NDArray[np.float32], seed: int) -> list[tuple[int, int, bool]]:
    """Return shifts down and across in pixels, and whether the cover is mirrored, for PLACES."""
    side = len(mask)
    generator = np.random.default_rng(seed)
    drawn = [
        (int(down), int(across), bool(mirrored))
        for down, across, mirrored in zip(
            generator.integers(0, side, CANDIDATES),
            generator.integers(0, side, CANDIDATES),
            generator.random(CANDIDATES) < 0.5,
            strict=True,
        )
    ]
    rows = (np.arange(_COARSE) + 0.5) * side / _COARSE
    coarse = rows.astype(int)
    own = mask[np.ix_(coarse, coarse)].astype(float)
    area = max(float(own.sum()), 1e-9)

    def overlap(place: tuple[int, int, bool]) -> float:
        down, across, mirrored = place
        # np.roll puts at p what was at p - shift.
        columns = (coarse - across) % side
        there = mask[np.ix_((coarse - down) % side, side - 1 - columns if mirrored else columns)]
        return float((own * there).sum()) / area

    # As they were drawn where they hide little of the same, then by how little.
    order = sorted(drawn, key=lambda place: max(overlap(place), MOST_OVERLAP))
    return order[:PLACES]
