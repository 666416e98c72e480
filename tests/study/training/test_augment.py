"""Random views: decided by each face's own numbers, inside [0, 1], and undone by hand."""

import pytest
import torch

from ran.study.evaluation.accuracy import as_input
from ran.study.training.views.augmentation import (
    DRAWS,
    PHOTOGRAPH_DRAWS,
    photograph_views,
    random_views,
)


@pytest.fixture
def faces():
    return torch.randint(0, 256, (5, 1, 48, 48), generator=generator(), dtype=torch.uint8)


def generator():
    return torch.Generator().manual_seed(4)


def draws_that_leave_a_face_alone():
    """Return the middle of every range, without flip, blur or erasing: the identity."""
    draws = torch.full((5, DRAWS), 0.5)
    draws[:, 5] = draws[:, 13] = 0.99  # no blur, nothing erased
    return draws


def test_equal_numbers_give_equal_views_whoever_else_is_in_the_batch(faces):
    draws = torch.rand(5, DRAWS, generator=generator())
    together = random_views(faces, 40, draws)
    chosen = torch.tensor([3, 1])
    assert torch.allclose(
        together[chosen], random_views(faces[chosen], 40, draws[chosen]), atol=1e-6
    )
    other = random_views(faces, 40, torch.rand(5, DRAWS, generator=generator().manual_seed(5)))
    assert not torch.allclose(together, other, atol=0.1)


def test_views_are_grey_pictures_in_range(faces):
    for corner in (torch.zeros(5, DRAWS), torch.ones(5, DRAWS), torch.rand(5, DRAWS)):
        views = random_views(faces, 40, corner)
        assert views.shape == (5, 3, 40, 40)
        assert views.min() >= 0
        assert views.max() <= 1
        assert torch.equal(views[:, 0], views[:, 2])


def test_the_middle_of_every_range_is_the_face_itself(faces):
    views = random_views(faces, 48, draws_that_leave_a_face_alone(), scale=(0.8, 1.25))
    assert torch.allclose(views, as_input(faces, 48), atol=1e-4)


def test_a_low_number_flips_the_face(faces):
    draws = draws_that_leave_a_face_alone()
    draws[:, 2] = 0.0
    views = random_views(faces, 48, draws, scale=(0.8, 1.25))
    assert torch.allclose(views, as_input(faces, 48).flip(-1), atol=1e-4)


def test_a_shift_moves_the_face_sideways_and_the_next_number_down(faces):
    draws = draws_that_leave_a_face_alone()
    draws[:, 3] = 0.5 + 0.5 / (0.08 * 24)  # a pixel of 48: 8 % of half the side are 1.92
    sideways = random_views(faces, 48, draws, scale=(1.0, 1.0))
    assert torch.allclose(sideways[..., :-1], as_input(faces, 48)[..., 1:], atol=1e-4)
    draws[:, [3, 4]] = draws[:, [4, 3]]
    down = random_views(faces, 48, draws, scale=(1.0, 1.0))
    assert torch.allclose(down[..., :-1, :], as_input(faces, 48)[..., 1:, :], atol=1e-4)


def test_half_the_scale_is_the_middle_of_the_face_enlarged(faces):
    views = random_views(faces, 24, draws_that_leave_a_face_alone(), scale=(0.5, 0.5))
    assert torch.allclose(views, as_input(faces[..., 12:36, 12:36], 24), atol=1e-4)


def test_beyond_the_face_its_edge_is_repeated(faces):
    views = random_views(faces, 96, draws_that_leave_a_face_alone(), scale=(2.0, 2.0))
    assert torch.allclose(views[..., 24:72, 24:72], as_input(faces, 48), atol=1e-4)
    corner = (faces[:, 0, 0, 0] / 255).view(-1, 1, 1, 1)
    assert torch.allclose(views[..., :24, :24], corner.expand(-1, 3, 24, 24), atol=1e-4)


