"""Insertion minus deletion against a plain loop, on scores whose best order is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ran.engine import Engine
from ran.explain.trust.faithfulness import centre_blob
from ran.explain.trust.insertion import LEVELS, Curves, Inserted, curves, orders
from ran.face.detect import Face
from ran.net.regions import crop_regions, pixel_boxes
from ran.scene import Scene

SIDE = 16
FACE, BLANK = torch.ones(1, 3, SIDE, SIDE), torch.zeros(1, 3, SIDE, SIDE)
WORTH = np.random.default_rng(2).normal(size=(SIDE, SIDE)).astype(np.float32)


def linear(faces):
    """The sum of what the pixels that are shown are worth."""
    return (faces[:, 0].double() * torch.from_numpy(WORTH)).sum((1, 2)).float()


def test_curves_are_those_of_a_loop_over_pixels():
    for order in orders(WORTH, 0).values():
        found = curves(order, FACE, BLANK, linear)
        flat = WORTH.ravel()[order].astype(float)
        for level in range(LEVELS + 1):
            count = SIDE * SIDE * level // LEVELS
            assert found.insertion[level] == pytest.approx(flat[:count].sum(), abs=1e-4)
            assert found.deletion[level] == pytest.approx(flat[count:].sum(), abs=1e-4)


def test_the_map_of_what_pixels_are_worth_is_best_and_its_opposite_worst():
    areas = {
        name: curves(orders(values, 0)["map"], FACE, BLANK, linear).area
        for name, values in {
            "true": WORTH, "half": WORTH + 2 * np.roll(WORTH, 3), "opposite": -WORTH,
        }.items()
    }  # fmt: skip
    random = curves(orders(WORTH, 0)["random"], FACE, BLANK, linear).area
    assert areas["true"] > areas["half"] > random > areas["opposite"]
    assert abs(random) < 0.2 * areas["true"]


def test_orders_hold_every_pixel_once_and_equal_values_come_in_no_order_of_place():
    flat = np.zeros((SIDE, SIDE), np.float32)
    for order in orders(flat, 3).values():
        assert sorted(order.tolist()) == list(range(SIDE * SIDE))
    assert np.array_equal(orders(flat, 3)["map"], orders(flat, 3)["random"])
    assert not np.array_equal(orders(flat, 3)["map"], orders(flat, 4)["map"])
    centre = orders(flat, 3)["centre"]
    rows, columns = np.divmod(centre, SIDE)
    away = (rows - 7.5) ** 2 + (columns - 7.5) ** 2
    assert (np.diff(away) >= 0).all()


@pytest.mark.parametrize(
    ("own", "centre", "random", "no_better"),
    [(0.5, 0.4, 0.0, False), (0.4, 0.4, 0.0, True), (0.1, 0.0, 0.2, True), (-0.1, -0.2, 0.0, True)],
)
def test_no_better_is_said_where_a_control_does_as_well(own, centre, random, no_better):
    def of(area):
        return Curves((area,) * (LEVELS + 1), (0.0,) * (LEVELS + 1))

    assert Inserted(of(own), of(centre), of(random)).is_no_better is no_better


def test_a_centre_blob_is_as_wide_as_the_map():
    def width(values):
        return float(np.abs(values).sum() ** 2 / (values**2).sum())

    steps = np.arange(96) - 30.0
    narrow = np.exp(-(steps[:, None] ** 2 + steps[None] ** 2) / (2 * 6.0**2)).astype(np.float32)
    blob = centre_blob(narrow)
    assert width(blob) == pytest.approx(width(narrow), rel=1e-3)
    assert np.unravel_index(blob.argmax(), blob.shape)[0] in (47, 48)
    assert np.isfinite(centre_blob(np.zeros((8, 8), np.float32))).all()


def test_a_check_has_the_curves_of_the_map_and_its_controls(checkpoint):
    engine = Engine.load(checkpoint, "cpu")
    scene = Scene(
        Face.from_pixels(np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8))
    )
    *_, last = engine.faithful(scene, "saliency", "fear", draws=3)
    found = last.faithfulness
    assert found is not None
    assert found.inserted is not None
    place, boxes = engine.card.classes.index("fear"), pixel_boxes(engine.model.layout, 48)
    face = engine.cutter.face(scene)

    @torch.no_grad()
    def score(picture):
        return float(engine.model.forward_regions(crop_regions(picture, boxes)).logits[0, place])

    values = engine.explain(scene, "saliency", "fear").values
    for name, order in orders(values, 0).items():
        own = getattr(found.inserted, name)
        for level in range(LEVELS + 1):
            shown = torch.zeros(48 * 48, dtype=torch.bool)
            shown[torch.from_numpy(order[: 48 * 48 * level // LEVELS].copy())] = True
            picture = face * shown.view(48, 48)
            assert own.insertion[level] == pytest.approx(score(picture), abs=1e-4)
            assert own.deletion[level] == pytest.approx(score(face - picture), abs=1e-4)
    assert found.infidelity_flat is not None
    assert found.infidelity_centre is not None
