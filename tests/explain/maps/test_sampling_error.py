"""What gradient SHAP says of its own scatter."""

from dataclasses import replace

import numpy as np
import pytest
from explained_networks import logit, smooth

from ran.engine import Engine
from ran.explain.baselines import BASELINES
from ran.explain.maps import sampling
from ran.explain.maps.asked import Asked
from ran.explain.maps.methods import METHODS
from ran.explain.maps.sampling import AT_LEAST, ROUND, standard_error
from ran.face.detect import Face
from ran.net.regions import fixed_layout, pixel_boxes
from ran.scene import Scene

SCENE = Scene(Face.from_pixels(np.random.default_rng(2).integers(0, 256, (48, 48, 3), np.uint8)))


def test_the_standard_error_is_of_neighbouring_places():
    # In the order of the places 1, 4, 2: half the mean square of 3, -2 and -1, over three draws.
    assert standard_error([0.1, 0.9, 0.5], [1.0, 2.0, 4.0]) == pytest.approx((14 / 18) ** 0.5)
    assert standard_error([0.5], [1.0]) is None


def test_of_draws_that_know_nothing_of_their_place_it_is_the_usual_one():
    generator = np.random.default_rng(0)
    drawn = generator.normal(2.0, 3.0, 4000)
    found = standard_error(generator.random(4000), drawn)
    assert found == pytest.approx(3.0 / 4000**0.5, rel=0.1)


def test_what_changes_smoothly_along_the_way_is_hardly_an_error():
    places = (np.arange(200) * 0.618034) % 1
    smooth, alone = np.exp(places), np.std(np.exp(places), ddof=1) / 200**0.5
    assert standard_error(places, smooth) < alone / 5
    # The true scatter over shifts lies below it: between the ends of the way something is missed.
    shifts = np.linspace(0, 1, 50, endpoint=False)[:, None]
    scatter = np.std(np.exp((places + shifts) % 1).mean(1))
    assert standard_error(places, smooth) / 3 < scatter < standard_error(places, smooth)


def test_more_draws_err_less_and_sums_of_other_seeds_lie_within_it(checkpoint):
    engine = Engine.load(checkpoint, "cpu")

    def asked(steps, seed=0):
        return engine.explain(SCENE, "gradient-shap", "fear", steps=steps, seed=seed)

    few, many = asked(10), asked(40)
    assert 0 < many.error < few.error
    found = [asked(20, seed) for seed in range(30)]
    said = float(np.sqrt(np.mean([one.error**2 for one in found])))
    # How far the sums are from each other is what they say, up to what 30 of them can tell.
    scatter = np.std([float(one.values.sum(dtype=float)) for one in found], ddof=1)
    assert said / 3 < scatter < 1.5 * said


def test_it_draws_until_gap_and_error_are_small_or_as_often_as_it_may(monkeypatch):
    model, face = smooth()
    boxes = pixel_boxes(fixed_layout(), 12)
    asked = Asked(model, face, boxes, logit(2), baseline=BASELINES["black"], count=400)
    assert METHODS["gradient-shap"].heatmap(asked).steps == AT_LEAST, "this one is smooth"
    # Gap and error come below this at different times, the error between two rounds.
    monkeypatch.setattr(sampling, "CLOSE_ENOUGH", close := 0.0005)
    *_, last = METHODS["gradient-shap"].explain(asked)
    assert (last.done, last.of) == (400, 400)
    assert AT_LEAST < last.heatmap.steps < 400
    assert last.heatmap.steps % ROUND == 0
    assert last.heatmap.gap_share < close > last.heatmap.error_share
    again = METHODS["gradient-shap"].heatmap(replace(asked, at_once=1))
    assert again.steps == last.heatmap.steps, "whatever goes through the network together"
    before = METHODS["gradient-shap"].heatmap(replace(asked, count=last.heatmap.steps - ROUND))
    assert max(before.gap_share, before.error_share) >= close
    monkeypatch.setattr(sampling, "CLOSE_ENOUGH", 0.0)
    assert METHODS["gradient-shap"].heatmap(replace(asked, count=60)).steps == 60


def test_methods_without_draws_have_none(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    assert engine.explain(SCENE, "saliency").error is None
    assert engine.explain(SCENE, "integrated-gradients", steps=4).error is None
