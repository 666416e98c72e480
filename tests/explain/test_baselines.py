"""Baselines: what each picture is, and which pictures of one's own are refused."""

import numpy as np
import pytest
import torch

from ran.errors import BadRequest
from ran.explain.baselines import BASELINES, baseline_named, own_baseline

FACE = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(3))


def picture(name, face=FACE, seed=0):
    return BASELINES[name].picture(face, torch.Generator().manual_seed(seed))


def test_even_baselines_are_even():
    assert bool((picture("black") == 0).all())
    assert bool((picture("grey") == 0.5).all())
    mean = picture("mean")
    assert mean.shape == FACE.shape
    for channel, seen in zip(mean[0], FACE[0], strict=True):
        assert channel.unique().tolist() == [pytest.approx(seen.mean().item())]


def test_the_blurred_face_keeps_an_even_face_and_spreads_a_spot_as_a_gaussian():
    even = torch.full((1, 3, 20, 20), 0.25)
    np.testing.assert_allclose(picture("blurred", even), even, atol=1e-6)
    spot = torch.zeros(1, 3, 51, 51)
    spot[0, 1, 25, 25] = 1.0
    blurred = picture("blurred", spot)[0]
    assert not blurred[0].any()
    places = np.arange(51) - 25
    sigma = 0.08 * 51
    gauss = np.exp(-0.5 * (places[:, None] ** 2 + places**2) / sigma**2)
    gauss[(abs(places) > np.ceil(3 * sigma))] = 0
    gauss[:, (abs(places) > np.ceil(3 * sigma))] = 0
    np.testing.assert_allclose(blurred[1], gauss / gauss.sum(), atol=1e-6)


def test_noise_is_the_same_for_the_same_seed_alone():
    assert torch.equal(picture("noise"), picture("noise"))
    assert not torch.equal(picture("noise"), picture("noise", seed=1))
    assert picture("noise").std() == pytest.approx(1 / 12**0.5, abs=0.02)
    assert [name for name, baseline in BASELINES.items() if baseline.is_random] == ["noise"]


def test_a_baseline_leaves_the_face_as_it_was():
    for name in BASELINES:
        face = FACE.clone()
        made = picture(name, face)
        assert made.data_ptr() != face.data_ptr()
        assert torch.equal(face, FACE)


def test_an_own_picture_is_taken_as_it_is():
    pixels = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    made = own_baseline(pixels, 4).picture(torch.zeros(1, 3, 4, 4), torch.Generator())
    np.testing.assert_allclose(made[0].permute(1, 2, 0) * 255, pixels, atol=1e-4)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((5, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8),
     np.zeros((4, 4, 3), np.float32)],
)  # fmt: skip
def test_an_own_picture_of_another_size_or_kind_is_refused(pixels):
    with pytest.raises(BadRequest, match=r"expected uint8\[4, 4, 3\]") as refusal:
        own_baseline(pixels, 4)
    assert "4 x 4" in refusal.value.hint


def test_an_unknown_baseline_is_refused_with_those_there_are():
    with pytest.raises(BadRequest, match="no baseline 'white'") as refusal:
        baseline_named("white")
    for name in BASELINES:
        assert name in refusal.value.hint