def test_an_erased_rectangle_lies_where_its_numbers_say(faces):
    draws = draws_that_leave_a_face_alone()
    # Width .15 + .35 w, height likewise, corner at -.1 + x; chosen; filled with grey 0.25.
    draws[:, 9:] = torch.tensor([1.0, 0.0, 0.35, 0.6, 0.0, 0.25])
    views = random_views(faces, 40, draws, scale=(1.0, 1.0))
    plain = random_views(faces, 40, draws_that_leave_a_face_alone(), scale=(1.0, 1.0))
    changed = (views != plain).any(0).any(0)
    assert torch.equal(views[:, :, 20:26, 10:30], torch.full((5, 3, 6, 20), 0.25))
    changed[20:26, 10:30] = False
    assert not changed.any()


def photograph_draws_that_leave_a_face_alone():
    """Return the middle of every range, without flip, storing or erasing: the identity."""
    draws = torch.full((5, PHOTOGRAPH_DRAWS), 0.5)
    draws[:, 5] = 0.0  # as the camera gave it
    draws[:, 17] = 0.99  # nothing erased
    return draws


def test_a_photograph_with_all_in_the_middle_is_the_face_itself(faces):
    draws = photograph_draws_that_leave_a_face_alone()
    views = photograph_views(faces, 48, draws, scale=(0.8, 1.25))
    assert torch.allclose(views, as_input(faces, 48), atol=1e-4)


def test_a_photograph_is_shifted_by_up_to_8_percent_of_the_side(faces):
    draws = photograph_draws_that_leave_a_face_alone()
    draws[:, 3] = 0.5 + 0.5 * 3 / (0.08 * 48)  # three of 3.84 pixels
    views = photograph_views(faces, 48, draws, scale=(0.8, 1.25))
    assert torch.allclose(views[..., :-3], as_input(faces, 48)[..., 3:], atol=1e-4)


def test_a_photograph_stored_small_loses_detail_and_jpeg_loses_more(faces):
    smooth = torch.nn.functional.interpolate(faces.float(), (12, 12), mode="area")
    faces = torch.nn.functional.interpolate(smooth, (48, 48), mode="bicubic").clamp(0, 255).byte()
    plain = as_input(faces, 96)
    lost = []
    for which, packed in ((0.45, 0.9), (0.7, 0.9), (0.9, 0.9), (0.9, 0.1)):
        draws = photograph_draws_that_leave_a_face_alone()
        draws[:, 5], draws[:, 6], draws[:, 7] = which, packed, 0.0
        views = photograph_views(faces, 96, draws, scale=(0.8, 1.25))
        lost.append((views - plain).abs().mean().item())
    assert lost == sorted(lost)
    assert lost[0] < 0.01 < lost[2]


def test_a_photographs_tones_never_change_places(faces):
    ramp = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(5, -1, -1, -1)
    for bend in (0.0, 0.999):
        draws = photograph_draws_that_leave_a_face_alone()
        draws[:, 12] = bend
        levels = photograph_views(ramp, 16, draws, scale=(0.8, 1.25))[0, 0].flatten()
        assert (levels.diff() > 0).all()
        assert (levels - torch.arange(256) / 255).abs().max() > 0.05
        assert levels[0].item() == pytest.approx(0, abs=1e-5)
        assert levels[-1].item() == pytest.approx(1, abs=1e-5)


def test_photographs_are_in_range_and_each_depends_on_its_own_numbers_alone(faces):
    draws = torch.rand(5, PHOTOGRAPH_DRAWS, generator=generator())
    together = photograph_views(faces, 40, draws)
    assert together.min() >= 0
    assert together.max() <= 1
    chosen = torch.tensor([3, 1])
    alone = photograph_views(faces[chosen], 40, draws[chosen])
    assert torch.allclose(together[chosen], alone, atol=1e-5)
    assert torch.equal(together[:, 0], together[:, 2])
