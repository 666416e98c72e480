"""Cards: every field is checked, older ones read, and what is wrong is refused by its name."""

import dataclasses
import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plain_checkpoints import CARD, edit_card

from ran.errors import BadCheckpoint
from ran.net.card import Card, read_card
from ran.net.checkpoints import load_checkpoint

WRONG = {
    "name": [None, 5, ["a"]],
    "kind": ["RAN", None, ["ran"]],
    "backbone": ["resnet19", 18],
    "classes": [
        [""] + ["a"] * 7,
        [*"abcdefg", ""],
        [*"abcdefg", "two\nlines"],
        [*"abcdefg", " "],
        [*"abcdefg", "h" * 41],
        "calm",
        [],
        [1, 2, 3],
        ["a", "b", "a"],
        None,
        {"a": 1},
    ],
    "input_size": [48.0, "48", True, 31, 513, None, math.nan],
    "grey": [1, "yes", None],
    "framing": ["tight", None],
    "attention": ["tanh", None, {}],
    "alpha": ["0.02", math.nan, True, -0.1, 1.1, None, math.inf],
    "trained_on": [None, 1],
    "licence": [None],
    "recipe": [None, [], "none"],
    "seed": [-1, 1.5, "3", True, 10**400],
    "scores": [
        [],
        {"ferplus": 0.8},
        {"ferplus": {"accuracy": 0.8}},
        {"ferplus": {"n": 3, "accuracy": 81.5}},
        {"ferplus": {"n": 3, "accuracy": math.nan}},
        {"ferplus": {"n": 0, "accuracy": 0.5}},
        {"ferplus": {"n": 3, "accuracy": "0.8"}},
    ],
    "note": [None],
    "layout": ["random", None],
    "temperature": [0, -1.0, math.nan, math.inf, "1", True, None, 10**400],
    "intended_use": [None, 3],
    "limits": [None, ["few"]],
    "flipped": [[], {"ferplus": {"n": 3, "accuracy": 1.5}}, {"ferplus": {"n": 3}}],
    "per_class": [{"fear": {"n": -1, "accuracy": 0.5}}, {"fear": 0.5}, "none"],
    "calibration": [
        {},
        {"bins": 15, "ece": 0.1, "ece_before": 0.2},
        {"bins": 0, "ece": 0.1, "ece_before": 0.2, "fitted_on": 3},
        {"bins": 15, "ece": 1.1, "ece_before": 0.2, "fitted_on": 3},
    ],
    "photographs": [
        {"n": 9, "found": 8, "agreement": 0.9, "accuracy": 0.8},
        {"n": 9, "found": 8, "agreement": 90, "accuracy": 0.8, "direct": 0.8},
    ],
    "against_plain": [
        {"pose30": {"n": 9, "difference": 0.1, "ran_only": 2, "plain_only": 1, "p": 1.2}},
        {"pose30": {"n": 9, "difference": -1.1, "ran_only": 2, "plain_only": 1, "p": 0.2}},
    ],
    "seeds": [{"ferplus": {"n": 1, "mean": 0.8, "spread": 0.0}}, {"ferplus": {"n": 3}}],
    "layouts": [
        [],
        None,
        {"spiral": {"radius": None, "temperature": None, "scores": None, "controls": None}},
        {"fixed": {"radius": None, "temperature": None, "scores": None}},
        {"fixed": {"radius": 0.2, "temperature": None, "scores": None, "controls": None}},
        {"landmark": {"radius": None, "temperature": None, "scores": None, "controls": None}},
        {"fixed": {"radius": None, "temperature": 0, "scores": None, "controls": None}},
        {"fixed": {"radius": None, "temperature": 1, "scores": {"a": 1}, "controls": None}},
        {"fixed": {"radius": None, "temperature": 1, "scores": None, "controls": []}},
        {"fixed": {"radius": None, "temperature": 1, "scores": None, "controls": {"mean": 1}}},
        {
            "fixed": {
                "radius": None,
                "temperature": 1,
                "scores": None,
                "controls": None,
                "covered_controls": {"mean": 1},
            }
        },
        *(
            {"fixed": {"radius": None, "temperature": 1, "scores": None, "controls": None, **more}}
            for more in (
                {"covered_controls_2": {"mean": 1}},
                {"covered_lists": []},
                {"covered_lists": {"3": "0" * 64}},
                {"covered_lists": {"1": "0" * 63}},
                {"covered_lists": {"1": 5}},
            )
        ),
        {"fixed": {"radius": None, "temperature": 1, "scores": None, "controls": None, "x": 1}},
    ],
    "evidence": [
        None,
        [],
        {"luck": {}},
        {"margins": []},
        {"margins": {"fixed": {"n": 3}}},
        {"margins": {"": dict.fromkeys(("n", "reaches", "rho", "low", "high"), 0)}},
        {"margins": {"a\nb": dict.fromkeys(("n", "reaches", "rho", "low", "high"), 0)}},
        {"margins": {"fixed": dict.fromkeys(("n", "reaches", "rho", "low", "high"), 2)}},
        {"margins": {"fixed": dict.fromkeys(("n", "reaches", "rho", "low", "high"), True)}},
        {"margins": {"fixed": dict.fromkeys(("n", "reaches", "rho", "low", "high"), "0")}},
        {"margins": {"fixed": dict.fromkeys(("n", "reaches", "rho", "low", "high"), math.nan)}},
        {"mean_w": {"fixed": {"Whole face": -0.1}}},
        {"mean_w": {"fixed": {"x" * 61: 0.1}}},
        {"mean_w": {"fixed": {str(number): 0.1 for number in range(41)}}},
        {"mean_w": {str(number): {} for number in range(41)}},
    ],
    "sha256": [None, 5],
}
OLDER = {"layout": "fixed", "temperature": 1.0, "intended_use": "", "limits": "", "layouts": {},
         "evidence": {}}  # fmt: skip
