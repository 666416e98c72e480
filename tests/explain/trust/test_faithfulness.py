"""How far a map can be trusted: each measure written out plainly, and checks through the engine."""

from __future__ import annotations

import dataclasses
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models import ResNet

from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.heatmap import Explaining, Heatmap
from ran.explain.maps.methods import METHODS, Method
from ran.explain.trust.faithfulness import (
    RADIUS,
    UNCHANGED,
    draw_holes,
    infidelity,
    max_sensitivity,
    randomised,
    shake,
)
from ran.explain.trust.redrawn import redrawn
from ran.face.detect import Face
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import PlainNetwork
from ran.net.regions import crop_regions, fixed_layout, pixel_boxes
from ran.scene import Scene

PIXELS = np.kron(
    np.random.default_rng(4).integers(0, 256, (8, 8, 3), dtype=np.uint8),
    np.ones((8, 8, 1), np.uint8),
)
SCENE = Scene(Face.from_pixels(PIXELS))
seeds = st.integers(0, 2**31)


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None)
@given(seeds, st.integers(2, 12))
def test_infidelity_is_what_the_best_factor_leaves(seed, count):
    values, falls = drawn(seed, 8, 8), drawn(seed + 1, count)
    holes = draw_holes(8, count, torch.Generator().manual_seed(seed))
    found = infidelity(values, holes, falls)
    told = np.array([float((hole * values).sum()) for hole in holes.double()])
    fell = falls.double().numpy()
    # The least squares' factor, tried by hand beside its neighbours, and never below zero.
    best = max(told @ fell / (told @ told), 0.0)
    errors = [((factor * told - fell) ** 2).mean() for factor in (best, 0.99 * best, 1.01 * best)]
    assert errors[0] <= min(errors) + 1e-12
    assert found == pytest.approx(errors[0] / (fell**2).mean(), abs=1e-4)


def test_on_a_linear_target_pixel_times_slope_has_no_infidelity_at_any_scale():
    slope, face, blank = drawn(0, 16, 16), torch.rand(16, 16), torch.full((16, 16), 0.3)
    holes = draw_holes(16, 10, torch.Generator().manual_seed(1))
    falls = torch.stack([(slope * (face - torch.where(h > 0, blank, face))).sum() for h in holes])
    values = slope * (face - blank)
    for factor in (1.0, 1e-3, 40.0):
        assert infidelity(factor * values, holes, falls) == pytest.approx(0, abs=1e-6)
    assert infidelity(-values, holes, falls) == 1.0
    assert infidelity(torch.zeros(16, 16), holes, falls) == 1.0
    assert infidelity(values, holes, torch.zeros(10)) is None
    assert 0.01 < infidelity(values.abs(), holes, falls) <= 1.0
    assert infidelity(values, holes[:1], falls[:1]) is None, "one factor always tells one fall"


@settings(deadline=None)
@given(seeds, st.integers(1, 12))
def test_max_sensitivity_is_the_largest_relative_change(seed, count):
    values, others = drawn(seed, 6, 6), drawn(seed + 1, count, 6, 6)
    found = max_sensitivity(values, others)
    own = np.linalg.norm(values.double())
    changes = [np.linalg.norm(other - values.double()) / own for other in others.double()]
    assert found == pytest.approx(max(changes), rel=1e-4)


def test_a_map_that_stays_has_no_sensitivity_and_one_of_zeros_none_at_all():
    values = drawn(3, 6, 6)
    assert max_sensitivity(values, values.expand(4, 6, 6)) == 0
    assert max_sensitivity(torch.zeros(6, 6), drawn(1, 4, 6, 6)) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 96), st.integers(1, 12), seeds)
def test_holes_are_squares_within_the_face(side, count, seed):
    holes = draw_holes(side, count, torch.Generator().manual_seed(seed)).numpy()
    assert holes.shape == (count, side, side)
    for hole in holes:
        rows, columns = hole.any(1).nonzero()[0], hole.any(0).nonzero()[0]
        length = rows[-1] - rows[0] + 1
        assert length == columns[-1] - columns[0] + 1
        assert round(side / 4) <= length <= round(side / 2)
        assert hole.sum() == length**2
    more = draw_holes(side, count + 3, torch.Generator().manual_seed(seed)).numpy()
    np.testing.assert_array_equal(more[:count], holes)


