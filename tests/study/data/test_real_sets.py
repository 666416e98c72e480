"""Real occlusions and poses: the detector, who is chosen, and how far the authors agree."""

import json
from itertools import product

import made_up_data
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_ferplus import write_ferplus, write_lists
from pyarrow import parquet

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest
from ran.face.detect import Face
from ran.net.card import read_card
from ran.net.checkpoints import DEFAULT, WEIGHTS
from ran.study.data import occluded, real_sets
from ran.study.data.occluded import Occluded, agreement, cross_validated, features_of, fit
from ran.study.data.opened import open_data
from ran.study.data.real_sets import CHOSEN, chosen_rows
from ran.study.data.splits import square
from ran.study.evaluation.data_sets import judge, reported


def planted(count=400, width=12):
    """Features of which one direction says who is listed, up to noise."""
    generator = np.random.default_rng(0)
    features = generator.normal(3.0, 2.0, (count, width)).astype(np.float32)
    said = features[:, 2] - features[:, 5] + generator.normal(0, 0.7, count)
    return features, said > 2.0


def test_the_detector_learns_who_is_listed_and_chooses_as_many():
    features, listed = planted()
    found = fit(features, listed)
    sure = found.sure(features)
    assert ((sure >= 0) & (sure <= 1)).all()
    assert (sure >= found.threshold).sum() == listed.sum()
    alone = cross_validated(features, listed)
    told = agreement(alone, alone >= 0.5, listed)
    assert told["auc"] > 0.93
    direction = np.abs(found.weights)
    assert set(np.argsort(direction)[-2:]) == {2, 5}


def test_over_folds_it_finds_nothing_where_there_is_nothing():
    features, listed = planted()
    mixed = np.random.default_rng(1).permutation(listed)
    alone = cross_validated(features, mixed)
    assert abs(agreement(alone, alone >= 0.5, mixed)["auc"] - 0.5) < 0.1
    inside = fit(features, mixed).sure(features)
    assert agreement(inside, inside >= 0.5, mixed)["auc"] > 0.55, "inside it seems to know"


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), min_size=2, max_size=30)
)
def test_agreement_counts_pairs(rows):
    sure, chosen, listed = (np.array(column) for column in zip(*rows, strict=True))
    found = agreement(sure.astype(float), chosen, listed)
    pairs = list(product(sure[listed], sure[~listed]))
    expected = np.mean([(a > b) + 0.5 * (a == b) for a, b in pairs]) if pairs else 0.5
    assert found["auc"] == pytest.approx(expected)
    both = sum(a and b for a, b in zip(chosen, listed, strict=True))
    assert (found["n"], found["both"]) == (len(rows), both)
    assert found["precision"] == pytest.approx(both / max(1, sum(chosen)))
    assert found["recall"] == pytest.approx(both / max(1, sum(listed)))


def test_a_detector_is_read_back_and_refused_beside_another_network(tmp_path):
    found = fit(*planted())
    found.write(tmp_path, "a" * 64)
    again = Occluded.read(tmp_path, "a" * 64)
    np.testing.assert_allclose(again.weights, found.weights, rtol=1e-5)
    assert (again.bias, again.threshold) == pytest.approx((found.bias, found.threshold), abs=1e-5)
    with pytest.raises(BadRequest, match="of another network"):
        Occluded.read(tmp_path, "b" * 64)
    with pytest.raises(BadRequest, match="no detector of occluded faces"):
        Occluded.read(tmp_path / "nowhere", "a" * 64)
    (tmp_path / occluded.NAME).write_bytes(b"damaged")
    with pytest.raises(BadRequest, match="no detector of occluded faces"):
        Occluded.read(tmp_path, "a" * 64)


def test_the_one_that_ships_is_of_the_network_that_ships():
    folder = WEIGHTS / DEFAULT
    found = Occluded.read(folder, read_card(folder / "card.json").sha256)
    assert found.weights.shape == (6 * 256,)
    assert 0 < found.threshold < 1


@pytest.fixture
def engine(checkpoint):
    return Engine.load(checkpoint, "cpu")


