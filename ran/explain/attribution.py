"""Heatmaps: which pixels of the face speak for the target. Methods and targets are two tables.

Grad-CAM is Captum's LayerGradCam. It is right only where the layer is called once: a network that
runs its backbone once a region would silently keep one region's map. Here all crops of a face are
one batch in one call, so Captum returns one map a region, each from the gradient of the whole
network's target through the attention. What Captum cannot know is that these maps lie in crop
coordinates: `warp_back` brings each back through its box.

Captum hooks the layer while it works. Nobody else may use the same modules meanwhile: ran.engine
gives it a copy that shares the parameters, and asks one question at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ran.errors import BadRequest
from ran.net.checkpoints import Network
from ran.net.model import RanOutput
from ran.net.regions import crop_regions

LAST_STAGE = {"resnet18": "layer4", "resnet34": "layer4", "vgg16": "features.29"}
"""The last convolution stage of each backbone, its ReLU included, by the name of the module.

On faces of 224 pixels: 7 x 7 positions for a ResNet; 14 x 14 for VGG16, whose last ReLU stands
before a max pooling (relu5_3, the layer that the authors of Grad-CAM released their code with).
"""


@dataclass(frozen=True, eq=False)
class Heatmap:
    """How much each pixel of the face speaks for a target, not normalised: maps compare.

    values f32[S, S] on the face at the network's input size, zero or above unless `signed`;
    regions f32[R, s, s], the map of each region in the coordinates of its crop; target, what was
    explained: a class name, also where "predicted" was asked for; gap, by how many logits the
    values miss f(face) - f(baseline), None where a method promises no sum. The arrays are
    read-only, because an engine hands the same heatmap to whoever asks the same.
    """

    values: NDArray[np.float32]
    regions: NDArray[np.float32]
    signed: bool
    method: str
    target: str
    gap: float | None

    def __post_init__(self) -> None:
        for array in (self.values, self.regions):
            array.setflags(write=False)


Target = Callable[[RanOutput], tuple[str, Tensor]]
"""Reads what is explained off an answer: its name, and its value f32[B] with B = 1."""


def _predicted(classes: Sequence[str], output: RanOutput) -> tuple[str, Tensor]:
    index = int(output.logits[0].argmax())
    return classes[index], output.logits[:, index]


TARGETS: dict[str, Callable[[Sequence[str], RanOutput], tuple[str, Tensor]]] = {
    "predicted": _predicted,
}
"""What can be explained besides the logit of a class, which goes by the name of the class."""


def read_target(name: str, classes: Sequence[str]) -> Target:
    """Return the target of this name: an entry of TARGETS, or the logit of a class.

    Raises:
        BadRequest: if there is none.
    """
    if name in TARGETS:
        return partial(TARGETS[name], classes)
    if name not in classes:
        raise BadRequest(
            f"There is no target {name!r}.", hint=f"Use {', '.join([*TARGETS, *classes])}."
        )
    index = classes.index(name)
    return lambda output: (name, output.logits[:, index])


def grad_cam(
    model: Network, face: Tensor, boxes: Tensor, *, target: Target, backbone: str
) -> Heatmap:
    """Return the Grad-CAM of every region and, added up on the face, of all of them.

    With y the target of the whole network and A_ik channel k of region i's last convolution stage,
    alpha_ik is the mean of dy/dA_ik over the positions of the stage, and region i's map is
    ReLU(sum_k alpha_ik A_ik) (Selvaraju et al. 2017, Eqs. 1 and 2, arXiv:1610.02391). The gradient
    passes the attention: a region that the network does not weigh has a faint map, and what region
    i does to mu, nu and F_m counts. `values` is the sum over the regions of their maps, each warped
    back through its box (`warp_back`) and nothing outside it.

    One forward and one backward pass over all regions as one batch. The network must be in eval
    mode; it is left as it was found, and nobody else may run it meanwhile.

    Args:
        model: the network.
        face: f32[1, 3, S, S] in [0, 1].
        boxes: i64[R, 4], x0 y0 x1 y1 in pixels, row 0 the whole face.
        target: what is explained.
        backbone: the network's key in LAST_STAGE.
    """
    from captum.attr import LayerGradCam

    if model.training:
        raise ValueError(
            "the network must be in eval mode, it is in training mode, where the regions of a "
            "batch change one another; call model.eval() first"
        )
    told = []

    def score(crops: Tensor) -> Tensor:
        name, value = target(model.forward_regions(crops))
        told.append(name)
        return value

    layer = model.backbone.get_submodule(LAST_STAGE[backbone])
    maps = LayerGradCam(score, layer).attribute(crop_regions(face, boxes), relu_attributions=True)
    maps = maps.detach()[:, 0].float()  # [R, 1, s, s] -> [R, s, s]
    values = warp_back(maps, boxes, face.shape[-1]).sum(0)
    return Heatmap(_numpy(values), _numpy(maps), False, "grad-cam", told[0], None)


def warp_back(maps: Tensor, boxes: Tensor, side: int) -> Tensor:
    """Lay each region's map over its box on the face, f32[R, S, S]; zero outside the box.

    Bilinear, and antialiased where the box has fewer pixels than the map. A map keeps its height,
    not its sum: a small region is as bright as a large one.

    Args:
        maps: f32[R, s, s], in the coordinates of the crops.
        boxes: i64[R, 4], x0 y0 x1 y1 in pixels of the face.
        side: S, pixels of the face.
    """
    faces = maps.new_zeros(len(maps), side, side)
    for face, region, (x0, y0, x1, y1) in zip(faces, maps, boxes.tolist(), strict=True):
        face[y0:y1, x0:x1] = F.interpolate(
            region[None, None],
            (y1 - y0, x1 - x0),
            mode="bilinear",
            align_corners=False,
            antialias=True,
        )[0, 0]
    return faces


class Method(Protocol):
    """What makes a heatmap."""

    def __call__(
        self, model: Network, face: Tensor, boxes: Tensor, *, target: Target, backbone: str
    ) -> Heatmap:
        """Explain a face f32[1, 3, S, S], cut by boxes i64[R, 4] in pixels."""


METHODS: dict[str, Method] = {"grad-cam": grad_cam}


def method_named(name: str) -> Method:
    """Return the method of this name.

    Raises:
        BadRequest: if there is none.
    """
    if name not in METHODS:
        raise BadRequest(f"There is no method {name!r}.", hint=f"Use {', '.join(METHODS)}.")
    return METHODS[name]


def _numpy(values: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.to("cpu", torch.float32).numpy())
