"""Every column of every table: the number under a name is the value of that name, for each region.

The answer is made up so that no two of its numbers are alike: a swapped column, a shifted row or
another face's value shows.
"""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from ran.explain.export import heatmap_csv
from ran.explain.heatmap import Heatmap
from ran.explain.regions.shapley import RegionValues
from ran.face.detect import Face
from ran.face.pose import Pose
from ran.net.regions import Box, fixed_layout
from ran.prediction import Prediction
from ran.scene import Scene
from ran.shown import Shown
from ran.study.poses.moments import Moment
from ran.study.poses.posed import Answered, Posed
from ran.ui.explain import exports as explain_exports
from ran.ui.explain.region_values import Worth
from ran.ui.occlude import exports as occlude_exports
from ran.ui.poses import exports as pose_exports

CLASSES = ("calm", "glad", "cross")
BOXES = (
    fixed_layout().boxes[0], Box("Left", 0.0, 0.1, 0.5, 0.6), Box("Right", 0.25, 0.3, 0.75, 1.0),
)  # fmt: skip


def answer(first: float) -> Prediction:
    """Numbers that all differ: those of a quantity begin with the same digits."""

    def row(start: float, count: int = 3):
        return np.array([first + start + 0.001 * k for k in range(count)], np.float32)

    return Prediction(
        CLASSES, row(0.01), row(0.02), row(0.03), row(0.04), row(0.05), row(0.06), BOXES, 0.02,
        first + 0.07,
    )  # fmt: skip


CLEAN, COVERED = answer(0.1), answer(0.5)
PAIR = [Shown(name, None, one) for name, one in (("clean", CLEAN), ("covered", COVERED))]
QUANTITIES = {
    "self_weight": lambda given: given.self_weights,
    "relation_weight": lambda given: given.relation_weights,
    "weight": lambda given: given.weights,
    "relative_weight": lambda given: given.weights * 3,
    "covered": lambda given: given.covered,
}


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("column", QUANTITIES)
def test_a_regions_table_has_each_quantity_under_its_name(column):
    rows = rows_of(occlude_exports.regions_csv(PAIR))
    assert [(row["face"], row["region"]) for row in rows] == [
        (face, box.name) for face in ("clean", "covered") for box in BOXES
    ]
    wanted = np.concatenate([QUANTITIES[column](given) for given in (CLEAN, COVERED)])
    np.testing.assert_allclose([float(row[column]) for row in rows], wanted, atol=1e-6)


@pytest.mark.parametrize("edge", ["x0", "y0", "x1", "y1"])
def test_a_regions_table_has_the_edges_of_each_box(edge):
    rows = rows_of(occlude_exports.regions_csv(PAIR))
    assert [float(row[edge]) for row in rows] == [getattr(box, edge) for box in BOXES] * 2


@pytest.mark.parametrize(
    ("name", "column"),
    [("self_weight", "self_weight"), ("relation_weight", "relation_weight"),
     ("weight", "weight"), ("covered", "covered")],
)  # fmt: skip
def test_an_answer_as_json_has_each_quantity_under_its_name(name, column):
    told = CLEAN.as_json()
    wanted = QUANTITIES[column](CLEAN)
    np.testing.assert_allclose([region[name] for region in told["regions"]], wanted)
    assert [region["name"] for region in told["regions"]] == [box.name for box in BOXES]
    assert [tuple(region["box"]) for region in told["regions"]] == [box.edges for box in BOXES]
    assert told["rb_margin"] == CLEAN.rb_margin
    assert told["alpha"] == CLEAN.alpha
    np.testing.assert_allclose(list(told["probabilities"].values()), CLEAN.probabilities)
    np.testing.assert_allclose(list(told["logits"].values()), CLEAN.logits)
    assert tuple(told["probabilities"]) == tuple(told["logits"]) == CLASSES


def posed(yaw: float, given: Prediction, *, synthetic: bool) -> Answered:
    pixels = np.zeros((16, 16, 3), np.uint8)
    face = Face(pixels, pose=Pose(yaw + 0.5, 3.25, 4.5, 1.0))
    filled = np.zeros((16, 16), np.bool_) if synthetic else None
    moment = None if synthetic else Moment(7, 2.125, 3, 1.5)
    return Answered(
        Posed(f"at {yaw}", face, yaw, yaw / 10, filled, moment=moment),
        Shown(f"at {yaw}", Scene(face), given),
    )


