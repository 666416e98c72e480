"""An engine apart: the same network, and a memory that goes with whoever asked."""

import gc
import weakref

import numpy as np
import pytest

from ran.engine import Engine
from ran.face.detect import Face
from ran.face.shapes import Rectangle
from ran.scene import Scene

FACE = Face.from_pixels(np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8))
SCENE = Scene(FACE, (Rectangle(0.2, 0.6, 0.8, 0.9),))


@pytest.fixture
def shared(checkpoint):
    return Engine.load(checkpoint, "cpu")


def test_it_answers_and_explains_as_the_shared_one_does(shared):
    mine = shared.apart()
    assert mine.key == shared.key
    assert mine.model is shared.model
    np.testing.assert_array_equal(mine.predict(SCENE).logits, shared.predict(SCENE).logits)
    np.testing.assert_array_equal(mine.explain(SCENE).values, shared.explain(SCENE).values)
    assert mine.explainer.lock is shared.explainer.lock
    assert mine.explainer.twin is shared.explainer.twin


def made_of(engine):
    """All that an engine remembers of a scene."""
    *_, check = engine.faithful(SCENE, "saliency", draws=1)
    return {
        "answer": engine.predict(SCENE),
        "crops": engine.regions_seen(SCENE),
        "features": engine._features(SCENE),
        "values": engine.region_values(SCENE),
        "map": engine.explain(SCENE, "saliency"),
        "check": check.faithfulness,
    }


def test_what_is_made_of_a_face_goes_with_the_visitor_who_asked(shared):
    mine = shared.apart()
    made = made_of(mine)
    again = made_of(mine)
    assert all(again[name] is made[name] for name in made), "an equal question is not computed anew"
    left = {name: weakref.ref(value) for name, value in made.items()}
    del made, again
    gc.collect()
    assert all(value() is not None for value in left.values()), "it is remembered while they stay"
    del mine
    gc.collect()
    assert [name for name, value in left.items() if value() is not None] == []


def test_two_visitors_share_no_memory(shared):
    one, two = shared.apart(), shared.apart()
    assert one.predict(SCENE) is one.predict(SCENE)
    assert one.predict(SCENE) is not two.predict(SCENE)
    assert one.regions_seen(SCENE) is not two.regions_seen(SCENE)
    assert one.explain(SCENE) is not two.explain(SCENE)
