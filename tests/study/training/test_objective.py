"""What training makes small, by hand: flip-consistency, and the step that SAM takes."""

import math

import pytest
import torch

from ran.net.model import RanOutput
from ran.net.regions import Box, RegionLayout, fixed_layout, random_layout
from ran.study.training.objective import flip_disagreement, mirror_order
from ran.study.training.sharpness_aware import uphill


def output(probabilities, weights):
    logits = torch.tensor([probabilities]).log()
    return RanOutput(logits, *[torch.empty(0)] * 2, torch.tensor([weights]), torch.empty(0))


def test_the_mirror_image_of_the_fixed_layout_exchanges_left_and_right():
    assert mirror_order(fixed_layout()).tolist() == [0, 2, 1, 3, 4, 5]


def test_a_layout_without_its_mirror_image_is_refused():
    with pytest.raises(ValueError, match="mirror image of 'Random 1'"):
        mirror_order(random_layout(3))


def test_answers_that_agree_region_by_region_cost_nothing():
    layout = RegionLayout(
        (Box("Whole face", 0, 0, 1, 1), Box("L", 0, 0, 0.5, 1), Box("R", 0.5, 0, 1, 1))
    )
    order = mirror_order(layout)
    seen = output([0.7, 0.3], [0.2, 0.5, 0.3])
    assert flip_disagreement(seen, output([0.7, 0.3], [0.2, 0.3, 0.5]), order).item() == (
        pytest.approx(0, abs=1e-6)
    )
    # Weights that stay at their place have not followed the face: |.2| + |.2|, halved.
    still = flip_disagreement(seen, seen, order).item()
    assert still == pytest.approx(0.2, abs=1e-6)


def test_the_disagreement_of_probabilities_is_the_jensen_shannon_divergence():
    p, q = [0.9, 0.1], [0.2, 0.8]
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    divergence = sum(
        0.5 * share * math.log(share / m)
        for shares in (p, q)
        for share, m in zip(shares, middle, strict=True)
    )
    found = flip_disagreement(output(p, [1.0]), output(q, [1.0]), torch.tensor([0]))
    assert found.item() == pytest.approx(divergence, abs=1e-6)


def test_its_gradient_is_that_of_the_whole_divergence():
    one, other = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    one.requires_grad_()
    whole = one.detach().clone().requires_grad_()
    blank = [torch.zeros(3, 1)] * 4
    order = torch.tensor([0])
    flip_disagreement(RanOutput(one, *blank), RanOutput(other, *blank), order).backward()
    p, q = whole.softmax(1), other.softmax(1)
    middle = (p + q) / 2
    (0.5 * (p * (p / middle).log() + q * (q / middle).log()).sum(1).mean()).backward()
    assert torch.allclose(one.grad, whole.grad, atol=1e-6)


def test_uphill_moves_by_the_radius_along_the_gradient_and_back():
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor(3.0, requires_grad=True)
    (a.sum() * 0 + 3 * a[0] + 4 * b).backward()  # the gradient is (3, 0), 4; its length 5
    with uphill([a, b], 0.5):
        assert a.tolist() == pytest.approx([1.3, 2.0])
        assert b.item() == pytest.approx(3.4)
        assert a.grad is None
        (a[0] ** 2 + b**2).backward()
    assert a.tolist() == [1.0, 2.0]
    assert b.item() == 3.0
    assert a.grad.tolist() == pytest.approx([2.6, 0.0])
    assert b.grad.item() == pytest.approx(6.8)


def test_uphill_stays_where_there_is_no_slope():
    flat = torch.tensor([1.0], requires_grad=True)
    (flat * 0).sum().backward()
    with uphill([flat], 0.5):
        assert flat.tolist() == [1.0]
