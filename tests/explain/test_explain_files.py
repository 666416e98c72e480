"""A heatmap as files and figures: every number comes back, and what is missing is said."""

import csv
import io
import json
import sys
import types

import numpy as np
import pytest

from ran.errors import BadRequest
from ran.explain.export import heatmap_csv, heatmap_facts, heatmap_npz
from ran.explain.heatmap import Heatmap
from ran.figures.figure_files import write_figure
from ran.figures.map_figure import map_figure
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


def test_the_figure_shows_the_overlay_and_its_scale():
    face = np.full((8, 8, 3), 100, np.uint8)
    values = np.zeros((4, 4), np.float32)
    values[0, 0], values[3, 3] = 3.0, -1.0
    picture, bar = map_figure(face, values, signed=True, title="DeepLift: fear").data
    shown = np.asarray(picture.z)
    assert shown[4, 4].tolist() == [100, 100, 100], "zero is clear"
    assert shown[0, 0, 0] > shown[0, 0, 2], "red speaks for the target"
    assert (bar.marker.cmin, bar.marker.cmax) == (-3.0, 3.0)
    unsigned = map_figure(face, np.zeros((4, 4), np.float32), signed=False, title="").data[1]
    assert (unsigned.marker.cmin, unsigned.marker.cmax) == (0.0, 1.0)


def test_without_kaleido_or_a_browser_one_sentence_says_what_to_do(monkeypatch, tmp_path):
    figure = map_figure(
        np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.float32), signed=False, title=""
    )
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(BadRequest, match="SVG files need kaleido") as refusal:
        write_figure(figure, tmp_path / "map.svg")
    assert "requirements-export.txt" in refusal.value.hint

    def no_browser(_figure, _path):
        raise RuntimeError("No browser found.\n  Install one. There is more to say.")

    fake = types.SimpleNamespace(write_fig_sync=no_browser)
    monkeypatch.setitem(sys.modules, "kaleido", fake)
    with pytest.raises(
        BadRequest, match=r"No browser drew map\.pdf: No browser found\."
    ) as refusal:
        write_figure(figure, tmp_path / "map.pdf")
    assert "Chromium" in refusal.value.hint
    with pytest.raises(BadRequest, match=r"map\.gif is no \.svg or \.pdf"):
        write_figure(figure, tmp_path / "map.gif")
    assert not list(tmp_path.iterdir())


def test_with_kaleido_an_svg_is_a_drawing_with_the_title(tmp_path):
    pytest.importorskip("kaleido", reason="requirements-export.txt is not installed")
    figure = map_figure(
        np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.float32), signed=False, title="Evidence"
    )
    write_figure(figure, tmp_path / "map.svg")
    drawn = (tmp_path / "map.svg").read_text()
    assert drawn.startswith("<svg")
    assert "Evidence" in drawn
