"""Maps from the gradient of the target with respect to the crops.

Captum's Saliency gives the gradient. It is asked about the crops, which the network sees: cropping
is linear, so its transpose lays a gradient on the face exactly (`gather_gradients`), and the maps
of the regions come from the same backward pass. The path of integrated gradients is driven here,
because Captum's own class tells neither how far it is nor stops; a test holds it equal to Captum's.

Colour channels are summed. A grey network's three channels carry one gradient, split by the
weights of red, green and blue: their sum is the gradient with respect to the grey level.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.onto_face import gather_gradients
from ran.net.regions import crop_regions


def saliency(asked: Asked) -> Heatmap:
    """Return the absolute gradient, summed over the channels (Simonyan et al. 2014, arXiv:1312.6034).

    Simonyan et al. take the largest channel. One forward and one backward pass.
    """  # noqa: E501
    settled, slopes = _slopes_of_the_face(asked)
    values = gather_gradients(slopes, asked.boxes)[0].abs().sum(0)
    return settled.heatmap("saliency", values, slopes[0].abs().sum(1), signed=False)


def input_x_gradient(asked: Asked) -> Heatmap:
    """Return pixel times gradient, summed over the channels (Shrikumar et al. 2016, arXiv:1605.01713).

    One forward and one backward pass.
    """  # noqa: E501
    settled, slopes = _slopes_of_the_face(asked)
    crops = crop_regions(asked.face, asked.boxes)
    values = (asked.face * gather_gradients(slopes, asked.boxes))[0].sum(0)
    return settled.heatmap("input-x-gradient", values, (crops * slopes)[0].sum(1), signed=True)


def integrated_gradients(asked: Asked) -> Iterator[Explaining]:
    """Integrate the gradient along the straight line from the baseline to the face.

    (x - b) times the mean gradient on the line (Sundararajan et al. 2017, Eq. 1, arXiv:1703.01365),
    by Gauss-Legendre quadrature at `count` points. The values sum to f(face) - f(baseline) but for
    the error of the quadrature, which is the gap.
    """
    asked = asked.settled()
    blank = asked.blank()
    score, empty = asked.scores(torch.cat([asked.face, blank])).double().tolist()
    start, change = (crop_regions(picture, asked.boxes) for picture in (blank, asked.face - blank))
    nodes, weights = (
        torch.tensor(values / 2, dtype=start.dtype, device=start.device).view(-1, 1, 1, 1, 1)
        for values in np.polynomial.legendre.leggauss(asked.count)
    )
    mean = torch.zeros_like(start)
    size = asked.faces_at_once
    for first in range(0, asked.count, size):
        points = start + (nodes[first : first + size] + 0.5) * change
        mean += (weights[first : first + size] * slopes_at(asked, points)).sum(0, keepdim=True)
        if first + size < asked.count:
            yield Explaining(first + size, asked.count, None)
    values = ((asked.face - blank) * gather_gradients(mean, asked.boxes))[0].sum(0)
    heatmap = asked.heatmap(
        "integrated-gradients", values, (change * mean)[0].sum(1), signed=True,
        total=score - empty, baseline=True, steps=asked.count,
    )  # fmt: skip
    yield Explaining(asked.count, asked.count, heatmap)


def slopes_at(asked: Asked, crops: Tensor) -> Tensor:
    """Return the gradient of the target with respect to crops f32[B, R, 3, S, S], as large."""
    from captum.attr import Saliency

    def score(points: Tensor) -> Tensor:
        return asked.target.value(asked.model.forward_regions(points))

    slopes: Tensor = Saliency(score).attribute(crops.detach().requires_grad_(), abs=False)
    return slopes.detach()


def _slopes_of_the_face(asked: Asked) -> tuple[Asked, Tensor]:
    """Return what was asked, settled in the same pass, and the gradient at the face's own crops."""
    from captum.attr import Saliency

    told = []

    def score(points: Tensor) -> Tensor:
        output = asked.model.forward_regions(points)
        told.append(asked.target.settle(output))
        return told[0].value(output)

    crops = crop_regions(asked.face, asked.boxes).detach().requires_grad_()
    slopes = Saliency(score).attribute(crops, abs=False).detach()
    return replace(asked, target=told[0]), slopes
