"""Answers by OpenVINO: fp32 the same, int8 behind its gate, said where they are, no gradients."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from answers import FACE, MOUTH, differ

from ran.engine import Engine
from ran.engine.fast import gates, quickened
from ran.engine.fast.exported import AT_ONCE, ExportedRoom
from ran.errors import BadRequest
from ran.net.checkpoints import bundled, load_checkpoint
from ran.net.measures import is_evidence
from ran.scene import Scene
from ran.study.cohort.rows import Wanted
from ran.study.cohort.tables_on_disk import _asked, made_of

pytest.importorskip("openvino", reason="the extra [fast] is not installed")
ROW = {"n": 3191.0, "agreement": 0.994, "accuracy": 0.871, "accuracy_fp32": 0.873}


@pytest.fixture(scope="module")
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


@pytest.fixture(scope="module")
def quick(engine):
    return quickened.quickened(engine, gates.FP32)


def test_any_number_of_crops_gives_the_networks_features_in_their_order(engine):
    room = ExportedRoom(engine.asked, engine.card.input_size, gates.FP32)
    crops = torch.rand(2 * AT_ONCE + 1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    expected = engine.room.features(crops)
    for count in (1, AT_ONCE, len(crops)):
        found = room.features(crops[:count])
        torch.testing.assert_close(found, expected[:count], rtol=1e-4, atol=1e-4)
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(room.features, [crops] * 8):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_fp32_answers_as_the_network_and_says_so_and_explains_by_the_network_itself(engine, quick):
    scenes = [Scene(FACE), Scene(FACE, (MOUTH,))]
    for first, second in zip(engine.predict_many(scenes), quick.predict_many(scenes), strict=True):
        assert differ(first, second) < 1e-4
    assert engine.conditions["precision"] == "fp32"
    assert quick.conditions["precision"].startswith("fp32 (OpenVINO ")
    assert quick.key != engine.key, "answers are not taken for each other's"
    maps = [one.explain(scenes[1], "saliency", "fear").values for one in (engine, quick)]
    np.testing.assert_array_equal(*maps)


def test_rows_of_another_precision_are_another_cohort(engine, quick, tmp_path):
    from ran.study.cohort.pictures_from import open_source

    (tmp_path / "a.png").write_bytes(b"")
    source = open_source(tmp_path)
    own, other = (_asked(made_of(one, source, Wanted(), 5)) for one in (engine, quick))
    assert own["precision"] != other["precision"]
    assert {**own, "precision": ""} == {**other, "precision": ""}


def test_int8_is_refused_unless_it_was_measured_on_this_kind_of_cpu(engine, monkeypatch):
    with pytest.raises(BadRequest, match="int8 was not measured") as refusal:
        quickened.quickened(engine, gates.INT8)
    assert "--fast int8 --onto-card" in refusal.value.hint
    name = gates.row_name(gates.kind_of_cpu(), "fixed")
    for change, is_let_in in (
        ({}, True),
        ({"agreement": 0.9899}, False),
        ({"accuracy": 0.8699}, False),
        ({"accuracy": 0.9}, True),
    ):
        row = {**ROW, **change}
        assert is_evidence({"fast": {name: row}})
        assert gates.passes(row) == is_let_in
        card = replace(engine.card, evidence={"fast": {name: row}})
        if is_let_in:
            gates.check_gate(card)
        else:
            with pytest.raises(BadRequest, match="too few"):
                gates.check_gate(card)
    monkeypatch.setattr(gates, "kind_of_cpu", lambda: "abacus")
    with pytest.raises(BadRequest, match="this kind of CPU, abacus"):
        gates.check_gate(replace(engine.card, evidence={"fast": {name: ROW}}))


def test_what_answers_otherwise_on_this_machine_is_refused(engine, monkeypatch):
    monkeypatch.setattr(
        ExportedRoom, "features", lambda self, crops: torch.zeros(len(crops), self._width)
    )
    with pytest.raises(BadRequest, match=r"On this machine fp32 by OpenVINO answers \d+ of 64"):
        quickened.quickened(engine, gates.FP32)


def test_int8_is_made_of_the_network_and_near_it(engine):
    pytest.importorskip("nncf", reason="the extra [fast] is not installed")
    made = quickened.quickened(engine, gates.INT8, is_measured=False)
    assert made.conditions["precision"].startswith("int8 (OpenVINO ")
    scenes = quickened.usual_scenes(engine)[:10]
    crops = torch.cat([engine.crops(scene)[0] for scene in scenes])
    own, found = engine.room.features(crops), made.room.features(crops)
    error = float((found - own).norm() / own.norm())
    assert 1e-5 < error < 0.25, "int8 it is, and of this network"


def test_a_precision_or_a_device_that_is_none_is_refused(engine):
    with pytest.raises(BadRequest, match="no precision 'int4'"):
        quickened.quickened(engine, "int4")
    from copy import copy

    elsewhere = copy(engine)
    elsewhere.device = "cuda"
    with pytest.raises(BadRequest, match="on the CPU, and the network is on cuda"):
        quickened.quickened(elsewhere, gates.FP32)


def test_the_bundled_networks_cards_say_what_int8_changed_where_it_was_measured():
    for path in bundled().values():
        _model, card = load_checkpoint(path)
        for layout in card.trained_layouts:
            row = card.evidence["fast"][gates.row_name("avx2", layout)]
            assert row["n"] == 3191
            assert gates.passes(row)
