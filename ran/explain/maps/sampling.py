"""Maps that average gradients over drawn pictures: SmoothGrad and gradient SHAP.

Captum's NoiseTunnel and GradientShap draw from the process's one random generator, which threads
share, and go through all draws in one call. Here a generator of the question's own draws, a chunk
at a time, so that the same seed gives the same map whoever else asks; Captum's Saliency is asked
for each chunk's gradients. A test holds SmoothGrad equal to NoiseTunnel's on the same draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import stdev

import torch
from torch import Tensor

from ran.explain.heatmap import Explaining
from ran.explain.maps.asked import Asked
from ran.explain.maps.gradients import slopes_at
from ran.explain.maps.onto_face import gather_gradients
from ran.net.regions import crop_regions

GOLDEN = (5**0.5 - 1.0) / 2.0
"""From one place on the way to the next, modulo 1: however many there are, they lie evenly."""
NOISE = 0.15
"""Standard deviation of SmoothGrad's noise in [0, 1] of a pixel; its authors use 0.1 to 0.2."""


def smoothgrad(asked: Asked) -> Iterator[Explaining]:
    """Average the gradient over `count` noisy faces, then as `saliency` (Smilkov et al. 2017).

    arXiv:1706.03825. Gaussian noise on the face, before it is cropped: all regions see the same.
    """
    asked = asked.settled()
    generator = asked.generator()
    total: Tensor | float = 0.0
    for done, chunk in _chunks(asked):
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
    """Average (x - b) times the gradient at `count` random places between baselines and the face.

    Expected gradients (Erion et al. 2021, arXiv:1906.10670; Lundberg's GradientExplainer): an
    estimate of Shapley values under the baseline. A random baseline is drawn anew each time; with
    any other this is integrated gradients at random places. The mean over infinitely many draws
    sums to f(face) - f(baseline); how far these draws are from it is the gap.

    Each place is even by itself, and together they are a Kronecker sequence from a random start
    (a low-discrepancy sequence, randomly shifted: Cranley and Patterson 1976): they err less than
    places that know nothing of each other. As for integrated gradients, a place is the square s^2
    of an even number, weighed by 2s: gradients are steepest near the baseline. The standard error
    of the sum is that of draws that know nothing of each other, and so rather too large.
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
    for done, chunk in _chunks(asked):
        blanks = torch.cat(
            [
                asked.baseline.picture(asked.face, generator) if fixed is None else fixed
                for _ in range(chunk)
            ]
        )
        start = crop_regions(blanks, asked.boxes)
        change = crop_regions(asked.face - blanks, asked.boxes)
        even = ((first + GOLDEN * torch.arange(done - chunk, done)) % 1.0).to(asked.face)
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
            "gradient-shap", on_face / done, on_crops / done, signed=True,
            total=face_score - blank_score / done, error=_standard_error(sums), baseline=True,
            steps=done,
        )  # fmt: skip
        yield Explaining(done, asked.count, heatmap)


def _standard_error(sums: list[float]) -> float | None:
    """Return the standard error of the mean of these sums; None of fewer than two."""
    return stdev(sums) / len(sums) ** 0.5 if len(sums) > 1 else None


def _chunks(asked: Asked) -> Iterator[tuple[int, int]]:
    """Give how many draws are done after each chunk, and how many are in it."""
    for first in range(0, asked.count, asked.faces_at_once):
        done = min(first + asked.faces_at_once, asked.count)
        yield done, done - first
