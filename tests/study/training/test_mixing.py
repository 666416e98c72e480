"""Two faces in one view: pixels and labels share alike."""

import pytest
import torch

from ran.study.training.views.mixing import MIX_DRAWS, mixed

BLACK, WHITE = torch.zeros(4, 3, 20, 20), torch.ones(4, 3, 20, 20)
ONE, OTHER = torch.tensor([[1.0, 0.0]] * 4), torch.tensor([[0.0, 1.0]] * 4)


def mix(draws, **shares):
    rows = torch.tensor(draws, dtype=torch.float32).expand(4, MIX_DRAWS)
    return mixed(BLACK, WHITE, ONE, OTHER, rows, **shares)


def test_blending_takes_the_same_share_of_pixels_and_of_the_label():
    views, targets = mix([0.0, 0.3, 0.5, 0.5], mixup=0.5, cutmix=0.5)
    assert torch.allclose(views, torch.full_like(views, 0.3))
    assert torch.allclose(targets, torch.tensor([[0.7, 0.3]] * 4))


def test_a_pasted_square_lies_where_its_numbers_say_and_counts_by_its_pixels():
    # A quarter of the area is half the side, 10 pixels; at half of the room across, none down.
    views, targets = mix([0.6, 0.25, 0.5, 0.0], mixup=0.5, cutmix=0.5)
    expected = torch.zeros(20, 20)
    expected[0:10, 5:15] = 1.0
    assert torch.equal(views, expected.expand(4, 3, 20, 20))
    assert torch.allclose(targets, torch.tensor([[0.75, 0.25]] * 4))


def test_what_is_beyond_both_shares_is_left_alone():
    views, targets = mix([0.5, 0.9, 0.5, 0.5], mixup=0.2, cutmix=0.3)
    assert torch.equal(views, BLACK)
    assert torch.equal(targets, ONE)


@pytest.mark.parametrize("shares", [{"mixup": 0.4, "cutmix": 0.0}, {"mixup": 0.0, "cutmix": 0.4}])
def test_labels_stay_shares_and_match_the_pixels_for_any_numbers(shares):
    draws = torch.rand(64, MIX_DRAWS, generator=torch.Generator().manual_seed(0))
    black, white = torch.zeros(64, 3, 17, 17), torch.ones(64, 3, 17, 17)
    soft = torch.tensor([[1.0, 0.0]]).expand(64, 2), torch.tensor([[0.0, 1.0]]).expand(64, 2)
    views, targets = mixed(black, white, *soft, draws, **shares)
    assert torch.allclose(targets.sum(1), torch.ones(64))
    assert torch.allclose(targets[:, 1], views.mean((1, 2, 3)), atol=1e-6)
    touched = int((targets[:, 1] > 0).sum())
    assert 15 <= touched <= 37  # 40 % of 64, give or take three standard deviations
