"""A heatmap as files and figures: every number comes back, and what is missing is said."""

import csv
import io
import json

import numpy as np
import pytest

from ran.explain.export import heatmap_csv, heatmap_facts, heatmap_npz
from ran.explain.heatmap import Heatmap
from ran.net.regions import Box

BOXES = (Box("Whole face", 0, 0, 1, 1), Box("Left, upper", 0.0, 0.0, 0.5, 0.5))
GENERATOR = np.random.default_rng(5)
HEATMAP = Heatmap(
    GENERATOR.normal(size=(4, 4)).astype(np.float32),
    GENERATOR.normal(size=(2, 3, 3)).astype(np.float32) * 1e-7,
    True, "integrated-gradients", "fear", gap=0.25, total=-2.0, baseline="grey", steps=20,
)  # fmt: skip


def test_an_npz_holds_the_maps_and_what_they_are_without_a_pickle():
    with np.load(io.BytesIO(heatmap_npz(HEATMAP, BOXES)), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["values"], HEATMAP.values)
        np.testing.assert_array_equal(file["regions"], HEATMAP.regions)
        assert file["names"].tolist() == ["Whole face", "Left, upper"]
        assert file["boxes"].tolist() == [[0, 0, 1, 1], [0, 0, 0.5, 0.5]]
        assert json.loads(str(file["about"])) == heatmap_facts(HEATMAP)


def test_a_csv_holds_every_value_to_the_last_bit():
    rows = list(csv.DictReader(io.StringIO(heatmap_csv(HEATMAP, [box.name for box in BOXES]))))
    assert len(rows) == 16 + 2 * 9
    maps = {"face": HEATMAP.values, "Whole face": HEATMAP.regions[0]}
    maps["Left, upper"] = HEATMAP.regions[1]
    for row in rows:
        value = maps[row["map"]][int(row["row"]), int(row["column"])]
        assert np.float32(row["value"]) == value


def test_the_facts_are_plain_values():
    facts = json.loads(json.dumps(heatmap_facts(HEATMAP), allow_nan=False))
    assert facts["gap_share"] == 0.125
    assert facts["sum"] == pytest.approx(HEATMAP.values.astype(float).sum())
    assert (facts["smallest"], facts["largest"]) == (HEATMAP.values.min(), HEATMAP.values.max())
    small = Heatmap(HEATMAP.values, HEATMAP.regions, True, "deeplift", "fear", gap=0.1, total=0.2)
    assert small.gap_share == 0.1, "a share of one logit where the change is smaller"
    assert Heatmap(HEATMAP.values, HEATMAP.regions, False, "grad-cam", "fear").gap_share is None
