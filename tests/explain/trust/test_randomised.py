"""Whether a map changes with redrawn parameters: signs, edges, and what stands before a ReLU."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ran.explain.heatmap import Heatmap
from ran.explain.trust.faithfulness import flattened, randomised


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def heatmap(values, *, signed=True):
    values = np.asarray(values, np.float32)
    return Heatmap(values, values[None], signed, "made up", "fear")


def test_a_map_is_unchanged_where_its_order_is_and_changed_where_its_signs_are():
    values = drawn(5, 20, 20).numpy()
    alike = heatmap(3 * values**3)
    assert randomised(heatmap(values), [alike, alike]) == pytest.approx(1)
    signs = np.sign(drawn(6, 20, 20).numpy())
    assert randomised(heatmap(values), [heatmap(signs * values), alike]) < 0.2
    assert randomised(heatmap(values), [alike, heatmap(-values)]) == 0, "turned round"
    flat = heatmap(np.zeros((20, 20)))
    assert randomised(heatmap(values), [flat, flat]) is None, "a flat map says nothing"
    assert randomised(heatmap(values), [alike, flat]) is None, "one alone may be alike by chance"
    assert randomised(heatmap(values), [heatmap(-values), flat]) == 0, "one that differs will do"
    assert randomised(heatmap(np.zeros((20, 20))), [heatmap(values)]) is None


def test_a_map_of_single_pixels_is_unchanged_where_its_edges_are():
    values = drawn(5, 20, 20).numpy()
    signs = np.sign(drawn(6, 20, 20).numpy())
    pixels, flipped = (replace(heatmap(v), method="deeplift") for v in (values, signs * values))
    assert randomised(pixels, [flipped, flipped]) == pytest.approx(1), "the same without signs"
    coarse = [replace(one, method="occlusion") for one in (pixels, flipped)]
    assert randomised(coarse[0], [coarse[1]] * 2) < 0.2, "no edge of the face is in it"


def test_maps_behind_a_relu_are_compared_before_it():
    values = drawn(5, 20, 20).numpy()
    shown, before = np.maximum(values, 0), values
    other = -np.abs(drawn(6, 20, 20).numpy())
    cam = replace(heatmap(shown, signed=False), before_relu=before, method="grad-cam")
    dark = replace(heatmap(0 * shown, signed=False), before_relu=other, method="grad-cam")
    assert randomised(cam, [dark, dark]) < 0.2, "known, although the map that is shown is flat"
    assert randomised(cam, [replace(cam, values=0 * shown)] * 2) == pytest.approx(1)
    assert randomised(cam, [flattened(cam)] * 2) is None, "what is no number has no order"