def test_a_shaken_face_is_close_and_still_a_face():
    face = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    face[0, :, :8], face[0, :, 8:16] = 0.0, 1.0
    before = face.clone()
    shaken = shake(face, torch.Generator().manual_seed(1))
    assert 0.9 * RADIUS < (shaken - face).abs().max() <= RADIUS + 1e-6
    assert (shaken.min(), shaken.max()) == (0, 1)
    assert torch.equal(face, before)


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def test_a_redrawn_network_has_the_same_numbers_elsewhere_and_is_alive(engine):
    before = {name: value.clone() for name, value in engine.model.state_dict().items()}
    one, again, other = (redrawn(engine.model, 48, seed=seed) for seed in (3, 3, 4))
    for name, value in engine.model.state_dict().items():
        assert torch.equal(value, before[name]), name
    for (name, old), new in zip(engine.model.named_parameters(), one.parameters(), strict=True):
        assert torch.isin(new, old).all(), name
        if old.unique().numel() > 8:
            assert (new != old).float().mean() > 0.5, name
    crops = engine.crops(SCENE)
    with torch.no_grad():
        learnt, random = engine.model.forward_regions(crops), one.forward_regions(crops)
        assert torch.equal(random.logits, again.forward_regions(crops).logits)
        assert not torch.allclose(random.logits, other.forward_regions(crops).logits, atol=0.1)
    assert random.features.isfinite().all()
    assert (random.features > 0).float().mean() > 0.3, "its activations do not die"
    assert 0.1 < random.features.norm() / learnt.features.norm() < 10, "nor do they explode"
    assert not one.training
    assert not any(parameter.requires_grad for parameter in one.parameters())


def finished(engine, method="saliency", **asked):
    *_, last = engine.faithful(SCENE, method, **asked)
    assert last.done == last.of
    return last.faithfulness


@pytest.mark.parametrize("method", ["saliency", "input-x-gradient"])
def test_a_check_is_what_plain_steps_give(engine, method):
    found = finished(engine, method, target="fear", baseline="grey", seed=5, draws=4)
    model, boxes = engine.model, pixel_boxes(fixed_layout(), 48)
    index = engine.card.classes.index("fear")

    def score(network, face):
        return network.forward_regions(crop_regions(face, boxes)).logits[0, index]

    def explained(network, face):
        face = face.clone().requires_grad_()
        (slope,) = torch.autograd.grad(score(network, face), face)
        values = face * slope if method == "input-x-gradient" else slope.abs()
        return values[0].sum(0).detach()

    face = engine.cutter.face(SCENE)
    if method == "saliency":  # of the whole face: a sum of regions' slopes, then the absolute value
        assert torch.allclose(
            explained(model, face), torch.tensor(engine.explain(SCENE, method, "fear").values),
            atol=1e-4,
        )  # fmt: skip
    values = explained(model, face)
    generator = torch.Generator().manual_seed(5)
    holes = draw_holes(48, 4, generator)
    with torch.no_grad():
        shown = [torch.where(hole > 0, torch.full_like(face, 0.5), face) for hole in holes]
        falls = torch.stack([score(model, face) - score(model, covered) for covered in shown])
    assert found.infidelity == pytest.approx(infidelity(values, holes, falls), abs=1e-3)
    generator = torch.Generator().manual_seed(5)
    shaken = torch.stack([explained(model, shake(face, generator)) for _ in range(4)])
    assert found.max_sensitivity == pytest.approx(max_sensitivity(values, shaken), rel=1e-3)
    own, *others = (
        Heatmap(explained(network, face).numpy(), np.zeros((1, 1, 1), np.float32), True, method, "")
        for network in (model, *(redrawn(model, 48, seed=seed) for seed in (10, 11)))
    )
    expected = randomised(own, others)
    assert found.randomised == pytest.approx(expected, abs=1e-3)
    assert (found.gap_share, found.draws) == (None, 4)


def test_the_gap_is_the_maps_own(engine):
    asked = {"target": "anger", "baseline": "blurred", "steps": 6}
    found = finished(engine, "integrated-gradients", draws=1, **asked)
    heatmap = engine.explain(SCENE, "integrated-gradients", **asked)
    assert found.gap_share == heatmap.gap_share > 0


def test_every_step_says_what_is_known_and_more_draws_begin_with_the_same(engine):
    steps = list(engine.faithful(SCENE, "integrated-gradients", steps=8, draws=3))
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert {step.of for step in steps} == {8 * 6 + 3}
    known = [step.faithfulness for step in steps if step.faithfulness is not None]
    assert sorted({one.draws for one in known}) == [0, 1, 2, 3]
    assert known[0].randomised is not None
    assert known[0].infidelity is known[0].max_sensitivity is None
    one = finished(engine, "integrated-gradients", steps=8, draws=1)
    assert one == next(found for found in known if found.draws == 1)


