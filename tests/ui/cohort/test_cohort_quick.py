"""int8 on the Cohort page: where it is offered, and that it is marked."""

import pytest
from app_pages import opened, session, words

from ran.engine import Engine
from ran.ui.shared import compute

pytestmark = pytest.mark.usefixtures("tiny_network")


class Quickened:
    """The tiny network, said to answer in int8: what makes it is tested in tests/engine."""

    @staticmethod
    def of(checkpoint, *_):
        engine = Engine.load(checkpoint, "cpu")
        engine.room.precision = "int8"
        return engine


@pytest.fixture
def quick(few_covers, monkeypatch):
    """The page where int8 may answer."""
    monkeypatch.setattr("ran.ui.shared.compute.find_spec", lambda name: True)
    monkeypatch.setattr("ran.ui.shared.compute.check_gate", lambda card: None)
    monkeypatch.setattr("ran.ui.shared.compute._quick", Quickened.of)
    return opened("cohort")


def test_int8_is_asked_for_only_where_it_was_measured(few_covers, monkeypatch):
    app = opened("cohort")
    assert not [one for one in app.toggle if one.label == "int8"], "the tiny card holds no measure"
    monkeypatch.setattr("ran.ui.shared.compute.check_gate", lambda card: None)
    monkeypatch.setattr("ran.ui.shared.compute.find_spec", lambda name: None)
    app.run()
    assert not [one for one in app.toggle if one.label == "int8"], "nor is the extra installed"


def test_a_network_of_the_visitors_own_is_never_asked_in_int8(quick):
    visitor = session(quick)
    visitor.own_engine = compute.engine(visitor)
    quick.run()
    assert not [one for one in quick.toggle if one.label == "int8"]


def test_int8_answers_and_is_marked_wherever_it_does(quick):
    quick.toggle(key="cohort-quick").set_value(True).run()
    while [one for one in quick.button if one.key == "cohort-begin"]:
        quick.button(key="cohort-begin").click().run()
    assert not quick.exception
    quick.button(key="keep-cohort").click().run()
    (one,) = session(quick).shelf
    assert one.kept.numbers["made"]["conditions"]["precision"] == "int8"
    assert "in 8 bits" in words(quick)
