"""Values of slots in shared rows: where a mark stands, which way a bar goes, what is refused."""

import re

import pytest

from ran.figures.dumbbells import Axis, around, dumbbells

PLACES = re.compile(r'class="place (\w+)" style="left:([\d.]+)%" title="([^"]+)"')
BAR = re.compile(r'class="bar (\w+)" style="left:([\d.]+)%;width:([\d.]+)%"')
ZERO_TO_ONE = Axis(0.0, 1.0)


def drawn(*values, axis=ZERO_TO_ONE, **more):
    slots = "ABCDE"[: len(values)]
    return dumbbells("title", slots, [("fear", values)], axis, "{:.2f}".format, **more)


def test_a_mark_stands_where_its_value_is_and_is_named():
    assert PLACES.findall(drawn(0.25, 0.8)) == [
        ("ring", "25.00", "A, fear: 0.25"),
        ("dot", "80.00", "B, fear: 0.80"),
    ]
    assert [kind for kind, *_ in PLACES.findall(drawn(0.1, 0.2, 0.3, 0.4))] == [
        "ring", "dot", "square", "triangle",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now", "bar", "change"),
    [
        (0.25, 0.8, ("up", "25.00", "55.00"), "▲ +0.55"),
        (0.8, 0.25, ("down", "25.00", "55.00"), "▼ −0.55"),
        (0.5, 0.5, ("same", "50.00", "0.00"), "● ±0.00"),
    ],
)
def test_between_two_lies_a_bar_and_the_change_is_the_second_minus_the_first(was, now, bar, change):
    html = drawn(was, now)
    assert BAR.findall(html) == [bar]
    assert re.findall(r'class="number"><span class="(\w+) nowrap">([^<]+)', html) == [
        (bar[0], change)
    ]
    assert re.findall(r'class="number">([\d.]+)<', html) == [f"{was:.2f}", f"{now:.2f}"]


@pytest.mark.parametrize("values", [(0.5,), (0.1, 0.5, 0.9)])
def test_one_or_three_have_no_bar_and_no_change(values):
    html = drawn(*values)
    assert not BAR.findall(html) and "change" not in html
    assert re.findall(r'class="number">([^<]+)', html) == [f"{value:.2f}" for value in values]


def test_without_digits_a_pair_has_its_bar_and_no_change():
    html = drawn(0.25, 0.8, digits=None)
    assert BAR.findall(html) == [("up", "25.00", "55.00")] and "▲" not in html


def test_a_log_axis_has_equal_steps_for_equal_factors_and_ends_at_its_ends():
    axis = Axis(0.01, 100.0, 1.0, is_log=True)
    assert [axis.at(value) for value in (0.01, 0.1, 1, 10, 100)] == pytest.approx(
        [0, 25, 50, 75, 100]
    )
    assert (axis.at(0.0), axis.at(1e9)) == (0, 100)
    html = drawn(0.1, 10, axis=axis)
    assert [at for _, at, _ in PLACES.findall(html)] == ["25.00", "75.00"]
    assert '<div class="at" style="left:50.00%"></div>' in html


def test_an_axis_about_values_holds_them_and_its_line():
    axis = around([-1.0, 3.0])
    assert axis.low < -1 and axis.high > 3 and axis.line == 0
    assert axis.at(0) == pytest.approx(100 * (0 - axis.low) / (axis.high - axis.low))
    alone = around([2.0, 2.0], line=2.0)
    assert 0 < alone.at(2.0) < 100


@pytest.mark.parametrize("count", [0, 5])
def test_more_slots_than_marks_are_refused(count):
    with pytest.raises(ValueError, match="1 to 4 slots"):
        drawn(*[0.5] * count)
