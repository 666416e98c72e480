"""What gradient SHAP says of its own scatter."""

import numpy as np
import pytest

from ran.engine import Engine
from ran.explain.maps.sampling import _standard_error
from ran.face.detect import Face
from ran.scene import Scene

SCENE = Scene(Face.from_pixels(np.random.default_rng(2).integers(0, 256, (48, 48, 3), np.uint8)))


def test_the_standard_error_is_that_of_the_mean_of_the_draws():
    assert _standard_error([1.0, 2.0, 4.0]) == pytest.approx(np.std([1, 2, 4], ddof=1) / 3**0.5)
    assert _standard_error([1.0]) is None


def test_more_draws_err_less_and_sums_of_other_seeds_lie_within_it(checkpoint):
    engine = Engine.load(checkpoint, "cpu")

    def asked(steps, seed=0):
        return engine.explain(SCENE, "gradient-shap", "fear", steps=steps, seed=seed)

    few, many = asked(10), asked(160)
    assert 0 < many.error < few.error
    sums = [float(asked(40, seed).values.sum(dtype=float)) for seed in range(12)]
    # Places that know of each other err less than their standard error says.
    assert np.std(sums, ddof=1) < 1.5 * asked(40).error


def test_methods_without_draws_have_none(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    assert engine.explain(SCENE, "saliency").error is None
    assert engine.explain(SCENE, "integrated-gradients", steps=4).error is None
