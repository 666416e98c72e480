"""Occlusion and region ablation: against plain loops over whole networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from explained_networks import BOXES, logit, seeded

from ran.explain.baselines import BASELINES
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS
from ran.explain.targets import read_target
from ran.net.model import PlainNetwork, RegionAttentionNetwork
from ran.net.regions import crop_regions

CLASSES, NAMES = ("0", "1", "2", "3", "4"), ("a", "b", "c", "d", "e", "f")


def slid(score, side, rows):
    """Each pixel's mean fall over the windows on it; `score` is given a mask of the window."""
    width = min(side, -(-2 * side // (rows + 1)))
    falls, hits = np.zeros((side, side)), np.zeros((side, side))
    base = score(torch.zeros(side, side, dtype=torch.bool))
    for row in range(rows):
        for column in range(rows):
            y, x = (round(place * (side - width) / max(rows - 1, 1)) for place in (row, column))
            mask = torch.zeros(side, side, dtype=torch.bool)
            mask[y : y + width, x : x + width] = True
            falls[mask] += base - score(mask)
            hits[mask] += 1
    assert hits.min() > 0, "the windows cover the face"
    return falls / hits


@pytest.mark.parametrize(
    ("baseline", "rows", "target"),
    [("black", 3, "2"), ("blurred", 2, "1 - 3"), ("noise", 1, "rb-margin")],
)
def test_occlusion_equals_a_plain_loop(baseline, rows, target):
    model, face = seeded(RegionAttentionNetwork, grey=False)
    question = Asked(
        model, face, BOXES, read_target(target, CLASSES, NAMES),
        baseline=BASELINES[baseline], count=rows * rows, seed=4,
    )  # fmt: skip
    heatmap = METHODS["occlusion"].heatmap(question)
    blank = BASELINES[baseline].picture(face, torch.Generator().manual_seed(4))

    @torch.no_grad()
    def score(mask):
        return question.target.value(model(torch.where(mask, blank, face), BOXES)).item()

    expected = slid(score, 64, rows)
    scale = np.abs(expected).max()
    assert scale > 1e-3
    np.testing.assert_allclose(heatmap.values, expected, atol=1e-4 * max(scale, 1))
    assert heatmap.steps == rows * rows


def test_a_regions_occlusion_is_the_fall_where_it_alone_sees_the_window():
    model, face = seeded(RegionAttentionNetwork, grey=False)
    heatmap = METHODS["occlusion"].heatmap(Asked(model, face, BOXES, logit(2), count=4))
    for region in (0, 3):

        @torch.no_grad()
        def score(mask, region=region):
            crops = crop_regions(face, BOXES).clone()
            crops[:, region] = crop_regions(torch.where(mask, 0.0, face), BOXES)[:, region]
            return model.forward_regions(crops).logits[0, 2].item()

        on_face = torch.tensor(slid(score, 64, 2), dtype=torch.float32).expand(1, 3, -1, -1)
        expected = crop_regions(on_face, BOXES)[0, region, 0]
        np.testing.assert_allclose(heatmap.regions[region], expected, atol=1e-4)
        assert expected.abs().max() > 1e-3


def test_positions_are_rounded_down_to_a_square_grid_and_told_as_they_are_done():
    model, face = seeded(PlainNetwork)
    question = Asked(model, face, BOXES[:1], logit(0), count=8, at_once=3)
    steps = list(METHODS["occlusion"].explain(question))
    assert [(step.done, step.of) for step in steps] == [(3, 4), (4, 4)]
    assert [step.heatmap.steps for step in steps] == [3, 4]
    assert not steps[0].heatmap.values[-1, -1], "not tried yet"
    assert steps[1].heatmap.values[-1, -1] != 0
    np.testing.assert_allclose(steps[0].heatmap.values[0, 0], steps[1].heatmap.values[0, 0])


def test_a_crop_that_the_window_does_not_touch_is_not_looked_at_again():
    model, face = seeded(RegionAttentionNetwork)
    boxes = torch.tensor([[0, 0, 64, 64], [0, 0, 20, 20], [40, 40, 64, 64]])
    looked = []
    hook = model.backbone.register_forward_hook(lambda _, given, __: looked.append(len(given[0])))
    METHODS["occlusion"].heatmap(Asked(model, face, boxes, logit(0), count=9))
    hook.remove()
    # Windows of 32 pixels at 0, 16 and 32: the first crop meets 4 of them, the second 4 too.
    assert sum(looked) == 3 + 9 + 4 + 4


def test_region_ablation_is_the_fall_without_each_region():
    model, face = seeded(RegionAttentionNetwork)
    heatmap = METHODS["region-ablation"].heatmap(Asked(model, face, BOXES, logit(3)))
    with torch.no_grad():
        full = model(face, BOXES).logits[0, 3]
        crops = crop_regions(face, BOXES)
        falls = [
            full - model.forward_regions(crops[:, [o for o in range(6) if o != r]]).logits[0, 3]
            for r in range(6)
        ]
    np.testing.assert_allclose(heatmap.regions[:, 0, 0], falls, atol=1e-5)
    assert np.abs(heatmap.regions).max() > 1e-3
    expected = np.zeros((64, 64))
    for fall, (x0, y0, x1, y1) in zip(falls, BOXES.tolist(), strict=True):
        expected[y0:y1, x0:x1] += fall.item()
    np.testing.assert_allclose(heatmap.values, expected, atol=1e-5)


def test_a_region_left_out_has_no_weight_to_explain():
    model, face = seeded(RegionAttentionNetwork)
    question = Asked(model, face, BOXES, read_target("self-attention: c", CLASSES, NAMES))
    with torch.no_grad():
        output = model(face, BOXES)
    for target, weights in (("self-attention: c", output.self_weights),
                            ("relation-attention: c", output.relation_weights)):  # fmt: skip
        asked = replace(question, target=read_target(target, CLASSES, NAMES))
        falls = METHODS["region-ablation"].heatmap(asked).regions[:, 0, 0]
        assert falls[2] == pytest.approx(weights[0, 2].item(), abs=1e-6)
        if target.startswith("self"):
            np.testing.assert_allclose(np.delete(falls, 2), 0, atol=1e-6)
        else:
            assert np.abs(np.delete(falls, 2)).max() > 1e-6, "nu sees the others through F_m"
    margin = METHODS["region-ablation"].heatmap(
        replace(question, target=read_target("rb-margin", CLASSES, NAMES))
    )
    assert margin.regions[0, 0, 0] == pytest.approx(-output.self_weights[0, 0].item(), abs=1e-6)


def test_without_its_one_region_a_plain_network_has_its_bias_alone():
    model, face = seeded(PlainNetwork)
    heatmap = METHODS["region-ablation"].heatmap(Asked(model, face, BOXES[:1], logit(1)))
    with torch.no_grad():
        expected = model(face).logits[0, 1] - model.classifier.bias[1]
    assert heatmap.regions[0, 0, 0] == pytest.approx(expected.item(), abs=1e-5)