for _name in ("flipped", "per_class", "calibration", "photographs", "against_plain", "seeds"):
    OLDER[_name] = None
"""Fields that older cards leave out, and what they mean then."""


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_field_is_refused_by_its_name(field, folder):
    for value in WRONG[field]:
        edit_card(folder, **{field: value})
        with pytest.raises(BadCheckpoint, match=f"says {field} "):
            load_checkpoint(folder)


def test_a_card_that_says_a_thing_twice_is_refused(folder):
    path = folder / "card.json"
    path.write_text(path.read_text().replace('"grey":', '"seed": 1, "grey":'))
    with pytest.raises(BadCheckpoint, match="'seed' stands twice"):
        load_checkpoint(folder)


def test_every_field_of_a_card_is_checked():
    assert set(WRONG) == {field.name for field in dataclasses.fields(Card)}


def test_missing_and_unknown_fields_are_named(folder):
    values = json.loads((folder / "card.json").read_text())
    for name in set(values) - set(OLDER):
        rest = {key: value for key, value in values.items() if key != name}
        (folder / "card.json").write_text(json.dumps(rest))
        with pytest.raises(BadCheckpoint, match=f"missing {name}, unknown nothing"):
            load_checkpoint(folder)
    edit_card(folder, **values, colour="red")
    with pytest.raises(BadCheckpoint, match="missing nothing, unknown colour"):
        load_checkpoint(folder)


def test_an_older_card_reads_without_the_fields_that_came_later(folder):
    values = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(
        json.dumps({name: value for name, value in values.items() if name not in OLDER})
    )
    card = load_checkpoint(folder)[1]
    assert {name: getattr(card, name) for name in OLDER} == OLDER


def test_a_card_with_every_field_comes_back_as_it_was(folder):
    score = {"ferplus": {"n": 3, "accuracy": 0.5}}
    full = {
        "flipped": score,
        "per_class": {"calm": {"n": 0, "accuracy": 1.0}},
        "calibration": {"bins": 15, "ece": 0.02, "ece_before": 0.05, "fitted_on": 3191},
        "photographs": {"n": 9, "found": 8, "agreement": 0.9, "accuracy": 0.8, "direct": 0.8},
        "against_plain": {
            "pose30": {"n": 9, "difference": -0.1, "ran_only": 2, "plain_only": 3, "p": 1.0}
        },
        "seeds": {"ferplus": {"n": 3, "mean": 0.8, "spread": 0.01}},
    }
    edit_card(folder, **full)
    card = load_checkpoint(folder)[1]
    assert {name: getattr(card, name) for name in full} == full


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FIELDS = [field.name for field in dataclasses.fields(Card)]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, min_size=1, max_size=2))
@example({"alpha": 0})
def test_a_card_of_anything_is_refused_or_means_what_it_says(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "card.json"
    path.write_text(json.dumps({**dataclasses.asdict(CARD), **changes}))
    try:
        card = read_card(path)
    except BadCheckpoint:
        return
    assert 0 <= card.alpha <= 1
    assert card.temperature > 0
    assert isinstance(card.grey, bool)
    assert isinstance(card.input_size, int)
    assert {type(name) for name in card.classes} == {str}
    for row in (card.scores or {}).values():
        assert 0 <= row["accuracy"] <= 1 <= row["n"]
