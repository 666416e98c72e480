"""The methods that make heatmaps: one table, and what may be asked of each.

Captum hooks modules while it works. Nobody else may use the same modules meanwhile:
ran.engine.explainer gives it a copy that shares the parameters, and asks one question at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ran.errors import BadRequest
from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.asked import Asked
from ran.explain.maps.backpropagation import deeplift, guided_grad_cam
from ran.explain.maps.grad_cam import grad_cam
from ran.explain.maps.gradients import input_x_gradient, saliency
from ran.explain.maps.path import integrated_gradients
from ran.explain.maps.perturbation import occlusion, region_ablation
from ran.explain.maps.sampling import gradient_shap, smoothgrad
from ran.words import _, later


@dataclass(frozen=True)
class Method:
    """A way to explain a face.

    name and label, for the API and for the page; explain, its steps, the last of them with the
    finished heatmap; is_signed, whether values below zero speak against the target; is_slow,
    whether it takes more than one backward pass; is_of_pixels, whether each pixel has a gradient of
    its own, with edges of the face that no network made; uses_baseline; counts, what `count`
    counts: "steps", "draws", "positions" or None; default_count and largest_count of them.
    """

    name: str
    label: str
    explain: Callable[[Asked], Iterator[Explaining]]
    is_signed: bool
    is_slow: bool = False
    is_of_pixels: bool = False
    uses_baseline: bool = False
    counts: str | None = None
    default_count: int | None = None
    largest_count: int | None = None

    def count(self, asked: int | None) -> int:
        """Return how many to compute: what was asked or the default; 1 where nothing counts.

        Raises:
            BadRequest: if it is below 1 or too many, or if nothing counts.
        """
        if self.counts is None or self.default_count is None or self.largest_count is None:
            if asked is not None:
                raise BadRequest(
                    _("{label} takes no number of steps, got {asked}.").format(
                        label=self.label, asked=asked
                    ),
                    hint=_("Leave it out."),
                )
            return 1
        if asked is None:
            return self.default_count
        if not 1 <= asked <= self.largest_count:
            raise BadRequest(
                _("{label} cannot use {asked} {counts}.").format(
                    label=self.label, asked=asked, counts=self.counts
                ),
                hint=_("Use 1 to {largest_count}.").format(largest_count=self.largest_count),
            )
        return asked

    def heatmap(self, asked: Asked) -> Heatmap:
        """Return the finished heatmap."""
        heatmap = None
        for step in self.explain(asked):
            heatmap = step.heatmap
        assert heatmap is not None
        return heatmap


def _in_one_step(
    explain: Callable[[Asked], Heatmap],
) -> Callable[[Asked], Iterator[Explaining]]:
    def steps(asked: Asked) -> Iterator[Explaining]:
        yield Explaining(1, 1, explain(asked))

    return steps


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("grad-cam", later("Grad-CAM"), _in_one_step(grad_cam), is_signed=False),
        Method(
            "saliency", later("Saliency"), _in_one_step(saliency), is_signed=False,
            is_of_pixels=True,
        ),
        Method(
            "input-x-gradient", later("Input × gradient"), _in_one_step(input_x_gradient),
            is_signed=True, is_of_pixels=True,
        ),
        Method(
            "integrated-gradients", later("Integrated gradients"), integrated_gradients,
            is_signed=True, is_slow=True, is_of_pixels=True, uses_baseline=True, counts="steps",
            default_count=40, largest_count=160,
        ),
        Method(
            "smoothgrad", later("SmoothGrad"), smoothgrad, is_signed=False,
            is_slow=True, is_of_pixels=True, counts="draws", default_count=20, largest_count=200,
        ),
        Method(
            "deeplift", later("DeepLift"), _in_one_step(deeplift), is_signed=True,
            is_of_pixels=True, uses_baseline=True,
        ),
        Method(
            "gradient-shap", later("Gradient SHAP"), gradient_shap, is_signed=True,
            is_slow=True, is_of_pixels=True, uses_baseline=True, counts="draws", default_count=200,
            largest_count=400,
        ),
        Method(
            "guided-grad-cam", later("Guided Grad-CAM"), _in_one_step(guided_grad_cam),
            is_signed=True, is_of_pixels=True,
        ),
        Method(
            "occlusion", later("Occlusion"), occlusion, is_signed=True,
            is_slow=True, uses_baseline=True, counts="positions", default_count=49,
            largest_count=196,
        ),
        Method(
            "region-ablation", later("Region ablation"), _in_one_step(region_ablation),
            is_signed=True,
        ),
    )
}  # fmt: skip
"""By name, in the order in which a page lists them."""


def method_named(name: str) -> Method:
    """Return the method of this name.

    Raises:
        BadRequest: if there is none.
    """
    if name not in METHODS:
        raise BadRequest(
            _("There is no method {name!r}.").format(name=name), hint=f"Use {', '.join(METHODS)}."
        )
    return METHODS[name]