@pytest.fixture
def forwards(monkeypatch):
    """The passes through any ResNet."""
    done, forward = [], ResNet._forward_impl

    def counted(self, pictures):
        done.append(len(pictures))
        return forward(self, pictures)

    monkeypatch.setattr(ResNet, "_forward_impl", counted)
    return done


def test_an_equal_check_is_not_made_again(checkpoint, forwards):
    fresh = Engine.load(checkpoint, "cpu")
    first = finished(fresh, draws=2)
    made = len(forwards)
    assert finished(fresh, draws=2) is first
    assert len(forwards) == made
    finished(fresh, draws=2, target="fear")
    # The map, two redrawn ones, the face's score, and two draws of a score and a map each; and
    # sixteen faces, four at a time, for each of the three orders of insertion and deletion.
    assert len(forwards) == made + 8 + 3 * 4


def test_stopping_stops_the_work_and_leaves_the_lane_free(checkpoint, forwards):
    fresh = Engine.load(checkpoint, "cpu")
    checking = fresh.faithful(SCENE, "integrated-gradients", steps=2, draws=50)
    for step in checking:
        if step.faithfulness is not None:
            break
    checking.close()
    made = len(forwards)
    fresh.explain(SCENE, "saliency")
    assert len(forwards) == made + 1


def edges(question):
    """What a map is that has not looked at the network: the face's own edges."""
    grey = question.face[0].mean(0)
    values = torch.zeros_like(grey)
    values[1:, 1:] = (grey[1:, 1:] - grey[:-1, 1:]).abs() + (grey[1:, 1:] - grey[1:, :-1]).abs()
    yield Explaining(1, 1, question.heatmap("edges", values, values[None], signed=False))


def test_a_map_of_the_face_alone_is_flagged_and_one_of_the_network_is_not(engine, monkeypatch):
    monkeypatch.setitem(METHODS, "edges", Method("edges", "Edges", edges, is_signed=False))
    flagged = finished(engine, "edges", draws=1)
    assert flagged.randomised == pytest.approx(1)
    assert flagged.is_unchanged
    for method in ("saliency", "input-x-gradient", "deeplift"):
        found = finished(engine, method, draws=1)
        assert found.randomised < UNCHANGED
        assert not found.is_unchanged


def test_a_plain_network_is_checked_without_a_warning(checkpoint, tmp_path):
    card = dataclasses.replace(load_checkpoint(checkpoint)[1], kind="plain")
    save_checkpoint(tmp_path / "plain", PlainNetwork("resnet18", classes=8), card)
    plain = Engine.load(tmp_path / "plain", "cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in ("grad-cam", "saliency"):
            found = finished(plain, method, draws=10)
            assert found.draws == 10
            assert found.max_sensitivity is not None


@pytest.mark.parametrize("draws", [0, -1, 101, 10**6])
def test_draws_that_make_no_sense_are_refused_at_once(engine, draws):
    with pytest.raises(BadRequest, match=f"rest on {draws} draws") as refusal:
        engine.faithful(SCENE, draws=draws)
    assert "1 to 100" in refusal.value.hint


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"method": "smile"}, "no method"), ({"target": "smile"}, "no target"),
     ({"baseline": "smile"}, "no baseline"), ({"method": "saliency", "steps": 3}, "no number")],
)  # fmt: skip
def test_whatever_explaining_refuses_a_check_refuses_at_once(engine, asked, words):
    with pytest.raises(BadRequest, match=words):
        engine.faithful(SCENE, **asked)


def test_threads_agree_with_one(checkpoint, engine):
    shared = Engine.load(checkpoint, "cpu")
    targets = ["fear", "anger", "rb-margin", "predicted"] * 2

    def ask(target):
        return finished(shared, "saliency", target=target, draws=2)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, targets))
    for target, found in zip(targets, answers, strict=True):
        alone = finished(engine, "saliency", target=target, draws=2)
        for name in ("infidelity", "max_sensitivity", "randomised"):
            assert getattr(found, name) == pytest.approx(getattr(alone, name), abs=1e-3)


def test_a_redrawn_network_without_a_number_leaves_that_measure_unknown(checkpoint, monkeypatch):
    """Redrawn weights can leave attention 0 / 0: that says nothing of the map that is checked."""
    engine = Engine.load(checkpoint, "cpu")  # one that has no redrawn networks yet

    def broken(model, side, *, seed):
        network = redrawn(model, side, seed=seed)
        with torch.no_grad():
            network.classifier.weight.fill_(float("nan"))
        return network

    monkeypatch.setattr("ran.engine.checker.redrawn", broken)
    *_, last = engine.faithful(SCENE, "saliency", draws=2)
    assert last.faithfulness.randomised is None
    assert last.faithfulness.infidelity is not None
