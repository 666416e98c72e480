"""An engine explains: once, in turn, and without a trace on the network."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from explained_networks import BOXES, is_as_before, logit, seeded, state_of
from torchvision.models import ResNet

from ran.engine import Engine, explainer
from ran.errors import BadCheckpoint, BadFraming, BadRequest
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS
from ran.explain.targets import Target
from ran.face.covers.occlusion import Fill
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.model import RegionAttentionNetwork
from ran.net.regions import fixed_layout, random_layout
from ran.scene import Scene

PIXELS = np.kron(
    np.random.default_rng(4).integers(0, 256, (8, 8, 3), dtype=np.uint8),
    np.ones((8, 8, 1), np.uint8),
)
FACE = Face.from_pixels(PIXELS)
MOUTH = Rectangle(0.25, 0.65, 0.75, 0.9)


@pytest.fixture
def passes(monkeypatch):
    """The passes through any ResNet and back, in their order."""
    done, forward, backward = [], ResNet._forward_impl, torch.autograd.grad

    def counted_forward(self, pictures):
        done.append("forward")
        return forward(self, pictures)

    def counted_backward(*args, **keywords):
        done.append("backward")
        return backward(*args, **keywords)

    monkeypatch.setattr(ResNet, "_forward_impl", counted_forward)
    monkeypatch.setattr(torch.autograd, "grad", counted_backward)
    return done


def test_the_network_runs_once_forward_and_once_back_and_not_again(checkpoint, passes):
    engine = Engine.load(checkpoint, "cpu")
    first = engine.explain(Scene(FACE, (MOUTH,)))
    assert passes == ["forward", "backward"]
    equal = Scene(Face.from_pixels(PIXELS.copy()), (Rectangle(0.25, 0.65, 0.75, 0.9),))
    assert engine.explain(equal, "grad-cam", "predicted") is first
    assert len(passes) == 2
    for other in (Scene(FACE), dataclasses.replace(equal, layout=random_layout(13))):
        engine.explain(other)
    engine.explain(equal, target="fear")
    assert passes == 4 * ["forward", "backward"]
    again = Engine.load(checkpoint, "cpu").explain(equal)
    np.testing.assert_array_equal(again.regions, first.regions)
    np.testing.assert_array_equal(again.values, first.values)


def test_the_heatmaps_least_lately_asked_for_are_forgotten_first(checkpoint, passes, monkeypatch):
    monkeypatch.setattr(explainer, "REMEMBERED_HEATMAPS", 2)
    engine, scene = Engine.load(checkpoint, "cpu"), Scene(FACE)
    for target in ("fear", "anger", "fear", "disgust", "fear", "disgust"):
        engine.explain(scene, target=target)
    assert passes.count("forward") == 3
    engine.explain(scene, target="anger")
    assert passes.count("forward") == 4


def test_a_heatmap_that_others_may_get_cannot_be_written_over(engine):
    heatmap = engine.explain(Scene(FACE))
    for array in (heatmap.values, heatmap.regions):
        with pytest.raises(ValueError, match="read-only"):
            array /= array.max()
    with pytest.raises(dataclasses.FrozenInstanceError):
        heatmap.signed = True


def test_explaining_leaves_the_network_as_it_was(engine):
    before = state_of(engine.model)
    twin = state_of(engine.explainer.twin)
    assert sum(map(len, before.values())) > 200
    for name in METHODS:
        engine.explain(Scene(FACE, (MOUTH,), Fill("noise", seed=9)), name)
        is_as_before(engine.model, before)
        is_as_before(engine.explainer.twin, twin)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_leaves_network_and_face_as_they_were_also_when_it_breaks(name):
    model, face = seeded(RegionAttentionNetwork)
    picture, before = face.clone(), state_of(model)
    question = Asked(model, face, BOXES, logit(0), count=4)
    METHODS[name].heatmap(question)
    is_as_before(model, before)
    assert torch.equal(face, picture)
    with pytest.raises(ZeroDivisionError):
        METHODS[name].heatmap(
            dataclasses.replace(question, target=Target("broken", lambda output: 1 / 0))
        )
    is_as_before(model, before)


def test_a_gradient_that_was_there_stays(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    weight = engine.model.classifier.weight
    weight.grad = torch.full_like(weight, 7.0)
    engine.explain(Scene(FACE))
    assert bool((weight.grad == 7.0).all())


def test_explanations_follow_the_parameters_of_the_network_that_predicts(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    before = engine.explain(Scene(FACE), target="fear")
    with torch.no_grad():
        engine.model.classifier.weight.mul_(3.0)
    after = engine.explain(Scene(FACE, layout=fixed_layout()), target="fear")
    np.testing.assert_allclose(after.regions, 3 * before.regions, rtol=1e-4)


def test_a_prediction_in_the_middle_of_an_explanation_disturbs_neither(checkpoint, monkeypatch):
    engine, untouched = Engine.load(checkpoint, "cpu"), Engine.load(checkpoint, "cpu")
    meanwhile, scene = Scene(FACE, (MOUTH,)), Scene(FACE)
    answers = []

    def interrupted(output):  # Captum's hook is in place while a target is read
        answers.append(engine.predict(meanwhile))
        return output.logits[:, 0]

    monkeypatch.setattr(explainer, "read_target", lambda name, *_: Target(name, interrupted))
    heatmap = engine.explain(scene, target="interrupted")
    (answer,) = answers
    monkeypatch.undo()
    usual = untouched.explain(scene, target=engine.card.classes[0])
    np.testing.assert_array_equal(heatmap.regions, usual.regions)
    np.testing.assert_array_equal(answer.logits, untouched.predict(meanwhile).logits)


def test_the_way_back_ends_at_the_explained_layer(checkpoint, monkeypatch):
    names = set()

    def followed(output):
        steps = [output.logits.grad_fn]
        while steps:
            step = steps.pop()
            names.add(step.name())
            steps += [before for before, _ in step.next_functions if before is not None]
        return output.logits[:, 0]

    monkeypatch.setattr(explainer, "read_target", lambda name, *_: Target(name, followed))
    Engine.load(checkpoint, "cpu").explain(Scene(FACE), target="followed")
    assert any("Sigmoid" in name for name in names), "it passes the attention"
    assert not any("Convolution" in name or "BatchNorm" in name for name in names)


def test_eight_threads_agree_with_one(checkpoint, passes):
    shared, alone = Engine.load(checkpoint, "cpu"), Engine.load(checkpoint, "cpu")
    shapes = [Rectangle(0.1 * n, 0.0, 0.1 * n + 0.3, 1.0) for n in range(4)]
    layouts = (None, random_layout(3))
    scenes = [Scene(FACE, (shape,), layout=layout) for shape in shapes for layout in layouts]
    asked = [scenes[(first + step) % 8] for first in range(8) for step in range(8)]

    def answer(scene):
        return shared.explain(scene), shared.predict(scene)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(answer, asked))
    assert passes.count("backward") == len(scenes), "nothing is explained twice"
    for scene, (heatmap, prediction) in zip(asked, answers, strict=True):
        expected = alone.explain(scene)
        assert heatmap.target == expected.target
        np.testing.assert_allclose(heatmap.regions, expected.regions, rtol=1e-4, atol=1e-8)
        np.testing.assert_allclose(heatmap.values, expected.values, rtol=1e-4, atol=1e-8)
        np.testing.assert_allclose(prediction.logits, alone.predict(scene).logits, atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_eight_threads_agree_with_one_by_every_method(name, checkpoint):
    shared, alone = Engine.load(checkpoint, "cpu"), Engine.load(checkpoint, "cpu")
    steps = 4 if METHODS[name].counts else None
    scenes = [Scene(FACE, (Rectangle(0.2 * n, 0.0, 0.2 * n + 0.3, 1.0),)) for n in range(3)]
    asked = [(scenes[n % 3], ("fear", "predicted")[n % 2]) for n in range(8)]
    others = [other for other in METHODS if not METHODS[other].is_slow]

    def answer(number):
        scene, target = asked[number]
        shared.explain(scene, others[number % len(others)], "anger")
        shared.predict(scene)
        return shared.explain(scene, name, target, steps=steps)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(answer, range(8)))
    for (scene, target), heatmap in zip(asked, answers, strict=True):
        expected = alone.explain(scene, name, target, steps=steps)
        assert heatmap.target == expected.target
        scale = max(np.abs(expected.values).max(), 1e-6)
        np.testing.assert_allclose(heatmap.values, expected.values, atol=1e-4 * scale)
        scale = max(np.abs(expected.regions).max(), 1e-6)
        np.testing.assert_allclose(heatmap.regions, expected.regions, atol=1e-4 * scale)


@pytest.mark.parametrize("name", ["", "smile", "Fear", "grad-cam", "predicted ", "0"])
def test_an_unknown_target_is_refused_with_those_there_are(engine, passes, name):
    with pytest.raises(BadRequest, match="no target") as refusal:
        engine.explain(Scene(FACE), target=name)
    assert repr(name) in refusal.value.message
    for known in ("predicted", *engine.card.classes):
        assert known in refusal.value.hint
    assert not passes


@pytest.mark.parametrize("name", ["", "Grad-CAM", "saliency maps", "predicted"])
def test_an_unknown_method_is_refused_with_those_there_are(engine, passes, name):
    with pytest.raises(BadRequest, match="no method") as refusal:
        engine.explain(Scene(FACE), name)
    assert repr(name) in refusal.value.message
    for known in METHODS:
        assert known in refusal.value.hint
    assert not passes


def test_a_face_framed_otherwise_is_refused(engine):
    with pytest.raises(BadFraming, match="'tight', the network expects 'ferplus'"):
        engine.explain(Scene(Face.from_pixels(PIXELS, framing="tight")))


def test_a_map_that_is_no_number_is_refused(checkpoint, tmp_path):
    model, card = load_checkpoint(checkpoint)
    model.std.zero_()
    save_checkpoint(tmp_path / "broken", model, card)
    broken = Engine.load(tmp_path / "broken", "cpu")
    for _ in range(2):  # nor is it remembered
        with pytest.raises(BadCheckpoint, match="no number"):
            broken.explain(Scene(FACE))
