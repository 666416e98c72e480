"""docs/evidence.md is what the card of the network that ships says; its sentences hold."""

import re
from pathlib import Path

import pytest

from ran.__main__ import main
from ran.net.card import read_card
from ran.net.checkpoints import DEFAULT, WEIGHTS
from ran.study.evidence.leaving import NOTHING
from ran.study.evidence.tables import tables

PAGE = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text()
CARD = read_card(WEIGHTS / DEFAULT / "card.json")


@pytest.mark.parametrize("name", tables(CARD))
def test_every_table_of_the_page_is_the_cards(name):
    assert tables(CARD)[name] in PAGE


def test_the_page_has_no_other_table():
    found = re.findall(r"^\|.*\n(?:\|.*\n)+", PAGE, re.M)
    assert {table.strip() for table in found} == set(tables(CARD).values())


def test_the_command_prints_the_same_tables(capsys):
    assert main(["evidence", "--tables"]) == 0
    printed = capsys.readouterr().out
    assert all(table in printed for table in tables(CARD).values())
    assert main(["evidence", "--tables", "--faces", "9"]) == 2
    assert main(["evidence"]) == 2
    assert "Give --ferplus and --lists, or --tables." in capsys.readouterr().err


def test_what_other_weights_cost_is_what_the_page_says():
    fixed, landmark = (CARD.layouts[kind]["controls"] for kind in ("fixed", "landmark"))
    assert fixed["another face"]["p"] > 0.05
    assert f"they cost {-100 * landmark['another face']['difference']:.1f} points" in PAGE
    assert landmark["another face"]["p"] < 0.001
    mean = landmark["mean"]
    assert f"the mean over faces, {-100 * mean['difference']:.1f} (p = {mean['p']:.2f})" in PAGE
    for kind in ("fixed", "landmark"):
        assert CARD.layouts[kind]["covered_controls"]["mean"]["p"] > 0.05


def test_what_other_weights_cost_on_the_test_lists_is_what_the_page_says():
    table = CARD.evidence["controls"]
    assert set(table) == {
        f"{kind}, {name}" for kind in ("fixed", "landmark") for name in CARD.scores
    }
    for name, row in table.items():
        kind, _, listed = name.partition(", ")
        scores = CARD.layouts[kind]["scores"]
        assert row["learnt"] == pytest.approx(scores[listed]["accuracy"], abs=1e-6), name
        assert row["nu only, p"] > 0.3, name
        if kind == "fixed":
            assert row["without the whole face, p"] > 0.9, name
    whole = table["landmark, ferplus"]
    cost = 100 * (whole["learnt"] - whole["another face"])
    assert f"cost {cost:.1f} points of the test list (p < 0.001)" in PAGE
    assert whole["another face, p"] < 0.001
    assert f"3,137 faces show (p = {whole['mean, p']:.2f})" in PAGE


def test_w_knows_more_of_a_face_than_one_order_for_all():
    for name, row in CARD.evidence["ranks"].items():
        assert row["rho"] > row["rho_mean_w"], name
        assert row["mu_spread"] < row["nu_spread"] / 40, "the page says so"
        assert row["rho_mu"] < 0, "mu ranks the regions against their worth"


def test_under_covers_w_falls_in_four_of_five_and_mu_in_most_whatever_is_hidden():
    for name, row in CARD.evidence["under_covers"].items():
        if row["n"] >= 100 and float(name.split(", ")[1].split()[0]) >= 50:
            assert row["w_falls"] > 0.79, name
        if row["n"] >= 100 and not name.endswith("0 to 5 %"):
            assert row["mu_falls"] > 0.55, name


def test_false_alarms_of_the_cover_are_rare():
    for kind in ("fixed", "landmark"):
        row = CARD.evidence["leaving"][f"{kind}: {NOTHING}"]
        assert row["n"] >= 200
        assert row["left"] + row["came"] <= 0.05


def test_probabilities_are_the_share_of_raters():
    for name, row in CARD.evidence["calibration"].items():
        assert abs(row["sure"] - row["raters"]) < 0.02, name
        assert row["ece_raters"] < 0.03, name
        assert row["ece_raters"] < row["ece_answer"], name


def test_turned_faces_and_turned_heads_go_opposite_ways():
    turned = {name: row["whole"] for name, row in CARD.evidence["turned"].items()}
    assert turned["turned by 60°"] > turned["turned by 30°"] > turned["frontal"]
    assert turned["list, > 45°"] < turned["list, not above 30°"]


def test_the_lists_are_those_that_the_scores_are_of():
    for name, row in CARD.scores.items():
        assert CARD.evidence["lists"][name]["accuracy"] == pytest.approx(row["accuracy"]), name
    counts = CARD.evidence["confusion"]
    right = sum(counts[name][name] for name in counts)
    assert right / 3137 == pytest.approx(CARD.scores["ferplus"]["accuracy"])
