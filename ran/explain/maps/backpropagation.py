"""Maps from changed backward passes: DeepLift and guided Grad-CAM, through Captum's hooks.

Both run on `unrolled` backbones, and both ask about the crops (see ran.explain.maps.gradients).
What Captum gives on the network as it is, is wrong without an error; docs/explain.md shows by how
much.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ran.explain.heatmap import Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.grad_cam import region_slopes
from ran.explain.maps.onto_face import gather_gradients, warp_back
from ran.explain.maps.unrolled import unrolled
from ran.net.checkpoints import Network
from ran.net.regions import crop_regions

HEAD_STEPS = 64
"""Points of the path through the attention, which costs nothing beside one crop's backbone."""


def deeplift(asked: Asked) -> Heatmap:
    """Return DeepLift's contributions, Rescale rule (Shrikumar et al. 2017, arXiv:1704.02685).

    Captum's DeepLift takes the backbone. The attention it cannot: DeepLift has no rule for products
    and quotients of what it explains, and functional sigmoids get plain gradients. The head's
    multipliers are therefore the mean gradient on the straight line from the baseline's features to
    the face's (Sundararajan et al. 2017, Eq. 1), whose contributions sum to the change of the
    target; DeepLift's rules take them on through the backbone. So the values sum to
    f(face) - f(baseline).
    """
    from captum.attr import DeepLift

    blank = asked.blank()
    crops, empty = (crop_regions(face, asked.boxes) for face in (asked.face, blank))
    with torch.no_grad():
        features, start = asked.model.features(crops), asked.model.features(empty)
        output = asked.model.attend(features)
        asked = replace(asked, target=asked.target.settle(output))
        total = asked.target.value(output) - asked.target.value(asked.model.attend(start))
    multipliers = _mean_gradient(asked, start, features)[0]  # f32[R, D]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting forward, backward hooks", UserWarning)
        slopes = DeepLift(_Weighed(asked.model, crops[0, :1]), multiply_by_inputs=False).attribute(
            crops[0].detach().requires_grad_(), empty[0], additional_forward_args=(multipliers,)
        )
    slopes = slopes.detach()[None]
    values = ((asked.face - blank) * gather_gradients(slopes, asked.boxes))[0].sum(0)
    return asked.heatmap(
        "deeplift", values, ((crops - empty) * slopes)[0].sum(1), signed=True,
        total=float(total.double()), baseline=True,
    )  # fmt: skip


class _Weighed(nn.Module):
    """Crops f32[N, 3, S, S] and multipliers f32[N, D] -> the weighed features, f32[N, 1]."""

    def __init__(self, model: Network, crop: Tensor) -> None:
        super().__init__()
        self.backbone = unrolled(model.backbone, crop)
        self.see, self.mean, self.std = model.see, model.mean, model.std

    def forward(self, crops: Tensor, multipliers: Tensor) -> Tensor:
        features: Tensor = self.backbone((self.see(crops) - self.mean) / self.std)
        return (features * multipliers).sum(1, keepdim=True)


def _mean_gradient(asked: Asked, start: Tensor, end: Tensor) -> Tensor:
    """Return the target's mean gradient between two rows of features f32[1, R, D], as large."""
    nodes, weights = (
        torch.tensor(values / 2, dtype=end.dtype, device=end.device).view(-1, 1, 1)
        for values in np.polynomial.legendre.leggauss(HEAD_STEPS)
    )
    with torch.enable_grad():
        points = (start + (nodes + 0.5) * (end - start)).requires_grad_()
        value = asked.target.value(asked.model.attend(points))
    (slopes,) = torch.autograd.grad(value.sum(), points)
    return (weights * slopes).sum(0, keepdim=True)


def guided_grad_cam(asked: Asked) -> Heatmap:
    """Return guided backpropagation times Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).

    Guided backpropagation drops what is below zero behind every ReLU (Springenberg et al. 2015,
    arXiv:1412.6806). Captum's GuidedGradCam would multiply the maps of the crops onto the face as
    if they lay over it. Here each region's Grad-CAM is enlarged to its crop and multiplied there;
    each product is warped back through its box, and these are added up.
    """
    from captum.attr import GuidedBackprop

    settled, slopes = region_slopes(asked)
    crops = crop_regions(asked.face, asked.boxes).detach().requires_grad_()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting backward hooks on ReLU", UserWarning)
        guided = (
            GuidedBackprop(_Unrolled(settled, crops[0, :1])).attribute(crops).detach()[0].sum(1)
        )
    side = asked.face.shape[-1]
    regions, before_relu = (
        guided
        * F.interpolate(maps[:, None], (side, side), mode="bilinear", align_corners=False)[:, 0]
        for maps in (slopes.relu(), slopes)
    )
    return settled.heatmap(
        "guided-grad-cam", warp_back(regions, asked.boxes, side).sum(0), regions, signed=True,
        before_relu=warp_back(before_relu, asked.boxes, side).sum(0),
    )  # fmt: skip


class _Unrolled(nn.Module):
    """The network that is asked, its backbone unrolled: crops -> the target, f32[B]."""

    def __init__(self, asked: Asked, crop: Tensor) -> None:
        super().__init__()
        self.backbone = unrolled(asked.model.backbone, crop)
        self._asked = asked

    def forward(self, crops: Tensor) -> Tensor:
        model = self._asked.model
        seen = (model.see(crops.flatten(0, 1)) - model.mean) / model.std
        features: Tensor = self.backbone(seen)
        return self._asked.target.value(model.attend(features.view(*crops.shape[:2], -1)))
