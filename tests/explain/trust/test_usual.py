"""What a badge is held against, and when a badge says nothing."""

import pytest

from ran.explain.trust.usual import Usual


@pytest.mark.parametrize(
    ("alarms", "caught", "is_apart"),
    [
        (0.0, 1.0, True),
        (0.0, 0.5, True),
        (0.0, 0.0, False),
        (0.5, 0.5, False),
        (0.9, 0.1, False),  # the wrong way round
        (0.1, 0.2, False),  # 30 faces cannot tell these
        (0.0, 0.2, True),
    ],
)
def test_randomisation_has_a_badge_where_it_flags_what_learnt_nothing_more_often(
    alarms, caught, is_apart
):
    assert Usual({"n": 30, "alarms": alarms, "caught": caught}).tells_apart is is_apart


def test_where_nobody_measured_every_badge_is_drawn_and_no_range_is_said():
    assert Usual().tells_apart
    assert Usual().between("insertion") is None
    assert (
        Usual({"n": 3, "insertion_low": None, "insertion_high": 2.0}).between("insertion") is None
    )
    assert Usual({"insertion_low": -1.0, "insertion_high": 2.0}).between("insertion") == (-1, 2)
