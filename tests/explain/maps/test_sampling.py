"""SmoothGrad and gradient SHAP: against Captum on the same draws, and what must not change."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import NoiseTunnel, Saliency
from explained_networks import BOXES, linear, logit, seeded, smooth

from ran.explain.baselines import BASELINES
from ran.explain.maps import sampling
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import fixed_layout, pixel_boxes

SMALL = pixel_boxes(fixed_layout(), 12)


def test_smoothgrad_without_noise_is_saliency(monkeypatch):
    monkeypatch.setattr(sampling, "NOISE", 0.0)
    model, face = seeded(RegionAttentionNetwork)
    question = Asked(model, face, BOXES, logit(1), count=3)
    smoothed = METHODS["smoothgrad"].heatmap(question)
    plain = METHODS["saliency"].heatmap(question)
    scale = plain.values.max()
    assert scale > 0
    np.testing.assert_allclose(smoothed.values, plain.values, atol=1e-5 * scale)
    np.testing.assert_allclose(smoothed.regions, plain.regions, atol=1e-5 * scale)


def test_smoothgrad_equals_captums_noise_tunnel_on_the_same_draws(monkeypatch):
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(1), count=6, seed=11)
    generator = torch.Generator().manual_seed(11)
    drawn = torch.cat([torch.randn(face.shape, generator=generator) for _ in range(6)])
    monkeypatch.setattr(torch, "normal", lambda mean, std: mean + std * drawn)
    expected = NoiseTunnel(Saliency(lambda faces: model(faces, SMALL).logits[:, 1])).attribute(
        face, nt_samples=6, stdevs=sampling.NOISE, abs=False
    )
    heatmap = METHODS["smoothgrad"].heatmap(question)
    np.testing.assert_allclose(heatmap.values, expected[0].abs().sum(0).detach(), atol=1e-6)


@pytest.mark.parametrize("baseline", ["black", "noise"])
def test_gradient_shap_equals_a_plain_loop_over_its_draws(baseline):
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(2), baseline=BASELINES[baseline], count=5, seed=3)
    heatmap = METHODS["gradient-shap"].heatmap(question)
    generator, expected, change = torch.Generator().manual_seed(3), torch.zeros(12, 12), 0.0
    even = torch.rand(1, generator=generator).item()
    for _ in range(5):
        blank = BASELINES[baseline].picture(face, generator)
        point = (blank + even**2 * (face - blank)).requires_grad_()
        model(point, SMALL).logits[0, 2].backward()
        expected += 2 * even * ((face - blank) * point.grad)[0].sum(0) / 5
        even = (even + (5**0.5 - 1) / 2) % 1
        with torch.no_grad():
            logits = model(torch.cat([face, blank]), SMALL).logits[:, 2]
        change += (logits[0] - logits[1]).item() / 5
    np.testing.assert_allclose(heatmap.values, expected, atol=1e-5)
    assert heatmap.total == pytest.approx(change, abs=1e-5)
    assert heatmap.gap == pytest.approx(abs(expected.sum().item() - change), abs=1e-4)


def test_gradient_shap_misses_less_than_places_that_know_nothing_of_each_other():
    """Over 20 seeds its root mean square gap is under a third of that of 24 independent places."""
    model, face = smooth()
    asked = Asked(model, face, SMALL, logit(2), baseline=BASELINES["black"], count=24)
    blank = BASELINES["black"].picture(face, torch.Generator())
    evenly = [METHODS["gradient-shap"].heatmap(replace(asked, seed=n)).gap for n in range(20)]
    alone = []
    for seed in range(20):
        places = torch.rand(24, 1, 1, 1, generator=torch.Generator().manual_seed(seed))
        points = (blank + places * (face - blank)).requires_grad_()
        model(points, SMALL).logits[:, 2].sum().backward()
        found = ((face - blank) * points.grad).sum().item() / 24
        with torch.no_grad():
            logits = model(torch.cat([face, blank]), SMALL).logits[:, 2]
        alone.append(found - (logits[0] - logits[1]).item())
    assert np.sqrt(np.mean(np.square(evenly))) < np.sqrt(np.mean(np.square(alone))) / 3


def test_on_a_linear_network_gradient_shap_is_integrated_gradients(monkeypatch):
    monkeypatch.setattr(sampling, "CLOSE_ENOUGH", 0.0)  # as many draws as are asked for
    face = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    boxes = torch.tensor([[0, 0, 4, 4], [1, 0, 3, 2]])
    question = Asked(linear(), face, boxes, logit(1), baseline=BASELINES["grey"], count=400)
    drawn = METHODS["gradient-shap"].heatmap(question)
    path = METHODS["integrated-gradients"].heatmap(question)
    scale = np.abs(path.values).max()
    np.testing.assert_allclose(drawn.values, path.values, atol=0.01 * scale)


@pytest.mark.parametrize("name", ["smoothgrad", "gradient-shap"])
def test_a_seed_gives_one_map_whatever_the_chunks_and_the_process_draw(name):
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(0), baseline=BASELINES["noise"], count=7, seed=2)
    first = METHODS[name].heatmap(question)
    torch.rand(100)
    state = torch.get_rng_state()
    again = METHODS[name].heatmap(replace(question, at_once=1))
    assert torch.equal(state, torch.get_rng_state()), "the process's generator is left alone"
    np.testing.assert_allclose(again.values, first.values, atol=1e-5)
    other = METHODS[name].heatmap(replace(question, seed=3))
    assert np.abs(other.values - first.values).max() > 1e-3


@pytest.mark.parametrize("name", ["smoothgrad", "gradient-shap"])
def test_a_map_half_done_is_the_map_of_its_draws(name):
    model, face = smooth()
    question = Asked(model, face, SMALL, logit(0), count=7, at_once=18)
    steps = list(METHODS[name].explain(question))
    assert [(step.done, step.of) for step in steps] == [(3, 7), (6, 7), (7, 7)]
    assert [step.heatmap.steps for step in steps] == [3, 6, 7]
    short = METHODS[name].heatmap(replace(question, count=3))
    np.testing.assert_allclose(steps[0].heatmap.values, short.values, atol=1e-6)
    assert steps[0].heatmap.gap == pytest.approx(short.gap, abs=1e-6)