def test_rows_are_the_faces_that_are_sure_enough_as_they_are(tmp_path, engine):
    data = open_data(made_up_data.rafdb(tmp_path / "raf", test=6))
    split = data.splits["test"]
    faces = [
        Face.from_pixels(square(split.read(number)), framing=engine.card.framing)
        for number in range(6)
    ]
    features = features_of(engine, faces)
    detector = fit(np.repeat(features, 3, 0), np.repeat(np.arange(6) < 2, 3))
    rows, told = chosen_rows(data, engine, detector, None, most=None)
    assert told == {}
    hidden = [row for row in rows if row["kind"] == CHOSEN["occlusion"]]
    assert {row["name"] for row in hidden} == {split.names[number] for number in (0, 1)}
    posed = engine.with_poses(faces)
    for name, degrees in (("pose30", 30), ("pose45", 45)):
        chosen = {row["name"] for row in rows if row["kind"] == CHOSEN[name]}
        assert chosen == {
            split.names[number] for number, face in enumerate(posed)
            if face.pose is not None and face.pose.turned > degrees
        }  # fmt: skip
    for row in rows:
        assert (row["severity"], row["done"], row["source"]) == (None, "{}", row["digest"])


def test_agreement_is_told_among_the_faces_that_the_authors_looked_at(
    tmp_path, engine, monkeypatch
):
    stems = write_ferplus(tmp_path / "FERPlus", faces=24)
    write_lists(tmp_path / "lists", stems)
    data = open_data(tmp_path / "FERPlus")
    monkeypatch.setattr(
        real_sets, "features_of", lambda engine, faces: np.zeros((len(faces), 1), np.float32)
    )
    sure_of_all = Occluded(np.zeros(1), 2.0, 0.5)
    _, told = chosen_rows(data, engine, sure_of_all, tmp_path / "lists", most=None)
    lists = real_sets.listed(tmp_path / "lists", data.layout)
    among = real_sets.considered(tmp_path / "lists", data.layout)
    assert told["occlusion"]["n"] == len(among)
    among = frozenset(sorted(among)[::2])
    monkeypatch.setattr(real_sets, "considered", lambda *_: among)
    _, told = chosen_rows(data, engine, sure_of_all, tmp_path / "lists", most=None)
    assert set(told) == {"occlusion", "pose30", "pose45"}
    assert told["occlusion"]["n"] == told["occlusion"]["chosen"] == len(among)
    assert told["occlusion"]["both"] == len(lists["occlusion"] & among)
    assert told["occlusion"]["recall"] == 1
    assert told["occlusion"]["auc"] == 0.5, "it is as sure of all"


def test_the_command_writes_a_set_that_is_evaluated_like_any_other(tmp_path, engine, capsys):
    raf = made_up_data.rafdb(tmp_path / "raf", test=6)
    out = tmp_path / "out"
    asked = ["testset", str(raf), "--out", str(out), "--kinds", "real,rectangles", "--json"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    rows = parquet.read_table(told["manifest"]).to_pylist()
    assert told["rows"] == len(rows) >= 30
    assert {row["kind"] for row in rows} <= {"rectangles", *CHOSEN.values()}
    found = reported(judge(engine, open_data(out)), None)
    assert {f"rectangles {severity}" for severity in range(1, 6)} <= set(found["kinds"])
    assert main(["testset", str(raf), "--out", str(out), "--lists", str(raf)]) == 2
    assert "--kinds real" in capsys.readouterr().err


def test_where_nobody_is_chosen_nothing_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(real_sets, "is_chosen", lambda *_: False)
    raf = made_up_data.rafdb(tmp_path / "raf", test=3)
    assert main(["testset", str(raf), "--out", str(tmp_path / "out"), "--kinds", "real"]) == 2
    assert "No face of this data set is hidden or turned" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_detector_is_fitted_to_ferplus_alone(tmp_path, capsys):
    stems = write_ferplus(tmp_path / "FERPlus", faces=24)
    write_lists(tmp_path / "lists", stems)
    asked = ["data", "occluded", str(tmp_path / "FERPlus"), "--lists", str(tmp_path / "lists")]
    assert main(asked) == 2
    assert "are on an occlusion list" in capsys.readouterr().err
