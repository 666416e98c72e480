"""Explaining step by step: what an engine keeps, what it refuses, and when it computes."""

import numpy as np
import pytest

from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.maps.methods import METHODS
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.scene import Scene

FACE = Face.from_pixels(
    np.kron(
        np.random.default_rng(4).integers(0, 256, (8, 8, 3), dtype=np.uint8),
        np.ones((8, 8, 1), np.uint8),
    )
)
SCENE = Scene(FACE)


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def test_the_steps_end_with_the_heatmap_that_is_kept(engine):
    steps = list(engine.explaining(SCENE, "integrated-gradients", steps=10))
    assert [(step.done, step.of) for step in steps] == [(4, 10), (8, 10), (10, 10)]
    assert engine.explain(SCENE, "integrated-gradients", steps=10) is steps[-1].heatmap
    (at_once,) = engine.explaining(SCENE, "integrated-gradients", steps=10)
    assert (at_once.done, at_once.of) == (10, 10)
    assert at_once.heatmap is steps[-1].heatmap


def test_stopping_leaves_the_engine_free_and_nothing_half_done_is_kept(engine):
    stopped = engine.explaining(SCENE, "integrated-gradients", "fear", steps=10)
    next(stopped)
    assert engine.explain(SCENE).method == "grad-cam", "between two steps others may explain"
    stopped.close()
    assert not engine.explainer.lock.locked()
    first = next(iter(engine.explaining(SCENE, "integrated-gradients", "fear", steps=10)))
    assert first.done == 4


def test_what_was_asked_tells_answers_apart(engine):
    asked = {"method": "integrated-gradients", "target": "fear", "baseline": "grey", "steps": 2}
    first = engine.explain(SCENE, **asked)
    assert engine.explain(SCENE, **asked) is first
    own = np.full((48, 48, 3), 9, np.uint8)
    others = [
        engine.explain(SCENE, **{**asked, **changed})
        for changed in ({"target": "anger"}, {"baseline": "black"}, {"steps": 3},
                        {"baseline": own}, {"baseline": own + np.uint8(1)})
    ]  # fmt: skip
    others.append(engine.explain(Scene(FACE, (Rectangle(0, 0, 0.5, 0.5),)), **asked))
    maps = [heatmap.values for heatmap in (first, *others)]
    for place, values in enumerate(maps):
        for other in maps[:place]:
            assert not np.array_equal(values, other)
    saliency = engine.explain(SCENE, "saliency", baseline="grey")
    assert engine.explain(SCENE, "saliency", baseline="black") is saliency, "it has no baseline"


@pytest.mark.parametrize(
    ("asked", "words", "hint"),
    [
        ({"method": "saliency maps"}, "no method 'saliency maps'", "grad-cam, saliency"),
        ({"target": "joy"}, "no target 'joy'", "self-attention: Upper left"),
        ({"baseline": "white"}, "no baseline 'white'", "black, grey"),
        ({"baseline": np.zeros((47, 48, 3), np.uint8)}, "[47, 48, 3]", "48 x 48"),
        ({"steps": 0}, "cannot use 0 steps", "1 to 160"),
        ({"steps": 10**6}, "cannot use 1000000 steps", "1 to 160"),
        ({"steps": -3}, "cannot use -3 steps", "1 to 160"),
        ({"method": "saliency", "steps": 5}, "takes no number of steps", "Leave it out"),
    ],
)
def test_what_cannot_be_answered_is_refused_before_the_first_step(engine, asked, words, hint):
    with pytest.raises(BadRequest) as refusal:
        engine.explaining(SCENE, **{"method": "integrated-gradients", **asked})
    assert words in refusal.value.message
    assert hint in refusal.value.hint


def test_a_method_says_what_its_map_is(engine):
    for name, method in METHODS.items():
        heatmap = engine.explain(SCENE, name, "fear", steps=9 if method.counts else None)
        assert (heatmap.method, heatmap.signed) == (name, method.is_signed)
        assert heatmap.values.shape == (48, 48)
        assert len(heatmap.regions) == 6
        assert (heatmap.values.min() < 0) == method.is_signed
        assert (heatmap.baseline == "black") == method.uses_baseline
        assert (heatmap.steps is not None) == (method.counts is not None)


def read(answer):
    of = answer.classes.index
    return {
        "self-attention: Upper left": answer.self_weights[1],
        "relation-attention: Whole face": answer.relation_weights[0],
        "rb-margin": answer.rb_margin,
        "happiness - sadness": answer.logits[of("happiness")] - answer.logits[of("sadness")],
    }


def test_attention_and_differences_are_explained_too(engine):
    shown, black = (
        read(engine.predict(scene)) for scene in (SCENE, Scene(FACE, (Rectangle(0, 0, 1, 1),)))
    )
    for target in shown:
        heatmap = engine.explain(SCENE, "integrated-gradients", target, steps=1)
        assert heatmap.target == target
        assert heatmap.total == pytest.approx(shown[target] - black[target], abs=1e-4)
        assert np.abs(heatmap.values).max() > 1e-6
