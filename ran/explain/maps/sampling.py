"""Maps that average gradients over drawn pictures: SmoothGrad and gradient SHAP.

Captum's NoiseTunnel and GradientShap draw from the process's one random generator, which threads
share, and go through all draws in one call. Here a generator of the question's own draws, a chunk
at a time, so that the same seed gives the same map whoever else asks; Captum's Saliency is asked
for each chunk's gradients. A test holds SmoothGrad equal to NoiseTunnel's on the same draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.gradients import slopes_at
from ran.explain.maps.onto_face import gather_gradients
from ran.net.regions import crop_regions

GOLDEN = (5**0.5 - 1.0) / 2.0
"""From one place on the way to the next, modulo 1: however many there are, they lie evenly."""
NOISE = 0.15
"""Standard deviation of SmoothGrad's noise in [0, 1] of a pixel; its authors use 0.1 to 0.2."""
CLOSE_ENOUGH, AT_LEAST, ROUND = 0.05, 40, 20
"""Gradient SHAP draws until both its gap and the standard error of its sum are below this share of
the change, not before so many draws; it looks after every ROUND, whatever the hardware."""


def smoothgrad(asked: Asked) -> Iterator[Explaining]:
    """Average the gradient over `count` noisy faces, then as `saliency` (Smilkov et al. 2017).

    arXiv:1706.03825. Gaussian noise on the face, before it is cropped: all regions see the same.
    """
    asked = asked.settled()
    generator = asked.generator()
    total: Tensor | float = 0.0
    for done, chunk in _chunks(asked, asked.count):
        noise = [torch.randn(asked.face.shape, generator=generator) for _ in range(chunk)]
        faces = asked.face + NOISE * torch.cat(noise).to(asked.face)
        slopes = slopes_at(asked, crop_regions(faces, asked.boxes))
        total = total + slopes.sum(0, keepdim=True)
        mean = total / done
        values = gather_gradients(mean, asked.boxes)[0].abs().sum(0)
        heatmap = asked.heatmap(
            "smoothgrad", values, mean[0].abs().sum(1), signed=False, steps=done
        )
        yield Explaining(done, asked.count, heatmap)


def gradient_shap(asked: Asked) -> Iterator[Explaining]:
    """Average (x - b) times the gradient at random places between baselines and the face.

    Expected gradients (Erion et al. 2021, arXiv:1906.10670; Lundberg's GradientExplainer): an
    estimate of Shapley values under the baseline. A random baseline is drawn anew each time; with
    any other this is integrated gradients at random places. The mean over infinitely many draws
    sums to f(face) - f(baseline); how far these draws are from it is the gap. It draws until gap
    and standard error of the sum are below CLOSE_ENOUGH, or `count` draws are made.

    Each place is even by itself, and together they are a Kronecker sequence from a random start
    (a low-discrepancy sequence, randomly shifted: Cranley and Patterson 1976): they err less than
    places that know nothing of each other. As for integrated gradients, a place is the square s^2
    of an even number, weighed by 2s: gradients are steepest near the baseline. What the sum would
    vary by is told from the differences of neighbouring places, see `standard_error`.
    """
    asked = asked.settled()
    generator = asked.generator()
    face_score = float(asked.scores(asked.face).double())
    fixed = None if asked.baseline.is_random else asked.blank()
    fixed_score = 0.0 if fixed is None else float(asked.scores(fixed).double())
    first = torch.rand(1, generator=generator)
    on_face = torch.zeros_like(asked.face[0, 0])
    on_crops: Tensor | float = 0.0
    blank_score = 0.0
    sums: list[float] = []
    places: list[float] = []
    for done, chunk in _chunks(asked, ROUND):
        blanks = torch.cat(
            [
                asked.baseline.picture(asked.face, generator) if fixed is None else fixed
                for _ in range(chunk)
            ]
        )
        start = crop_regions(blanks, asked.boxes)
        change = crop_regions(asked.face - blanks, asked.boxes)
        even = ((first + GOLDEN * torch.arange(done - chunk, done)) % 1.0).to(asked.face)
        places.extend(even.tolist())
        even = even.view(-1, 1, 1, 1, 1)
        slopes = 2.0 * even * slopes_at(asked, start + even**2 * change)
        gathered = gather_gradients(slopes, asked.boxes)
        drawn = (asked.face - blanks) * gathered
        on_face = on_face + drawn.sum((0, 1))
        sums.extend(drawn.double().sum((1, 2, 3)).tolist())
        on_crops = on_crops + (change * slopes).sum((0, 2))
        scores = fixed_score * chunk if fixed is not None else asked.scores(blanks).sum().item()
        blank_score += scores
        heatmap = asked.heatmap(
            "gradient-shap", on_face / done, on_crops / done, signed=True, baseline=True,
            total=face_score - blank_score / done, error=standard_error(places, sums), steps=done,
        )  # fmt: skip
        if done >= AT_LEAST and done % ROUND == 0 and _is_close(heatmap):
            yield Explaining(asked.count, asked.count, heatmap)
            return
        yield Explaining(done, asked.count, heatmap)


def standard_error(places: Sequence[float], sums: Sequence[float]) -> float | None:
    """Return the standard error of the mean of `sums`, drawn at evenly spread `places`.

    From the squared differences of neighbours (von Neumann 1941, for systematic samples Wolter
    1985, ch. 8): what changes smoothly along the way is no error of places that cover the way. The
    way's ends are neighbours too: places shifted at random fall on either side of them, and what
    lies between is missed. None of fewer than two.
    """
    if len(sums) < 2:
        return None
    drawn = np.asarray(sums, float)[np.argsort(places)]
    steps = drawn - np.roll(drawn, 1)
    return float(np.sqrt((steps**2).sum() / 2) / len(drawn))


def _is_close(heatmap: Heatmap) -> bool:
    shares = heatmap.gap_share, heatmap.error_share
    return all(share is not None and share < CLOSE_ENOUGH for share in shares)


def _chunks(asked: Asked, within: int) -> Iterator[tuple[int, int]]:
    """Give how many draws are done after each chunk, and how many are in it.

    within: no chunk reaches over a multiple of it.
    """
    done = 0
    while done < asked.count:
        chunk = min(asked.faces_at_once, within - done % within, asked.count - done)
        done += chunk
        yield done, chunk