POSES = (posed(-30.0, CLEAN, synthetic=True), posed(20.0, COVERED, synthetic=False))
POSE_COLUMNS = {
    "pose": lambda one: one.posed.name,
    "synthetic": lambda one: str(int(one.posed.filled is not None)),
    "seconds": lambda one: "2.125" if one.posed.moment else "",
    "shot": lambda one: "3" if one.posed.moment else "",
    "yaw": lambda one: one.posed.yaw,
    "pitch": lambda one: one.posed.pitch,
    "estimated_yaw": lambda one: one.posed.yaw + 0.5,
    "expression": lambda one: CLASSES[2],
    "probability": lambda one: one.answer.probabilities[2],
    "rb_margin": lambda one: one.answer.rb_margin,
}


@pytest.mark.parametrize("column", [*POSE_COLUMNS, *QUANTITIES])
def test_a_table_of_poses_has_each_quantity_under_its_name(column):
    rows = rows_of(pose_exports.poses_csv(POSES))
    assert set(rows[0]) == {*POSE_COLUMNS, *QUANTITIES, "region"}
    assert [row["region"] for row in rows] == [box.name for box in BOXES] * 2
    if column in QUANTITIES:
        wanted = [value for one in POSES for value in QUANTITIES[column](one.answer)]
    else:
        wanted = [POSE_COLUMNS[column](one) for one in POSES for _ in BOXES]
    found = [row[column] for row in rows]
    if isinstance(wanted[0], str):
        assert found == wanted
    else:
        np.testing.assert_allclose([float(value) for value in found], wanted, atol=1e-6)


def worth(face: str, given: Prediction, first: float) -> Worth:
    numbers = np.arange(9, dtype=np.float32).reshape(3, 3) / 100 + first
    pairs = np.zeros((3, 3, 3), np.float32)
    values = RegionValues(numbers, pairs, numbers + 1, numbers[0] + 2, numbers[0] + 3)
    scene = Scene(Face(np.zeros((8, 8, 3), np.uint8)))
    return Worth(Shown(face, scene, given), values)


WORTHS = (worth("clean", CLEAN, 10.0), worth("covered", COVERED, 20.0))
WORTH_COLUMNS = {
    **{name: (lambda one, i, j, name=name: QUANTITIES[name](one.answer)[i])
       for name in ("self_weight", "relation_weight", "weight")},
    "shapley": lambda one, i, j: one.values.shapley[i, j],
    "leave_one_out": lambda one, i, j: one.values.leave_one_out[i, j],
}  # fmt: skip


@pytest.mark.parametrize("column", WORTH_COLUMNS)
def test_a_table_of_worths_has_each_quantity_under_its_name(column):
    rows = rows_of(explain_exports.regions_csv(WORTHS))
    assert set(rows[0]) == {"face", "region", "class", *WORTH_COLUMNS}
    places = [(one, i, j) for one in WORTHS for i in range(3) for j in range(3)]
    assert [(row["face"], row["region"], row["class"]) for row in rows] == [
        (one.face, BOXES[i].name, CLASSES[j]) for one, i, j in places
    ]
    wanted = [WORTH_COLUMNS[column](*place) for place in places]
    np.testing.assert_allclose([float(row[column]) for row in rows], wanted, atol=2e-6)


def test_worths_as_json_say_the_same(checkpoint):
    from ran.engine import Engine

    told = json.loads(explain_exports.regions_json(Engine.load(checkpoint, "cpu"), WORTHS))
    for one, face in zip(WORTHS, told["faces"], strict=True):
        assert face["face"] == one.face
        assert list(face["full"].values()) == pytest.approx(one.values.full.tolist())
        assert list(face["empty"].values()) == pytest.approx(one.values.empty.tolist())
        for i, region in enumerate(face["regions"]):
            assert region["name"] == BOXES[i].name
            for name in ("self_weight", "relation_weight", "weight"):
                assert region[name] == pytest.approx(float(QUANTITIES[name](one.answer)[i]))
            for name in ("shapley", "leave_one_out"):
                values = [float(WORTH_COLUMNS[name](one, i, j)) for j in range(3)]
                assert list(region[name].values()) == pytest.approx(values)


def test_a_map_as_a_table_names_the_map_the_row_and_the_column_of_every_value():
    values = np.arange(6, dtype=np.float32).reshape(2, 3)[:, :2]
    regions = np.stack([values + 10 * (k + 1) for k in range(3)])
    heatmap = Heatmap(values, regions, True, "saliency", "glad")
    rows = rows_of(heatmap_csv(heatmap, [box.name for box in BOXES]))
    maps = dict(zip(("face", *(box.name for box in BOXES)), (values, *regions), strict=True))
    assert len(rows) == 16
    for row in rows:
        assert float(row["value"]) == maps[row["map"]][int(row["row"]), int(row["column"])]
