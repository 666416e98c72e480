"""Grad-CAM of every region, from Captum's LayerGradCam.

It is right only where the layer is called once: a network that runs its backbone once a region
would silently keep one region's map. Here all crops of a face are one batch in one call, so Captum
returns one map a region, each from the gradient of the whole network's target through the
attention. What Captum cannot know is that these maps lie in crop coordinates: `warp_back` brings
each back through its box.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ran.explain.heatmap import Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.onto_face import warp_back
from ran.net.backbones import BACKBONES
from ran.net.regions import crop_regions


def grad_cam(asked: Asked) -> Heatmap:
    """Return the Grad-CAM of every region and, added up on the face, of all of them.

    With y the target of the whole network and A_ik channel k of region i's last convolution stage,
    alpha_ik is the mean of dy/dA_ik over the positions of the stage, and region i's map is
    ReLU(sum_k alpha_ik A_ik) (Selvaraju et al. 2017, Eqs. 1 and 2, arXiv:1610.02391). The gradient
    passes the attention: a region that the network does not weigh has a faint map, and what region
    i does to mu, nu and F_m counts. `values` is the sum over the regions of their maps, each warped
    back through its box (`warp_back`) and nothing outside it.

    One forward and one backward pass over all regions as one batch.
    """
    settled, slopes = region_slopes(asked)
    maps = slopes.relu()
    values, before_relu = (
        warp_back(each, asked.boxes, asked.face.shape[-1]).sum(0) for each in (maps, slopes)
    )
    return settled.heatmap("grad-cam", values, maps, signed=False, before_relu=before_relu)


def region_slopes(asked: Asked) -> tuple[Asked, Tensor]:
    """Return what was asked, settled on its way, and each region's map before its ReLU.

    f32[R, s, s]: where they are below zero, the region speaks against the target.
    """
    from captum.attr import LayerGradCam

    told = []

    def score(crops: Tensor) -> Tensor:
        output = asked.model.forward_regions(crops)
        told.append(asked.target.settle(output))
        return told[0].value(output)

    layer = asked.model.backbone.get_submodule(BACKBONES[asked.backbone].last_stage)
    crops = crop_regions(asked.face, asked.boxes)
    maps = LayerGradCam(score, layer).attribute(crops, relu_attributions=False)
    # [R, 1, s, s] -> [R, s, s]
    return replace(asked, target=told[0]), maps.detach()[:, 0].float()
