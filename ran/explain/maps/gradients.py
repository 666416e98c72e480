"""Maps from the gradient of the target with respect to the crops.

Captum's Saliency gives the gradient. It is asked about the crops, which the network sees: cropping
is linear, so its transpose lays a gradient on the face exactly (`gather_gradients`), and the maps
of the regions come from the same backward pass.

Colour channels are summed. A grey network's three channels carry one gradient, split by the
weights of red, green and blue: their sum is the gradient with respect to the grey level.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ran.explain.heatmap import Heatmap
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
