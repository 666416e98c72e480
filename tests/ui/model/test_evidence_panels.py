"""What the Model page says of many faces: from the card, and nothing where it says nothing."""

import dataclasses
import html
import json
import re

import pytest
from app_pages import opened, unfolded, words

from ran.net.checkpoints import load_checkpoint, save_checkpoint
from ran.net.measures import MEASURES, is_evidence

pytestmark = pytest.mark.usefixtures("tiny_network")

CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


def row(measure: str, **values: float) -> dict[str, float]:
    return dict.fromkeys(MEASURES[measure], 0.5) | values


EVIDENCE = {
    "lists": {"ferplus": row("lists", n=9, accuracy=0.871, balanced=0.642, macro_f1=0.653,
                             majority=0.345)},
    "confusion": {
        label: {answer: 10 * a + b for b, answer in enumerate(CLASSES)}
        for a, label in enumerate(CLASSES)
    },
    "calibration": {"pose45": row("calibration", n=9, sure=0.767, raters=0.768, ece_raters=0.012,
                                  ece_answer=0.113)},
    "ranks": {"fixed": row("ranks", n=3191, rho=0.503, rho_mean_w=0.398, rho_mu=-0.246,
                           rho_nu=0.496, mu_spread=0.03, nu_spread=1.16)},
    "margins": {"fixed": row("margins", n=3191, rho=0.17, low=0.136, high=0.204)},
    "under_covers": {
        "fixed, 5 to 25 %": row("under_covers", n=2800, w_falls=0.246, w=0.218),
        "fixed, 50 to 75 %": row("under_covers", n=3122, w_falls=0.814, mu_falls=0.592,
                                 nu_falls=0.727),
        "fixed, 75 to 100 %": row("under_covers", n=13, w_falls=0.846),
    },
    "leaving": {"fixed: mask, black": row("leaving", n=60, left=0.85, came=0.05, cannot_tell=0.1,
                                          points=-3.2)},
    "badges": {"grad-cam": row("badges", n=30, insertion_low=1.02, insertion_high=2.42, alarms=0.1,
                               caught=0.8)},
    "turned": {
        name: row("turned", n=200, whole=whole)
        for name, whole in (("frontal", 1.29), ("turned by 45°", 1.49),
                            ("list, not above 30°", 1.31), ("list, > 45°", 1.16))
    },
}  # fmt: skip


@pytest.fixture
def measured(checkpoint, tmp_path, monkeypatch):
    assert is_evidence(EVIDENCE)
    model, card = load_checkpoint(checkpoint)
    save_checkpoint(tmp_path / "measured", model, dataclasses.replace(card, evidence=EVIDENCE))
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "measured"))
    return opened("model")


def drawn(app) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def cells(app, label: str) -> list[list[str]]:
    """The rows of the table of this name, as texts."""
    (table,) = re.findall(
        rf'<table[^>]*aria-label="{re.escape(label)}".*?</table>', html.unescape(drawn(app)), re.S
    )
    rows = re.findall(r"<tr.*?</tr>", table, re.S)
    texts = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", one, re.S) for one in rows]
    return [[re.sub("<[^>]*>", "", text) for text in one] for one in texts]


def test_the_confusion_matrix_and_what_accuracy_leaves_out_are_the_cards(measured):
    matrix = cells(measured, "Confusion matrix: labelled by row, answered by column")
    for a, label in enumerate(CLASSES):
        numbers = [10 * a + b for b in range(8)]
        assert matrix[1 + a] == [label, *map(str, numbers), str(sum(numbers))]
    (_, found) = cells(measured, "What accuracy leaves out")
    assert found == ["FERPlus", "87.1 %", "64.2 %", "65.3 %", "34.5 %"]


def test_a_probability_stands_beside_the_raters_who_chose_the_same(measured):
    (_, found) = cells(measured, "What a probability means, list by list")
    assert found == ["Pose > 45°", "76.7 %", "76.8 %", "1.2 %", "11.3 %"]


def test_ranks_stand_beside_one_fixed_order_and_the_margin_beside_its_worth(measured):
    (_, found) = cells(measured, "Rank correlation with the regions' worth")
    minus = "\N{MINUS SIGN}"
    assert found == ["fixed", "+0.50", "+0.40", f"{minus}0.25", "+0.50", "0.03, 1.16"]
    assert "fixed +0.17 (+0.14 to +0.20)" in words(measured)


def test_what_covers_do_is_drawn_of_bins_that_have_regions(measured):
    specs = [json.loads(chart.proto.spec)["data"] for chart in measured.get("plotly_chart")]
    (traces,) = [spec for spec in specs if len(spec) == 3 and spec[0].get("customdata")]
    assert [trace["x"] for trace in traces] == [["5 to 25 %", "50 to 75 %"]] * 3
    assert traces[0]["y"] == pytest.approx([24.6, 81.4])
    said = "50 to 75 % hidden: w falls in 81 % of the regions, μ in 59 %, ν in 73 %"
    assert said in words(measured)


def test_folded_tables_say_how_often_measures_speak(measured):
    app = measured
    for name in ("leaving", "badges", "turned"):
        app = unfolded(app, f"evidence-{name}")
    (_, said) = cells(app, "What is said of covers")
    assert said == ["fixed: mask, black", "60", "85 %", "5 %", "10 %", "\N{MINUS SIGN}3.2 points"]
    (_, badge) = cells(app, "What badges usually say")
    assert badge == [
        "Grad-CAM",
        "1.02 to 2.42",
        "50 %",
        "0.50 to 0.50",
        "0.50 to 0.50",
        "10 %",
        "80 %",
    ]
    assert "The network does not take a turned face for a turned head." in words(app)


def test_the_margin_says_what_it_is_worth_where_it_is_computed(measured):
    app = unfolded(measured, "margin-computed")
    assert "Over 3,191 faces of FER2013Valid, fixed crops" in words(app)
    assert "is +0.17" in words(app)


def test_a_card_of_a_visitors_that_names_anything_makes_nothing_of_it(
    checkpoint, tmp_path, monkeypatch
):
    """Names in a card's evidence are text: no link, and no page that ends in an error."""
    link = "[theirs](http://127.0.0.1/b)"
    evidence = {
        **EVIDENCE,
        "confusion": {"fear": {"fear": 1}, "anger": {link: 2}},
        "margins": {link: row("margins", n=9)},
        "under_covers": {f"{link}, 5 to 25 %": row("under_covers", n=500),
                         f"fixed, <a href='x'>{9}</a>": row("under_covers", n=500)},
        "ranks": {link: row("ranks", n=9)},
        "turned": {link: row("turned", n=9)},
    }  # fmt: skip
    assert is_evidence(evidence)
    model, card = load_checkpoint(checkpoint)
    save_checkpoint(tmp_path / "theirs", model, dataclasses.replace(card, evidence=evidence))
    monkeypatch.setenv("RAN_CHECKPOINT", str(tmp_path / "theirs"))
    app = unfolded(opened("model"), "evidence-turned")
    said = [one.value for one in app.markdown if "theirs" in one.value]
    assert said
    assert not [text for text in said if link in text], "it is escaped"
    assert "What is taken for what" not in words(app)
    assert "What a cover does" not in words(app)


def test_a_card_without_evidence_has_none_of_these_panels():
    text = words(opened("model")) + drawn(opened("model"))
    for title in ("What is taken for what", "What a probability means", "Does w rank regions",
                  "What a cover does", "What the badges"):  # fmt: skip
        assert title not in text
